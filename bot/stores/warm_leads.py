"""The warmest leads, from wherever memory is kept."""

from heapq import nlargest
from typing import Any

from sqlalchemy import text

from bot.extensions import db
from bot.models.leads import LeadMemory
from bot.stores.json_memory import JsonMemoryStore
from bot.stores.sql_memory import SqlMemoryStore

# The page is found among figures, a tenth of the width of memories, by an index in its order.
_PAGE = text("""
    SELECT lead.user_id, lead.name, lead.role, lead.interests, lead.pain_points, lead.lead_score,
           lead.interaction_count, lead.first_interaction_at, lead.last_interaction_at,
           lead.additional_data
    FROM (
        SELECT user_id FROM lead_figures WHERE lead_score >= :min_score
        ORDER BY lead_score DESC, user_id OFFSET :offset LIMIT :limit
    ) AS page
    JOIN user_memory AS lead USING (user_id)
    ORDER BY lead.lead_score DESC, lead.user_id
""")
_COUNT = text("SELECT count(*) FROM lead_figures WHERE lead_score >= :min_score")


def in_database(
    store: SqlMemoryStore, min_score: int, offset: int, limit: int
) -> tuple[list[LeadMemory], int]:
    """One page of the leads with at least ``min_score``, the highest first, and how many there are.

    Their messages are not read.
    """
    total = db.session.execute(_COUNT, {"min_score": min_score}).scalar_one()
    wanted = {"min_score": min_score, "offset": offset, "limit": limit}
    rows = db.session.execute(_PAGE, wanted).mappings()
    return [store.leads.memory(row) for row in rows], total


def in_files(
    store: JsonMemoryStore, min_score: int, offset: int, limit: int
) -> tuple[list[LeadMemory], int]:
    """The same from JSON files, all of which are read."""
    warm = [memory for memory in store.leads.all() if memory.lead_score >= min_score]
    return nlargest(offset + limit, warm, key=_warmth)[offset:], len(warm)


def _warmth(memory: LeadMemory) -> tuple[Any, ...]:
    return memory.lead_score, [-ord(sign) for sign in memory.user_id]
