"""Memory in JSON files: one a lead, in the older bot's format, and one a turn.

``memory_<user_id>.json`` holds the fields of ``user_memory`` and, beside them, whatever has no
column there. ``turns/<lead>/<MessageSid>.json`` is the log of one inbound message, its reply
and what it changed; its existence makes the message unique.
"""

import json
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bot.models.leads import LeadChange, LeadMemory, number_variants
from bot.models.messages import (
    InboundMessage,
    Reply,
    Turn,
    TurnState,
)
from bot.stores.files import file_key, locked, set_aside, write_atomically
from bot.stores.turn_records import TurnRecord

_COLUMNS = (
    "name",
    "role",
    "interests",
    "pain_points",
    "lead_score",
    "interaction_count",
    "message_history",
)
_LAST_SID = "last_message_sid"


class JsonMemoryStore:
    """Leads in ``memory_dir``, turns in ``turns_dir``; ``older_dir`` is only read from."""

    def __init__(self, memory_dir: Path, turns_dir: Path, older_dir: Path | None = None) -> None:
        self.memory_dir = memory_dir
        self.turns_dir = turns_dir
        self.older_dir = older_dir

    def open_turn(self, inbound: InboundMessage, lease_s: float) -> Turn:
        """See :class:`bot.stores.memory.MemoryStore`."""
        with self.locked(inbound.user_id):
            memory = self.load(inbound.user_id) or LeadMemory(inbound.user_id)
            record = TurnRecord.read(self.turn_file(inbound))
            if record and record.reply:
                return Turn(inbound, memory, TurnState.ANSWERED, record.reply)
            now = datetime.now(UTC)
            if record and record.claimed_at > now - timedelta(seconds=lease_s):
                return Turn(inbound, memory, TurnState.ELSEWHERE)
            TurnRecord(inbound, claimed_at=now).write(self.turn_file(inbound))
            return Turn(inbound, memory, TurnState.OURS)

    def close_turn(self, turn: Turn, change: LeadChange, reply: Reply) -> Turn:
        """See :class:`bot.stores.memory.MemoryStore`."""
        inbound = turn.inbound
        with self.locked(inbound.user_id):
            memory = self.load(inbound.user_id) or turn.memory
            record = TurnRecord.read(self.turn_file(inbound))
            if record and record.reply:
                return replace(turn, memory=memory, state=TurnState.ANSWERED, reply=record.reply)
            memory = self._apply_once(memory, change, inbound.message_sid)
            record = TurnRecord(inbound, datetime.now(UTC), reply, change)
            record.write(self.turn_file(inbound))
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
        write_atomically(memory_file(self.memory_dir, memory.user_id), _to_json(memory))

    def turns(self, user_id: str) -> Iterator[TurnRecord]:
        """Every logged turn of a lead, oldest first."""
        files = self.turn_folder(user_id).glob("*.json")
        records = filter(None, (TurnRecord.read(file) for file in files))
        return iter(sorted(records, key=lambda record: record.inbound.received_at))

    def turn_folder(self, user_id: str) -> Path:
        """Where a lead's turns are, whichever variant of the number wrote."""
        return self.turns_dir / f"lead_{file_key(min(number_variants(user_id)))}"

    def turn_file(self, inbound: InboundMessage) -> Path:
        """Where one turn is."""
        return self.turn_folder(inbound.user_id) / f"{file_key(inbound.message_sid)}.json"

    def locked(self, user_id: str) -> AbstractContextManager[None]:
        """Hold the lead's lock, whichever variant of the number wrote."""
        return locked(self.turns_dir, min(number_variants(user_id)))

    def _apply_once(self, memory: LeadMemory, change: LeadChange, sid: str) -> LeadMemory:
        """A crash between two files must not count a message twice: the memory keeps its SID."""
        if memory.additional_data.get(_LAST_SID) == sid:
            return memory
        marked = replace(change, facts={**change.facts, _LAST_SID: sid})
        memory = marked.apply_to(memory)
        self.save(memory)
        return memory


def memory_file(folder: Path, user_id: str) -> Path:
    """Where a lead's memory is, exactly under ``user_id``."""
    return folder / f"memory_{file_key(user_id)}.json"


def _to_json(memory: LeadMemory) -> dict[str, Any]:
    columns = {key: value for key, value in asdict(memory).items() if key != "additional_data"}
    times = {
        key: value.isoformat() for key, value in columns.items() if isinstance(value, datetime)
    }
    return {
        **memory.additional_data,
        **columns,
        **times,
        "last_interaction": times.get("last_interaction_at"),
        "updated_at": datetime.now(UTC).isoformat(),
    }


def _read_memory(path: Path, user_id: str) -> LeadMemory | None:
    try:
        raw = json.loads(path.read_text(encoding="utf-8-sig"))
        return _from_json(raw, user_id)
    except FileNotFoundError:
        return None
    except (ValueError, TypeError, AttributeError):
        set_aside(path)
        return None


def _from_json(raw: dict[str, Any], user_id: str) -> LeadMemory:
    known = {"user_id", "updated_at", "last_interaction", "additional_data", *_COLUMNS}
    known |= {"first_interaction_at", "last_interaction_at"}
    extra = {key: value for key, value in raw.items() if key not in known and value is not None}
    return LeadMemory(
        user_id=user_id,
        name=raw.get("name"),
        role=raw.get("role"),
        interests=tuple(raw.get("interests") or ()),
        pain_points=tuple(raw.get("pain_points") or ()),
        lead_score=int(raw.get("lead_score") or 0),
        interaction_count=int(raw.get("interaction_count") or 0),
        first_interaction_at=_time(raw.get("first_interaction_at") or raw.get("created_at")),
        last_interaction_at=_time(raw.get("last_interaction_at") or raw.get("last_interaction")),
        message_history=tuple(raw.get("message_history") or ()),
        additional_data={**(raw.get("additional_data") or {}), **extra},
    )


def _time(value: str | None) -> datetime | None:
    """The older bot wrote local times without a zone; they are taken as UTC."""
    if not value:
        return None
    moment = datetime.fromisoformat(value)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
