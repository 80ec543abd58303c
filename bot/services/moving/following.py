"""The first phase: files lead, and the database follows, turn by turn.

A turn is marked before it is stored and until it was followed, so that an outage or a crash only
delays it. A lead is copied whole, so that following twice, or late, ends in the same.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bot.models.leads import EXTERNAL_ID, LeadMemory
from bot.models.merging import joined
from bot.services import database
from bot.stores.json_memory import JsonMemoryStore
from bot.stores.sql_memory import SqlMemoryStore
from bot.stores.storage import Storage
from bot.stores.turn_records import TurnRecord


def follow(storage: Storage, mirror: SqlMemoryStore, user_id: str, lease_s: float) -> None:
    """Let the database have a lead as the files have it, with every marked turn.

    A turn that is being answered at this moment stays marked.

    Raises:
        StoreUnavailable: when the database is away; the marks stay.
    """
    files = storage.files
    marks = storage.backlog.of(user_id)
    found = [(mark, files.turn_of(mark.user_id, mark.message_sid)) for mark in marks]
    done = [(mark, record) for mark, record in found if not _in_hand(record, lease_s)]
    records = [record for _, record in done if record]
    while not _is_copied(files, mirror, user_id, records):
        pass
    storage.backlog.clear(mark for mark, _ in done)


def fetch(storage: Storage, mirror: SqlMemoryStore, user_id: str) -> LeadMemory | None:
    """Bring somebody whom only the database knows into the files, with their history.

    Raises:
        StoreUnavailable: when the database is away.
    """
    found = database.read(lambda: mirror.load(user_id))
    if found is None:
        return None
    ids = mirror.leads.ids_of(user_id)
    storage.files.archive(found.user_id, list(mirror.messages.all(ids))[::-1])
    return storage.files.update(user_id, lambda known: joined(known, found))


def _is_copied(
    files: JsonMemoryStore,
    mirror: SqlMemoryStore,
    user_id: str,
    records: Sequence[TurnRecord],
) -> bool:
    """Copy a lead, and tell whether it still is what was copied.

    Of two who follow one lead the one who wrote last looks last, and sees the latest.
    """
    memory = files.load(user_id)
    database.write(lambda: _copy(files, mirror, user_id, memory))
    database.write(lambda: mirror.messages.add(each for one in records for each in one.messages()))
    return files.load(user_id) == memory


def _copy(
    files: JsonMemoryStore, mirror: SqlMemoryStore, user_id: str, memory: LeadMemory | None
) -> None:
    stone = files.erasures.of([user_id]).get(user_id)
    known = mirror.load(user_id)
    if stone and (memory is None or (known and stone.covers(known))):
        mirror.erase(user_id, stone.opted_out, stone.erased_at)
        known = None
    if memory is None:
        return
    if known and known.first_interaction_at != memory.first_interaction_at:
        # The database knew somebody whom the files did not: the two become one, in both.
        files.update(user_id, lambda now: joined(now, known))
        memory = joined(memory, known)
    copied = memory
    mirror.update(user_id, lambda row: replace(copied, user_id=row.user_id) if row else copied)
    external = memory.additional_data.get(EXTERNAL_ID)
    if isinstance(external, str):
        mirror.leads.point([external], copied.user_id)


def _in_hand(record: TurnRecord | None, lease_s: float) -> bool:
    """Whether somebody is answering it; one that is gone was erased."""
    if record is None or record.reply:
        return False
    return record.claimed_at > datetime.now(UTC) - timedelta(seconds=lease_s)
