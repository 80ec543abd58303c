"""The warmest leads, from wherever memory is kept."""

from datetime import datetime
from heapq import nlargest
from typing import Any

from sqlalchemy import text

from bot.extensions import db
from bot.models.leads import LeadMemory
from bot.stores.json_memory import JsonMemoryStore
from bot.stores.sql_memory import SqlMemoryStore

# The page is found among figures, a tenth of the width of memories, by an index in its order.
_COLUMNS = """
    lead.user_id, lead.name, lead.role, lead.interests, lead.pain_points, lead.lead_score,
    lead.interaction_count, lead.first_interaction_at, lead.last_interaction_at,
    lead.additional_data
"""
_PAGE = text(f"""
    SELECT {_COLUMNS}
    FROM (
        SELECT user_id FROM lead_figures WHERE lead_score >= :min_score
        ORDER BY lead_score DESC, user_id OFFSET :offset LIMIT :limit
    ) AS page
    JOIN user_memory AS lead USING (user_id)
    ORDER BY lead.lead_score DESC, lead.user_id
""")  # noqa: S608 - no value is spliced in
_RECENT = text(f"""
    SELECT {_COLUMNS} FROM user_memory AS lead
    WHERE last_interaction_at > :since
    ORDER BY last_interaction_at DESC, user_id LIMIT :limit
""")  # noqa: S608
_COUNT = text("SELECT count(*) FROM lead_figures WHERE lead_score >= :min_score")


def in_database(store: SqlMemoryStore, min_score: int, offset: int, limit: int) -> list[LeadMemory]:
    """One page of the leads with at least ``min_score``, the highest first.

    Their messages are not read.
    """
    wanted = {"min_score": min_score, "offset": offset, "limit": limit}
    rows = db.session.execute(_PAGE, wanted).mappings()
    return [store.leads.memory(row) for row in rows]


def count_in_database(min_score: int) -> int:
    """How many leads have at least ``min_score``."""
    return db.session.execute(_COUNT, {"min_score": min_score}).scalar_one()


def in_files(
    store: JsonMemoryStore, min_score: int, offset: int, limit: int
) -> tuple[list[LeadMemory], int]:
    """One page from JSON files, all of which are read, and how many there are."""
    warm = [memory for memory in store.leads.all() if memory.lead_score >= min_score]
    return nlargest(offset + limit, warm, key=_warmth)[offset:], len(warm)


def recent_in_database(store: SqlMemoryStore, since: datetime, limit: int) -> list[LeadMemory]:
    """Those who wrote since a moment, the latest first; their messages are not read."""
    rows = db.session.execute(_RECENT, {"since": since, "limit": limit}).mappings()
    return [store.leads.memory(row) for row in rows]


def recent_in_files(store: JsonMemoryStore, since: datetime, limit: int) -> list[LeadMemory]:
    """The same from JSON files, all of which are read."""
    found = [each for each in store.leads.all() if (each.last_interaction_at or since) > since]
    return nlargest(limit, found, key=lambda each: each.last_interaction_at or since)


def _warmth(memory: LeadMemory) -> tuple[Any, ...]:
    return memory.lead_score, [-ord(sign) for sign in memory.user_id]
