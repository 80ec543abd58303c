"""Queries on API keys."""

from collections.abc import Sequence

from sqlalchemy import func, select, update

from bot.extensions import db
from bot.models.access import ApiKey


def add(key: ApiKey) -> ApiKey:
    """Store a new key; its id is known afterwards."""
    db.session.add(key)
    db.session.flush()
    return key


def find(key_id: int) -> ApiKey | None:
    """A key that was not revoked."""
    return db.session.scalar(select(ApiKey).where(ApiKey.id == key_id, ApiKey.revoked_at.is_(None)))


def every() -> Sequence[ApiKey]:
    """All keys, oldest first."""
    return db.session.scalars(select(ApiKey).order_by(ApiKey.id)).all()


def revoke(key_id: int) -> bool:
    """End a key; False when there is no such key in force."""
    ended = db.session.execute(
        update(ApiKey)
        .where(ApiKey.id == key_id, ApiKey.revoked_at.is_(None))
        .values(revoked_at=func.now())
        .returning(ApiKey.id)
    )
    return ended.scalar() is not None
