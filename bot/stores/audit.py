"""Who changed which course, and what."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select

from bot.extensions import db
from bot.models.catalogue import AuditEntry


def record(rows: Sequence[dict[str, Any]]) -> None:
    """Note changes in the transaction that makes them.

    Each row has ``actor`` (255 characters at most), ``action`` (32 at most), ``id_course`` and
    ``changes``, a dict of column → ``[before, after]`` in values that JSON has.
    """
    if rows:
        db.session.execute(insert(AuditEntry), list(rows))


def history(id_course: UUID, limit: int) -> Sequence[AuditEntry]:
    """The last ``limit`` changes to a course, newest first."""
    of_course = select(AuditEntry).where(AuditEntry.id_course == id_course)
    return db.session.scalars(of_course.order_by(AuditEntry.id.desc()).limit(limit)).all()
