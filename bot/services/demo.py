"""The demo catalogue: 24 invented courses of an invented school."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import DateTime

from bot.models import Model
from bot.models.catalogue import (
    Course,
    CourseActivity,
    CourseBonus,
    CourseElement,
    CourseSession,
)
from bot.services import database
from bot.stores import courses as store

_FILE = Path(__file__).parents[1] / "data" / "demo_catalog.json"
_BELONGINGS: tuple[tuple[str, type[Model]], ...] = (
    ("sessions", CourseSession),
    ("activities", CourseActivity),
    ("bonuses", CourseBonus),
    ("elements", CourseElement),
)


def load_demo_catalogue() -> int:
    """Add the demo courses that are not there yet, and everything that belongs to them.

    Returns:
        How many courses were added; the ones that are there stay untouched.

    Raises:
        StoreUnavailable: when the database is away.
    """
    courses: list[dict[str, Any]] = json.loads(_FILE.read_text(encoding="utf-8"))["courses"]

    def add_missing() -> int:
        known = store.known_ids()
        new = [course for course in courses if course["id_course"] not in known]
        store.add_rows(Course, [_row(Course, course) for course in new])
        for list_name, table in _BELONGINGS:
            rows = [_row(table, item) for course in new for item in course[list_name]]
            store.add_rows(table, rows)
        return len(new)

    return database.write(add_missing)


def catalogue_has_courses() -> bool:
    """Whether the school's tables hold any course."""
    return database.read(store.count) > 0


def _row(table: type[Model], item: dict[str, Any]) -> dict[str, Any]:
    columns = table.__table__.columns
    return {
        name: datetime.fromisoformat(value)
        if value and isinstance(columns[name].type, DateTime)
        else value
        for name, value in item.items()
        if name in columns
    }
