"""Leads who have been silent for long."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import text

from bot.extensions import db

_PAGE = text("""
    SELECT user_id FROM user_memory
    WHERE coalesce(last_interaction_at, first_interaction_at, updated_at) < :before
      AND user_id > :after
    ORDER BY user_id
    LIMIT :limit
""")


def page(before: datetime, after: str, limit: int) -> Sequence[str]:
    """Ids, in order, of those whose last message is older; those after ``after``."""
    values = {"before": before, "after": after, "limit": limit}
    return db.session.execute(_PAGE, values).scalars().all()
