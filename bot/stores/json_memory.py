"""Memory in JSON files: one a lead, in the older bot's format, and one a turn.

``memory_<user_id>.json`` holds the fields of ``user_memory`` and, beside them, whatever has no
column there. ``turns/<lead>/<MessageSid>.json`` is the log of one inbound message, its reply
and what it changed; its existence makes the message unique.
"""

import contextlib
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from bot.models.leads import LeadChange, LeadMemory, number_variants
from bot.models.messages import (
    InboundMessage,
    Reply,
    Turn,
    TurnState,
)
from bot.stores.files import file_key, locked, read_json, set_aside, write_atomically
from bot.stores.found_memory import lead_memory
from bot.stores.turn_records import TurnRecord

_COLUMNS = (
    "user_id",
    "name",
    "role",
    "interests",
    "pain_points",
    "lead_score",
    "interaction_count",
    "first_interaction_at",
    "last_interaction_at",
    "last_interaction",
    "message_history",
    "additional_data",
    "updated_at",
)
_LAST_SIDS = "last_message_sids"
_SIDS_KEPT = 20


class JsonMemoryStore:
    """Leads in ``memory_dir``, turns in ``turns_dir``; ``older_dir`` is only read from.

    What is not ``durable`` may be lost in a power cut, and costs no waiting for the disk.
    """

    def __init__(
        self,
        memory_dir: Path,
        turns_dir: Path,
        older_dir: Path | None = None,
        durable: bool = True,
    ) -> None:
        self.memory_dir = memory_dir
        self.turns_dir = turns_dir
        self.older_dir = older_dir
        self.durable = durable

    def open_turn(self, inbound: InboundMessage, lease_s: float) -> Turn:
        """See :class:`bot.stores.memory.MemoryStore`."""
        with self.locked(inbound.user_id):
            memory = self.load(inbound.user_id) or LeadMemory(inbound.user_id)
            record = self.record_of(inbound)
            if record and record.reply:
                return Turn(inbound, memory, TurnState.ANSWERED, record.reply)
            now = datetime.now(UTC)
            if record and record.claimed_at > now - timedelta(seconds=lease_s):
                return Turn(inbound, memory, TurnState.ELSEWHERE)
            TurnRecord(_kept(inbound, memory), claimed_at=now).write(self.turn_file(inbound))
            return Turn(inbound, memory, TurnState.OURS)

    def close_turn(self, turn: Turn, change: LeadChange, reply: Reply) -> Turn:
        """See :class:`bot.stores.memory.MemoryStore`."""
        inbound = turn.inbound
        with self.locked(inbound.user_id):
            memory = self.load(inbound.user_id) or turn.memory
            record = self.record_of(inbound)
            if record and record.reply:
                return replace(turn, memory=memory, state=TurnState.ANSWERED, reply=record.reply)
            if change.forgets:
                self._forget_words(inbound)
            kept = _wordless(inbound) if change.forgets else _kept(inbound, memory)
            memory = self._apply_once(memory, change, inbound.message_sid)
            TurnRecord(kept, datetime.now(UTC), reply, change).write(self.turn_file(inbound))
            return replace(turn, memory=memory, state=TurnState.ANSWERED, reply=reply)

    def load(self, user_id: str) -> LeadMemory | None:
        """See :class:`bot.stores.memory.MemoryStore`."""
        for folder in filter(None, (self.memory_dir, self.older_dir)):
            for variant in number_variants(user_id):
                memory = _read_memory(memory_file(folder, variant), variant)
                if memory:
                    return memory
        return None

    def save(self, memory: LeadMemory) -> None:
        """Write one lead's file."""
        path = memory_file(self.memory_dir, memory.user_id)
        write_atomically(path, _to_json(memory), self.durable)

    def all(self) -> Iterator[LeadMemory]:
        """Every lead, in no order."""
        for path in self.memory_dir.glob("memory_*.json"):
            memory = _read_memory(path, _user_id(path))
            if memory:
                yield memory

    def forget_older_than(self, seconds: float) -> None:
        """Delete the files of leads that were not written for so long."""
        oldest = time.time() - seconds
        for path in self.memory_dir.glob("memory_*.json"):
            with contextlib.suppress(FileNotFoundError):
                if path.stat().st_mtime < oldest:
                    path.unlink()

    def spending(self, day: str) -> float:
        """What the language model cost on ``day``, an ISO date, in USD."""
        try:
            kept = read_json(self._spending_file)
            return float(kept["usd"]) if kept["day"] == day else 0.0
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return 0.0

    def add_spending(self, day: str, usd: float) -> None:
        """Add to what it cost on ``day``; the days before are forgotten."""
        with locked(self.turns_dir, self._spending_file.stem):
            spent = round(self.spending(day) + usd, 8)
            write_atomically(self._spending_file, {"day": day, "usd": spent}, durable=False)

    @property
    def _spending_file(self) -> Path:
        return self.turns_dir / "spending.json"

    def turns(self, user_id: str) -> Iterator[TurnRecord]:
        """Every logged turn of a lead, oldest first."""
        return (record for _, record in records_in(self.turn_folder(user_id)))

    def turn_folder(self, user_id: str) -> Path:
        """Where a lead's turns are, whichever variant of the number wrote."""
        return self.turns_dir / f"lead_{file_key(min(number_variants(user_id)))}"

    def turn_file(self, inbound: InboundMessage) -> Path:
        """Where one turn is."""
        return self.turn_folder(inbound.user_id) / f"{file_key(inbound.message_sid)}.json"

    def record_of(self, inbound: InboundMessage) -> TurnRecord | None:
        """What is on disk of this message, when it came before."""
        return TurnRecord.read(self.turn_file(inbound))

    def locked(self, user_id: str) -> AbstractContextManager[None]:
        """Hold the lead's lock, whichever variant of the number wrote."""
        return locked(self.turns_dir, self.turn_folder(user_id).name)

    def _forget_words(self, inbound: InboundMessage) -> None:
        """Leave of a lead's turns only that they were answered."""
        for file, record in records_in(self.turn_folder(inbound.user_id)):
            reply = record.reply and replace(record.reply, text="", calls=())
            TurnRecord(_wordless(record.inbound), record.claimed_at, reply).write(file)

    def _apply_once(self, memory: LeadMemory, change: LeadChange, sid: str) -> LeadMemory:
        """A crash between two files must not count a message twice: the memory keeps its SID.

        Other messages may come before the one that crashed is repeated, so it keeps several.
        """
        applied: list[str] = memory.additional_data.get(_LAST_SIDS) or []
        if sid in applied:
            return memory
        marked = replace(change, facts={**change.facts, _LAST_SIDS: [*applied, sid][-_SIDS_KEPT:]})
        memory = marked.apply_to(memory)
        self.save(memory)
        return memory


