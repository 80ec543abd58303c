"""What is in a folder of memory files, whatever bot wrote them and however they look today.

A file that cannot be taken is left where it is, with the reason.
"""

import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, tzinfo
from itertools import groupby
from pathlib import Path
from typing import Any, cast
from urllib.parse import unquote

from bot.errors import BotError, Undecipherable
from bot.models.leads import LeadMemory, canonical_id
from bot.models.message_log import INBOUND, OUTBOUND, LoggedMessage
from bot.stores.files import parse_json
from bot.stores.json_memory import JsonMemoryStore
from bot.stores.lead_files import memory_of, user_id_of

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_SUSPECT = re.compile(r"\\u(0000|d[89a-f])|NaN|Infinity|\d[eE]\+?\d{3}|\d{309}|\x00", re.IGNORECASE)
"""What a file must have in it for some of it not to be storable."""

_DEEPEST = 200
"""Levels of a document; what reads and writes JSON gives up at about 1,000."""

_IN_MILLISECONDS = 10**11
"""From here on a number of seconds would be in the year 5138."""

_LONGEST_ID, _LONGEST_NAME, _MOST = 255, 255, 2**31 - 1
_TIMES = (
    *("first_interaction_at", "last_interaction_at", "last_interaction"),
    *("created_at", "updated_at"),
)
_SAID_BY = {
    **dict.fromkeys(("user", "human", "lead", "cliente", "usuario"), INBOUND),
    **dict.fromkeys(("assistant", "bot", "ai", "system", "agent", "asistente"), OUTBOUND),
}
_WORDS, _MOMENTS = ("content", "message", "text", "body"), ("timestamp", "at", "time", "created_at")


class CannotBeTaken(BotError):
    """A file is none of a lead's memory."""


@dataclass(frozen=True, slots=True)
class FoundLead:
    """A lead as the files have it: the memory, with when it was made and changed, and messages.

    ``memory`` is None where there are messages only.
    """

    user_id: str
    memory: LeadMemory | None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    messages: Sequence[LoggedMessage] = ()


@dataclass(frozen=True, slots=True)
class Person:
    """All files of one person, under whichever variants of the number."""

    canonical: str
    paths: tuple[Path, ...] = field(default=())


def people_in(folder: Path) -> list[Person]:
    """The people whom a folder has files of, in an order that is the same each time."""
    named = [(canonical_id(_named(path)), path) for path in folder.iterdir() if _is_ours(path)]
    named.sort()
    return [
        Person(canonical, tuple(path for _, path in group))
        for canonical, group in groupby(named, key=lambda pair: pair[0])
    ]


def read_lead(path: Path, store: JsonMemoryStore, zone: tzinfo) -> FoundLead:
    """A lead's file with the messages that the folder has beside it.

    Times without a zone are taken to be of ``zone``.

    Raises:
        CannotBeTaken: with the reason, when the file is no memory that can be stored.
    """
    if path.suffix == ".jsonl":
        return FoundLead(_named(path), None, messages=_messages_beside(path, store))
    raw, is_clean = _document(path)
    user_id = _user_id(raw, path)
    times = _take_times(raw, zone)
    try:
        memory = memory_of(raw, user_id, store.vault)
        memory = _fitting(memory if is_clean else _cleaned(memory))
    except Undecipherable as error:
        raise CannotBeTaken(str(error)) from error
    except (AttributeError, TypeError, ValueError, OverflowError, RecursionError) as error:
        raise CannotBeTaken("It does not hold what a memory holds.") from error
    beside = _messages_beside(path, store)
    logged = {(message.direction, message.at) for message in beside}
    before = _said_before(path, store, memory, zone)
    return FoundLead(
        user_id,
        memory,
        times["created_at"],
        times["updated_at"],
        [*beside, *(each for each in before if (each.direction, each.at) not in logged)],
    )


def _is_ours(path: Path) -> bool:
    """Whether a file may be a lead's; neither is what was set aside, or is half written."""
    if path.name.startswith(".") or not path.is_file():
        return False
    if path.suffix == ".jsonl":
        memory = path.with_name(path.name.replace("history_", "memory_", 1)).with_suffix(".json")
        return path.name.startswith("history_") and not memory.exists()
    return path.suffix == ".json"


def _named(path: Path) -> str:
    if path.suffix == ".jsonl":
        return unquote(path.stem.removeprefix("history_"))
    return user_id_of(path)


def _document(path: Path) -> tuple[dict[str, Any], bool]:
    """What a file holds, and whether a database can store all of it."""
    try:
        text = path.read_text(encoding="utf-8-sig")
        raw = parse_json(text)
    except UnicodeDecodeError as error:
        raise CannotBeTaken("It is not written in UTF-8.") from error
    except json.JSONDecodeError as error:
        is_empty = not path.stat().st_size or not error.doc.strip()
        where = f"line {error.lineno}, column {error.colno}"
        raise CannotBeTaken(
            "It is empty." if is_empty else f"It breaks off, or is no JSON: {error.msg}, {where}."
        ) from error
    except (OSError, ValueError) as error:
        raise CannotBeTaken(f"It cannot be read: {error}") from error
    if not isinstance(raw, dict):
        raise CannotBeTaken("It holds no JSON object.")
    if text.count("[") + text.count("{") > _DEEPEST and _depth(raw) > _DEEPEST:
        raise CannotBeTaken(f"It nests deeper than {_DEEPEST} levels.")
    return cast(dict[str, Any], raw), not _SUSPECT.search(text)


