"""The second phase: the database leads, and takes over whom it finds in a file only, or newer."""

from dataclasses import replace

from bot.models.leads import EXTERNAL_ID, LeadMemory
from bot.models.merging import joined
from bot.models.messages import Turn
from bot.services import database
from bot.stores.json_memory import JsonMemoryStore
from bot.stores.sql_memory import SqlMemoryStore


def adopt_for(turn: Turn, sql: SqlMemoryStore, older: JsonMemoryStore) -> Turn:
    """The turn with what a file knows of its writer, moved over to the database.

    Raises:
        StoreUnavailable: when the database is away.
    """
    found = older.load(turn.inbound.user_id)
    if found is None or not _is_news(found, turn.memory):
        return turn
    memory = adopt(turn.inbound.user_id, found, sql, older)
    if memory is None:
        return turn
    version = database.read(lambda: sql.leads.version_of(memory.user_id))
    return replace(turn, memory=memory, version=version)


def catch_up(user_id: str, sql: SqlMemoryStore, older: JsonMemoryStore) -> None:
    """Move over what a file knows of somebody, if it is news to the database.

    Raises:
        StoreUnavailable: when the database is away.
    """
    found = older.load(user_id)
    known = database.read(lambda: sql.load(user_id)) if found else None
    if found and _is_news(found, known or LeadMemory(user_id)):
        adopt(user_id, found, sql, older)


def adopt(
    user_id: str, found: LeadMemory, sql: SqlMemoryStore, older: JsonMemoryStore
) -> LeadMemory | None:
    """Merge what a file has into the database, with the messages; None for somebody erased."""
    ids = older.ids_of(user_id)
    history = older.history(user_id)

    def move() -> LeadMemory | None:
        stones = {**older.erasures.of(ids), **sql.erasures.of(ids)}
        if any(stone.covers(found) for stone in stones.values()):
            return None
        memory = sql.update(user_id, lambda row: joined(row, found))
        external = found.additional_data.get(EXTERNAL_ID)
        if isinstance(external, str) and memory:
            sql.leads.point([external], memory.user_id)
        sql.messages.add(history)
        return memory

    return database.write(move)


def _is_news(found: LeadMemory, known: LeadMemory) -> bool:
    last, known_last = found.last_interaction_at, known.last_interaction_at
    if known_last is None:
        return known.first_interaction_at is None
    return last is not None and last > known_last
