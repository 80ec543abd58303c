"""Reads a lead's memory as it is found, whatever wrote it.

Older bots and other tools left numbers for names, single texts for lists and lists with holes.
What can be read is read; the rest becomes its default, and stays as it was in
``additional_data`` under ``<field>_as_found``.
"""

import contextlib
import json
import math
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, cast

from bot.models.leads import LeadMemory

_AS_FOUND = "_as_found"


def lead_memory(found: Mapping[str, Any], user_id: str) -> LeadMemory:
    """The memory that ``found`` holds, by the column names of ``user_memory``."""
    unread: dict[str, Any] = {}
    fields: dict[str, Any] = {}
    for name, read in _READERS.items():
        value = found.get(name)
        with contextlib.suppress(ValueError, TypeError, OverflowError):
            fields[name] = read(value)
            continue
        unread[name + _AS_FOUND] = _storable(value)
    facts = _facts(_document(found.get("additional_data")))
    return LeadMemory(user_id=user_id, **fields, additional_data=facts | unread)


def _facts(value: Any) -> dict[str, Any]:
    """What is no object is kept all the same, under a name of its own."""
    if isinstance(value, dict):
        return cast(dict[str, Any], value)
    return {"additional_data": value} if value else {}


def _storable(value: Any) -> Any:
    """Python reads and writes an endless number; PostgreSQL's JSON does not know any."""
    return value if not isinstance(value, float) or math.isfinite(value) else str(value)


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value or None
    raise TypeError


def _texts(value: Any) -> tuple[str, ...]:
    value = _document(value) or ()
    if isinstance(value, str):
        return (value,)
    items: list[Any] = list(value)
    if any(not isinstance(item, str | None) for item in items):
        raise TypeError
    return tuple(item for item in items if item)


def _number(value: Any) -> int:
    return int(float(value or 0))


def _moment(value: Any) -> datetime | None:
    """Older bots wrote local times without a zone; they are taken as UTC."""
    if not value:
        return None
    moment = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _said(value: Any) -> tuple[dict[str, Any], ...]:
    items: list[Any] = list(_document(value) or ())
    if any(not isinstance(item, dict) for item in items):
        raise TypeError
    return tuple(items)


def _document(value: Any) -> Any:
    """Some tools encode twice, and leave a JSON document in a JSON string."""
    if isinstance(value, str):
        with contextlib.suppress(ValueError):
            return json.loads(value)
    return value


_READERS: dict[str, Callable[[Any], Any]] = {
    "name": _text,
    "role": _text,
    "interests": _texts,
    "pain_points": _texts,
    "lead_score": _number,
    "interaction_count": _number,
    "first_interaction_at": _moment,
    "last_interaction_at": _moment,
    "message_history": _said,
}
