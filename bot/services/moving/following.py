"""The first phase: files lead, and the database follows, turn by turn.

A turn is marked before it is stored and until it was followed, so that an outage or a crash only
delays it. A lead is copied whole, so that following twice, or late, ends in the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from bot.models.leads import EXTERNAL_ID, LeadMemory
from bot.models.merging import joined
from bot.services import database
from bot.stores.backlog import EDIT, Mark
from bot.stores.erasures import Tombstone
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
    done = [(mark, record) for mark, record in found if not _in_hand(mark, record, lease_s)]
    records = [record for _, record in done if record]
    while not _is_copied(storage, mirror, user_id, records):
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
    storage: Storage, mirror: SqlMemoryStore, user_id: str, records: Sequence[TurnRecord]
) -> bool:
    """Copy a lead, and tell whether it still is what was copied.

    Of two who follow one lead the one who wrote last looks last, and sees the latest.
    """
    files, followed = storage.files, storage.backlog.version_of(user_id)
    memory = files.load(user_id)
    stone = files.erasures.of([user_id]).get(user_id)
    copied = database.write(lambda: _copy(mirror, user_id, memory, stone, followed))
    database.write(lambda: mirror.messages.add(each for one in records for each in one.messages()))
    if copied and memory:
        storage.backlog.note_version(user_id, copied.version)
        if copied.memory != replace(memory, user_id=copied.memory.user_id):
            files.update(user_id, lambda now: joined(now, copied.memory))
    return files.load(user_id) in (memory, copied and replace(copied.memory, user_id=user_id))


@dataclass(frozen=True, slots=True)
class _Copied:
    memory: LeadMemory
    version: str | None


def _copy(
    mirror: SqlMemoryStore,
    user_id: str,
    memory: LeadMemory | None,
    stone: Tombstone | None,
    followed: str | None,
) -> _Copied | None:
    """Write a lead's row as the files have it, with what somebody else wrote there since."""
    known = mirror.load(user_id)
    if stone and (memory is None or (known and stone.covers(known))):
        mirror.erase(user_id, stone.opted_out, stone.erased_at)
    if memory is None:
        return None

    def put(row: LeadMemory | None) -> LeadMemory:
        if row is None:
            return memory
        is_ours = mirror.leads.version_of(row.user_id) == followed
        return replace(memory, user_id=row.user_id) if is_ours else joined(row, memory)

    written = mirror.update(user_id, put) or memory
    external = memory.additional_data.get(EXTERNAL_ID)
    if isinstance(external, str):
        mirror.leads.point([external], written.user_id)
    return _Copied(written, mirror.leads.version_of(written.user_id))


def _in_hand(mark: Mark, record: TurnRecord | None, lease_s: float) -> bool:
    """Whether somebody is answering the turn at this moment, or is about to store it."""
    if mark.message_sid == EDIT or (record and record.reply):
        return False
    if record is None:
        return mark.age_s() < lease_s
    return record.claimed_at > datetime.now(UTC) - timedelta(seconds=lease_s)
