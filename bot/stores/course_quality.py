"""What a data-quality report reads of each course, in one statement however many there are."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Subquery, and_, func, select

from bot.extensions import db
from bot.models.catalogue import Course, CourseSearch, CourseSession
from bot.stores.courses import NOT_OFFERED, offered

_ROWS_AT_ONCE = 500
_LONGEST_TEXT = 200
_TEXTS = ("name", "level", "modality", "status", "language", "price", "currency", "purchase_url")


@dataclass(frozen=True, slots=True)
class CourseRecord:
    """One course as it stands, with what its sessions add up to.

    Texts are as the school typed them, cut at 200 characters. ``namesakes`` counts the courses on
    offer with this name, itself among them; case, accents and spaces do not matter. Of the
    ``sessions`` (rows), ``timed`` have a duration, of ``minutes`` together; ``indexes`` counts
    their different session_index values, from ``first_index`` to ``last_index``.
    """

    id_course: UUID
    name: str | None
    level: str | None
    modality: str | None
    status: str | None
    language: str | None
    price: str | None
    currency: str | None
    purchase_url: str | None
    start_date: datetime | None
    end_date: datetime | None
    session_count: int | None
    total_duration_min: int | None
    described: bool
    indexed: bool
    offered: bool
    over: bool
    namesakes: int
    sessions: int
    timed: int
    minutes: Decimal | None
    first_index: int | None
    last_index: int | None
    indexes: int


def stream(archived: bool) -> Iterator[CourseRecord]:
    """Every course by name, a few hundred in memory at a time.

    Without ``archived``, those are left out whose status keeps them from every lead.
    """
    query = _courses()
    if not archived:
        query = query.where(_status().not_in(NOT_OFFERED))
    rows = db.session.execute(query, execution_options={"yield_per": _ROWS_AT_ONCE})
    return (
        CourseRecord(**{str(key): value for key, value in row.items()}) for row in rows.mappings()
    )


def _courses() -> Select[Any]:
    of_course = _sessions()
    on_offer = and_(*offered())
    same_name = func.count().filter(on_offer).over(partition_by=_bare_name())
    texts = (func.left(getattr(Course, name), _LONGEST_TEXT).label(name) for name in _TEXTS)
    numbers = (func.coalesce(of_course.c[name], 0).label(name) for name in _COUNTS)
    return (
        select(
            Course.id_course,
            *texts,
            Course.start_date,
            Course.end_date,
            Course.session_count,
            Course.total_duration_min,
            _says_something().label("described"),
            CourseSearch.id_course.is_not(None).label("indexed"),
            on_offer.label("offered"),
            func.coalesce(Course.end_date < func.localtimestamp(), False).label("over"),
            same_name.label("namesakes"),
            *numbers,
            of_course.c.minutes,
            of_course.c.first_index,
            of_course.c.last_index,
        )
        .outerjoin(CourseSearch, CourseSearch.id_course == Course.id_course)
        .outerjoin(of_course, of_course.c.id_course_fk == Course.id_course)
        .order_by(Course.name, Course.id_course)
    )


_COUNTS = ("sessions", "timed", "indexes")


def _sessions() -> Subquery:
    return (
        select(
            CourseSession.id_course_fk,
            func.count().label("sessions"),
            func.count(CourseSession.duration_minutes).label("timed"),
            func.sum(CourseSession.duration_minutes).label("minutes"),
            func.min(CourseSession.session_index).label("first_index"),
            func.max(CourseSession.session_index).label("last_index"),
            func.count(CourseSession.session_index.distinct()).label("indexes"),
        )
        .group_by(CourseSession.id_course_fk)
        .subquery("of_course")
    )


def _status() -> ColumnElement[str]:
    """Plain; read from the course itself when the index does not have it."""
    return func.coalesce(CourseSearch.status, func.brenda_plain(Course.status), "")


def _bare_name() -> ColumnElement[str]:
    return func.regexp_replace(func.brenda_plain(Course.name), r"\s", "", "g")


def _says_something() -> ColumnElement[bool]:
    both = func.concat(Course.short_description, Course.long_descrption)
    return both.regexp_match(r"\S")
