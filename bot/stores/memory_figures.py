"""How much is remembered, where it waits, and whether more can be written."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from sqlalchemy import func, insert, select

from bot.extensions import db
from bot.models.leads import UserMemory
from bot.models.messages import Message
from bot.stores.files import read_json, write_atomically
from bot.stores.json_memory import JsonMemoryStore

_PROBE = "write-probe"


@dataclass(frozen=True, slots=True)
class Figures:
    """How many leads are known, when one was last saved, and how many messages came in."""

    leads: int
    last_saved: datetime | None
    messages: int


@dataclass(frozen=True, slots=True)
class Files:
    """How many files there are, and when the oldest was written."""

    count: int
    oldest: datetime | None


def in_files(store: JsonMemoryStore) -> Figures:
    """What a JSON memory holds."""
    times = _written(store.memory_dir.glob("memory_*.json"))
    return Figures(len(times), max(times, default=None), turns(store).count)


def in_database() -> Figures:
    """What PostgreSQL holds; one statement."""
    inbound = select(func.count()).where(Message.direction == "inbound")
    query = select(func.count(), func.max(UserMemory.updated_at), inbound.scalar_subquery())
    leads, last_saved, messages = db.session.execute(query).one()
    return Figures(leads, last_saved, messages or 0)


def turns(store: JsonMemoryStore) -> Files:
    """The logged turns of a JSON memory; of a spool, those that wait."""
    times = _written(store.turns_dir.glob("lead_*/*.json"))
    return Files(len(times), min(times, default=None))


def damaged(stores: Iterable[JsonMemoryStore]) -> list[Path]:
    """Files that could not be read and were set aside, by name."""
    folders = {folder for store in stores for folder in (store.memory_dir, store.turns_dir)}
    return sorted({path for folder in folders for path in folder.rglob("*.damaged-*")})


def try_files(store: JsonMemoryStore) -> None:
    """Write, read and delete a file in each folder of ``store``, under one of its locks.

    Raises:
        OSError: when a folder, or the lock, cannot be written.
        StoreUnavailable: when somebody holds the lock for too long.
    """
    with store.locked(_PROBE):
        for folder in (store.memory_dir, store.turns_dir):
            probe = folder / f".{_PROBE}-{uuid4().hex}.json"
            try:
                write_atomically(probe, _PROBE)
                read_json(probe)
            finally:
                with suppress(OSError):
                    probe.unlink()


def try_database() -> None:
    """Write a lead and a message, for the caller to roll back."""
    user_id = f"{_PROBE}-{uuid4().hex}"
    db.session.execute(insert(UserMemory).values(user_id=user_id))
    message = {"user_id": user_id, "direction": "inbound", "kind": "text", "body": ""}
    db.session.execute(insert(Message).values(message))


def _written(files: Iterable[Path]) -> list[datetime]:
    """When each file was written; one that goes at this moment does not count."""
    times: list[datetime] = []
    for file in files:
        with suppress(FileNotFoundError):
            times.append(datetime.fromtimestamp(file.stat().st_mtime, UTC))
    return times
