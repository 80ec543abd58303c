"""A school's catalogue made by hand, and what people said about it."""

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

from hypothesis import strategies as st
from sqlalchemy import delete, insert

from bot.extensions import db
from bot.models.base import Model
from bot.models.catalogue import (
    Course,
    CourseActivity,
    CourseBonus,
    CourseElement,
    CourseSession,
)
from bot.models.messages import Message

TABLES = (CourseElement, CourseActivity, CourseBonus, CourseSession, Course, Message)
"""Everything a test may add, in the order in which it can go again."""

_TEXT = st.one_of(
    st.none(),
    st.sampled_from(["", " ", "\n", "*", "None", "excel", " Excel ", "<b>", "{{ 7 }}", "%s"]),
    st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=12),
)
_DATE = st.none() | st.datetimes()
_TEXTS = (
    "name",
    "short_description",
    "long_descrption",
    "price",
    "currency",
    "level",
    "language",
    "audience_category",
    "status",
    "course_url",
    "purchase_url",
)
MESSY_COURSE = st.fixed_dictionaries(
    {
        **dict.fromkeys(_TEXTS, _TEXT),
        "modality": _TEXT.map(lambda value: value or ""),
        "start_date": _DATE,
        "end_date": _DATE,
        "session_count": st.none() | st.integers(-(2**15), 2**15 - 1),
        "total_duration_min": st.none() | st.integers(-(2**63), 2**63 - 1),
    }
)
"""The columns of a course, as badly filled in as PostgreSQL lets people."""


def in_days(number: int) -> datetime:
    """A local time so many days ahead, as the school's tables hold it."""
    return datetime.now(UTC).replace(tzinfo=None) + timedelta(days=number)


class School:
    """Adds rows, committed, to the database of the running app; ids rise in the order of adding."""

    def __init__(self) -> None:
        self._ids = count(1)

    def add(self, name: str | None = "Curso", **values: Any) -> UUID:
        """One course; online and without a date unless said otherwise."""
        id_course = UUID(int=next(self._ids))
        self._insert(Course, {"id_course": id_course, "name": name, "modality": "online"} | values)
        return id_course

    def add_session(self, id_course: UUID, index: int | None, title: str | None = None) -> UUID:
        """One session of a course."""
        id_session = UUID(int=next(self._ids))
        row = {"id_session": id_session, "id_course_fk": id_course, "session_index": index}
        self._insert(CourseSession, row | {"title": title})
        return id_session

    def add_activity(self, id_course: UUID, id_session: UUID, place: int, title: str) -> None:
        """One activity at some place within a session."""
        row = {"id_course_fk": id_course, "id_session_fk": id_session, "item_session": place}
        self._insert(CourseActivity, row | {"item_type": "subtema", "title_item": title})

    def add_element(self, id_session: UUID, url: str) -> None:
        """One video of a session."""
        row = {"id_session_fk": id_session, "url_test": url, "description_url": "Clase"}
        self._insert(CourseElement, row | {"item_type": "video"})

    def add_bonus(self, id_course: UUID | None, content: str) -> None:
        """Something that comes with a course."""
        row = {"id_courses_fk": id_course, "content": content}
        self._insert(CourseBonus, row | {"type_bond": "digital", "emisor": "escuela"})

    def add_messy(self, courses: list[dict[str, Any]]) -> None:
        """Courses as :data:`MESSY_COURSE` makes them up."""
        self._insert(Course, *courses)

    def discuss(self, id_course: UUID, leads: int, messages: int = 1, days_ago: int = 0) -> None:
        """Log that so many leads were each answered about a course, so many times."""
        row = {
            "direction": "outbound",
            "kind": "text",
            "body": "Claro que sí",
            "id_course": id_course,
            "created_at": datetime.now(UTC) - timedelta(days=days_ago),
        }
        people = [f"52155{next(self._ids):08d}" for _ in range(leads)]
        rows = (row | {"user_id": user_id} for user_id in people for _ in range(messages))
        self._insert(Message, *rows)

    def close(self) -> None:
        """Leave no row behind; readers in other threads are not waited for."""
        db.session.rollback()
        for table in TABLES:
            db.session.execute(delete(table))
        db.session.commit()

    def _insert(self, table: type[Model], *rows: dict[str, Any]) -> None:
        db.session.execute(insert(table), list(rows))
        db.session.commit()
