"""What changes a course. The service that calls this commits."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, insert, select, update

from bot.extensions import db
from bot.models.base import Model
from bot.models.catalogue import Course

ARCHIVED = ("archived", "archivado")
"""The spellings, in lower case, of a course that is kept but no longer used."""

_BLANKS = " \t\n\r\f\v"


def insert_rows(table: type[Model], rows: Sequence[dict[str, Any]]) -> None:
    """Insert ``rows``, in their order."""
    if rows:
        db.session.execute(insert(table), list(rows))


def lock(id_course: UUID) -> bool:
    """Keep others from changing a course until the transaction ends; False when there is none."""
    row = select(Course.id_course).where(Course.id_course == id_course).with_for_update()
    return db.session.scalar(row) is not None


def change(id_course: UUID, values: dict[str, Any]) -> None:
    """Give columns of one course new values."""
    db.session.execute(update(Course).where(Course.id_course == id_course).values(values))


def lock_name(name: str) -> None:
    """Let nobody else look for courses of this name until the transaction ends."""
    number = func.hashtextextended(_folded(name), 0)
    db.session.execute(select(func.pg_advisory_xact_lock(number)))


def has_twin(name: str, start_date: datetime | None, id_course: UUID) -> bool:
    """Whether a course other than ``id_course`` has this name and start and is not archived.

    Names are the same when they differ in case or in blanks around them; two courses without a
    start have the same one.
    """
    twins = select(Course.id_course).where(
        _folded(Course.name) == _folded(name),
        Course.start_date.is_not_distinct_from(start_date),
        Course.id_course != id_course,
        _folded(func.coalesce(Course.status, "")).not_in(ARCHIVED),
    )
    return db.session.scalar(select(twins.exists())) is True


def _folded(text: Any) -> ColumnElement[str]:
    return func.lower(func.btrim(text, _BLANKS))