def record_files(folder: Path) -> list[Path]:
    """The files of a lead's turns; none when the folder is gone, or goes at this moment."""
    try:
        return list(folder.glob("*.json"))
    except FileNotFoundError:
        return []


def records_in(folder: Path) -> list[tuple[Path, TurnRecord]]:
    """The turns that can be read, oldest first, each with its file."""
    read = ((file, TurnRecord.read(file)) for file in record_files(folder))
    found = [(file, record) for file, record in read if record]
    return sorted(found, key=lambda pair: pair[1].inbound.received_at)


def _kept(inbound: InboundMessage, memory: LeadMemory) -> InboundMessage:
    """What is logged of a message: without its words, if its writer refused that they be kept."""
    return _wordless(inbound) if memory.refused_consent else inbound


def _wordless(inbound: InboundMessage) -> InboundMessage:
    """That a message came, without anything that its writer said or showed."""
    return replace(
        inbound,
        body="",
        profile_name=None,
        payload=None,
        media=(),
        location=None,
        referral=None,
        external_user_id=None,
    )


def memory_file(folder: Path, user_id: str) -> Path:
    """Where a lead's memory is, exactly under ``user_id``."""
    return folder / f"memory_{file_key(user_id)}.json"


def _user_id(path: Path) -> str:
    """Whose memory a file holds; a name that was too long tells it inside."""
    key = path.stem.removeprefix("memory_")
    if "=" not in key:
        return unquote(key)
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        return str(read_json(path)["user_id"])
    return key


def _to_json(memory: LeadMemory) -> dict[str, Any]:
    columns = {
        name: getattr(memory, name) for name in memory.__slots__ if name != "additional_data"
    }
    times = {
        key: value.isoformat() for key, value in columns.items() if isinstance(value, datetime)
    }
    return {
        "created_at": times.get("first_interaction_at"),
        **memory.additional_data,
        **columns,
        **times,
        "last_interaction": times.get("last_interaction_at"),
        "updated_at": datetime.now(UTC).isoformat(),
    }


def _read_memory(path: Path, user_id: str) -> LeadMemory | None:
    try:
        return _from_json(read_json(path), user_id)
    except FileNotFoundError:
        return None
    except (ValueError, TypeError, AttributeError, OverflowError):
        set_aside(path)
        return None


def _from_json(raw: dict[str, Any], user_id: str) -> LeadMemory:
    """Keys without a column are facts; so are those of an ``additional_data`` object."""
    first, last = raw.get("first_interaction_at"), raw.get("last_interaction_at")
    known: set[str] = set(_COLUMNS)
    if raw.get("created_at") == first:
        known.add("created_at")
    found = {name: value for name, value in raw.items() if name in known}
    found["first_interaction_at"] = first or raw.get("created_at")
    found["last_interaction_at"] = last or raw.get("last_interaction")
    memory = lead_memory(found, user_id)
    extra = {name: value for name, value in raw.items() if name not in known}
    return replace(memory, additional_data={**memory.additional_data, **extra})
