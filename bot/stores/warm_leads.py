"""The warmest leads, from wherever memory is kept."""

from heapq import nlargest
from typing import Any

from sqlalchemy import func, select

from bot.extensions import db
from bot.models.leads import LeadMemory, UserMemory
from bot.stores.found_memory import lead_memory
from bot.stores.json_memory import JsonMemoryStore

_COLUMNS = [column for column in UserMemory.__table__.c if column.name != "message_history"]


def in_database(min_score: int, offset: int, limit: int) -> tuple[list[LeadMemory], int]:
    """One page of the leads with at least ``min_score``, the highest first, and how many there are.

    Their messages are not read.
    """
    is_warm = UserMemory.lead_score >= min_score
    total = db.session.scalar(select(func.count()).select_from(UserMemory).where(is_warm)) or 0
    order = (UserMemory.lead_score.desc(), UserMemory.user_id)
    rows = db.session.execute(
        select(*_COLUMNS).where(is_warm).order_by(*order).offset(offset).limit(limit)
    ).mappings()
    return [
        lead_memory({str(name): row[name] for name in row}, row["user_id"]) for row in rows
    ], total


def in_files(
    store: JsonMemoryStore, min_score: int, offset: int, limit: int
) -> tuple[list[LeadMemory], int]:
    """The same from JSON files, all of which are read."""
    warm = [memory for memory in store.all() if memory.lead_score >= min_score]
    return nlargest(offset + limit, warm, key=_warmth)[offset:], len(warm)


def _warmth(memory: LeadMemory) -> tuple[Any, ...]:
    return memory.lead_score, [-ord(sign) for sign in memory.user_id]
