"""The school's five course tables, column for column as production databases have them.

Names, types and the typo in ``long_descrption`` are older than this project and other
tools read them: they stay.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Numeric,
    SmallInteger,
    String,
    Text,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column, relationship

from bot.models.base import Model

_NEW_UUID = text("gen_random_uuid()")
_FILTERED = ("language", "amount", "starts")


class Course(Model):
    """A course. Prices, levels and modalities are free text, as the school typed them."""

    __tablename__ = "ai_courses"

    id_course: Mapped[UUID] = mapped_column(primary_key=True, server_default=_NEW_UUID)
    name: Mapped[str | None] = mapped_column(String)
    short_description: Mapped[str | None] = mapped_column(String)
    long_descrption: Mapped[str | None] = mapped_column(String)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    session_count: Mapped[int | None] = mapped_column(SmallInteger)
    total_duration_min: Mapped[int | None] = mapped_column(BigInteger)
    price: Mapped[str | None] = mapped_column(String)
    currency: Mapped[str | None] = mapped_column(String)
    course_url: Mapped[str | None] = mapped_column(String)
    purchase_url: Mapped[str | None] = mapped_column(String)
    level: Mapped[str | None] = mapped_column(String)
    language: Mapped[str | None] = mapped_column(String)
    audience_category: Mapped[str | None] = mapped_column(String)
    status: Mapped[str | None] = mapped_column(String)
    start_date: Mapped[datetime | None] = mapped_column(DateTime)
    end_date: Mapped[datetime | None] = mapped_column(DateTime)
    roi: Mapped[str | None] = mapped_column(String)
    modality: Mapped[str] = mapped_column(String)

    sessions: Mapped[list["CourseSession"]] = relationship(
        order_by="CourseSession.session_index", passive_deletes=True
    )
    bonuses: Mapped[list["CourseBonus"]] = relationship(
        order_by="CourseBonus.id_bond", passive_deletes=True
    )

    __table_args__ = (
        Index("idx_ai_courses_level", "level"),
        Index("idx_ai_courses_modality", "modality"),
        Index(
            "idx_ai_courses_name_search",
            text("to_tsvector('spanish', name)"),
            postgresql_using="gin",
        ),
    )


class CourseSession(Model):
    """One class of a course; ``scheduled_at`` is the school's local time."""

    __tablename__ = "ai_course_session"

    id_session: Mapped[UUID] = mapped_column(primary_key=True, server_default=_NEW_UUID)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    session_index: Mapped[int | None] = mapped_column(SmallInteger)
    title: Mapped[str | None] = mapped_column(String)
    objective: Mapped[str | None] = mapped_column(String)
    duration_minutes: Mapped[int | None] = mapped_column(BigInteger)
    scheduled_at: Mapped[datetime | None] = mapped_column(DateTime)
    id_course_fk: Mapped[UUID | None] = mapped_column(
        ForeignKey("ai_courses.id_course"), index=True
    )

    activities: Mapped[list["CourseActivity"]] = relationship(
        order_by="CourseActivity.item_session", passive_deletes=True
    )
    elements: Mapped[list["CourseElement"]] = relationship(
        order_by="CourseElement.created_at, CourseElement.id_element", passive_deletes=True
    )


class CourseActivity(Model):
    """A subtopic or an exercise; ``item_session`` is its place within the session."""

    __tablename__ = "ai_tema_activity"

    id_activity: Mapped[UUID] = mapped_column(primary_key=True, server_default=_NEW_UUID)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    id_course_fk: Mapped[UUID] = mapped_column(ForeignKey("ai_courses.id_course"), index=True)
    id_session_fk: Mapped[UUID] = mapped_column(
        ForeignKey("ai_course_session.id_session"), index=True
    )
    item_session: Mapped[int] = mapped_column(Integer)
    item_type: Mapped[str] = mapped_column(Text)
    title_item: Mapped[str] = mapped_column(String)


class CourseBonus(Model):
    """Something that comes with a course: templates, a community, an extra session."""

    __tablename__ = "bond"

    id_bond: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    content: Mapped[str] = mapped_column(Text)
    type_bond: Mapped[str] = mapped_column(String)
    id_courses_fk: Mapped[UUID | None] = mapped_column(
        ForeignKey("ai_courses.id_course"), index=True
    )
    emisor: Mapped[str] = mapped_column(String)


class CourseElement(Model):
    """A video or document of a session, by its address."""

    __tablename__ = "elements_url"

    id_element: Mapped[UUID] = mapped_column(primary_key=True, server_default=_NEW_UUID)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    id_session_fk: Mapped[UUID] = mapped_column(
        ForeignKey("ai_course_session.id_session"), index=True
    )
    id_activity_fk: Mapped[UUID | None] = mapped_column(ForeignKey("ai_tema_activity.id_activity"))
    item_type: Mapped[str] = mapped_column(String)
    url_test: Mapped[str] = mapped_column(String)
    description_url: Mapped[str] = mapped_column(String)


class CourseSearch(Model):
    """What can be read from a course, typed; triggers of the second migration fill it.

    It is a table of ours, not columns of ``ai_courses``, because other tools own that one. Texts
    are plain: lower case, no accents. ``title`` and ``document`` hold lexemes, ``words`` the words
    as they are written, ``amount`` the price where it is clearly one number.
    """

    __tablename__ = "course_search"

    id_course: Mapped[UUID] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(TSVECTOR)
    document: Mapped[str] = mapped_column(TSVECTOR)
    words: Mapped[str] = mapped_column(TSVECTOR)
    level: Mapped[str | None] = mapped_column(Text)
    modality: Mapped[str | None] = mapped_column(Text)
    language: Mapped[str | None] = mapped_column(Text)
    audience: Mapped[str | None] = mapped_column(Text)
    status: Mapped[str | None] = mapped_column(Text)
    currency: Mapped[str | None] = mapped_column(Text)
    amount: Mapped[Decimal | None] = mapped_column(Numeric)
    starts: Mapped[datetime | None] = mapped_column(DateTime)
    ends: Mapped[datetime | None] = mapped_column(DateTime)
    created: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    __table_args__ = (
        Index("ix_course_search_title", "title", postgresql_using="gin"),
        Index("ix_course_search_document", "document", postgresql_using="gin"),
        *(Index(f"ix_course_search_{name}", name) for name in _FILTERED),
    )


class CatalogueChange(Model):
    """One statement that changed the catalogue; it is committed together with the change."""

    __tablename__ = "catalogue_changes"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)


class AuditEntry(Model):
    """Who changed a course through the API or a command, and what: field → [before, after]."""

    __tablename__ = "audit_entries"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    actor: Mapped[str] = mapped_column(String(255))
    action: Mapped[str] = mapped_column(String(32))
    id_course: Mapped[UUID]
    changes: Mapped[dict[str, Any]] = mapped_column(JSONB)

    __table_args__ = (Index("ix_audit_entries_id_course_id", "id_course", "id"),)


@dataclass(frozen=True, slots=True)
class SessionOutline:
    """One session of a course; ``at`` is the school's local time, ``items`` what it covers.

    ``minutes`` is how long it takes.
    """

    number: int
    title: str
    objective: str | None = None
    at: datetime | None = None
    minutes: int | None = None
    items: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ElementLink:
    """A video or document of a course, and what it is."""

    description: str
    url: str


@dataclass(frozen=True, slots=True)
class CourseInDepth:
    """A course with what an answer about it may speak of, each in its order."""

    course: Course
    bonuses: Sequence[str] = ()
    sessions: Sequence[SessionOutline] = ()
    elements: Sequence[ElementLink] = ()