def _depth(document: Any) -> int:
    """How many lists and objects stand in one another."""
    deepest, waiting = 0, [(document, 1)]
    while waiting:
        value, level = waiting.pop()
        deepest = max(deepest, level)
        inner: list[Any] = list(cast(Any, value).values() if isinstance(value, dict) else value)
        waiting += [(each, level + 1) for each in inner if isinstance(each, list | dict)]
    return deepest


def _take_times(raw: dict[str, Any], zone: tzinfo) -> dict[str, datetime | None]:
    """Read the times of a file, and write them into ``raw`` as they are stored.

    What is no time is kept under a name of its own. The moment of the row's making has a column
    of its own; where nothing is said of the first message, it is also that of this one.
    """
    is_ours = "first_interaction_at" in raw
    times = {name: _moment(raw.get(name), zone) for name in _TIMES}
    for name, moment in times.items():
        found = raw.pop(name, None)
        if moment:
            raw[name] = moment.isoformat()
        elif found:
            raw[f"{name}_as_found"] = found
    first = times["first_interaction_at"] or (None if is_ours else times["created_at"])
    raw["first_interaction_at"] = first and first.isoformat()
    raw.pop("created_at", None)
    return times


def _user_id(raw: Mapping[str, Any], path: Path) -> str:
    """As the file says, else as its name does."""
    said = raw.get("user_id")
    is_named = path.name.startswith("memory_")
    if isinstance(said, int) and not isinstance(said, bool):
        said = str(said)
    if not (isinstance(said, str) and said.strip()):
        if not is_named:
            raise CannotBeTaken("Neither memory_<user_id>.json nor a user_id tells whose it is.")
        said = user_id_of(path)
    user_id = _UNSTORABLE.sub("", said).strip().removeprefix("whatsapp:").removeprefix("+")
    if not user_id or len(user_id) > _LONGEST_ID:
        raise CannotBeTaken("Its user_id is empty, or longer than 255 characters.")
    return user_id


def _moment(value: Any, zone: tzinfo) -> datetime | None:
    """A time in a file; one that is none stays what it is."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            seconds = value / 1000 if value > _IN_MILLISECONDS else value
            return datetime.fromtimestamp(seconds, UTC)
        except (OverflowError, OSError, ValueError):
            return None
    try:
        moment = datetime.fromisoformat(cast(str, value))
        return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        return None


def _storable(value: Any) -> Any:
    """The same without what no database stores: NUL, half characters, endless numbers."""
    if isinstance(value, str):
        return _UNSTORABLE.sub("", value)
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, list):
        return [_storable(each) for each in cast(list[Any], value)]
    if isinstance(value, dict):
        pairs = cast(dict[str, Any], value).items()
        return {_UNSTORABLE.sub("", name): _storable(each) for name, each in pairs}
    return value


def _cleaned(memory: LeadMemory) -> LeadMemory:
    """The same with nothing in it that cannot be stored, also where JSON was in JSON."""
    return replace(
        memory,
        name=_storable(memory.name),
        role=_storable(memory.role),
        interests=tuple(map(_storable, memory.interests)),
        pain_points=tuple(map(_storable, memory.pain_points)),
        message_history=tuple(map(_storable, memory.message_history)),
        additional_data=_storable(memory.additional_data),
    )


def _fitting(memory: LeadMemory) -> LeadMemory:
    """What has room in its column; what has none is whole in ``additional_data`` as well."""
    whole = {
        f"{name}_as_found": value
        for name in ("name", "role")
        if len(value := getattr(memory, name) or "") > _LONGEST_NAME
    }
    whole |= {
        f"{name}_as_found": value
        for name in ("lead_score", "interaction_count")
        if not 0 <= (value := getattr(memory, name)) <= _MOST
    }
    return replace(
        memory,
        name=memory.name and memory.name[:_LONGEST_NAME],
        role=memory.role and memory.role[:_LONGEST_NAME],
        lead_score=min(max(memory.lead_score, 0), _MOST),
        interaction_count=min(max(memory.interaction_count, 0), _MOST),
        additional_data={**memory.additional_data, **whole},
    )


def _messages_beside(path: Path, store: JsonMemoryStore) -> list[LoggedMessage]:
    try:
        found = store.logged([_named(path)])
    except (ValueError, TypeError, AttributeError, RecursionError, Undecipherable) as error:
        raise CannotBeTaken(f"The messages beside it cannot be read: {error}") from error
    return [replace(each, body=_UNSTORABLE.sub("", each.body)) for each in found]


def _said_before(
    path: Path, store: JsonMemoryStore, memory: LeadMemory, zone: tzinfo
) -> Iterator[LoggedMessage]:
    """The messages that an older bot kept in the memory, where there is no log of them."""
    if store.history_file(_named(path)).exists():
        return
    at = memory.first_interaction_at or memory.last_interaction_at or datetime.fromtimestamp(0, UTC)
    for turn in memory.message_history:
        direction = _SAID_BY.get(str(turn.get("role") or turn.get("sender") or "").lower())
        words = _first_of(turn, _WORDS)
        at = _moment(_first_of(turn, _MOMENTS), zone) or at
        if direction and words is not None:
            body = words if isinstance(words, str) else json.dumps(words, ensure_ascii=False)
            yield LoggedMessage(memory.user_id, direction, "text", body, at)


def _first_of(turn: Mapping[str, Any], names: Iterable[str]) -> Any:
    return next((turn[name] for name in names if turn.get(name) is not None), None)
