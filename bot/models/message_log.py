"""One message as the log of either store has it, and pages of them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from bot.errors import Unusable

INBOUND, OUTBOUND = "inbound", "outbound"

_KEY = re.compile(r"(-?\d{1,17})\.(\d{1,18})", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class LoggedMessage:
    """A message of a lead, or a reply; ``at`` is the moment when the lead's message came.

    ``reply_to`` is the ``message_sid`` of the message that a reply answers. ``model_calls`` and
    ``score_signals`` are as :class:`bot.models.messages.Message` has them. ``key`` is where the
    message stands in its person's history; it goes with the store that gave it.
    """

    user_id: str
    direction: str
    kind: str
    body: str
    at: datetime
    message_sid: str | None = None
    reply_to: str | None = None
    intent: str | None = None
    confidence: float | None = None
    source: str | None = None
    level: str | None = None
    id_course: UUID | None = None
    score_signals: dict[str, int] | None = None
    model_calls: list[dict[str, Any]] | None = None
    cost_usd: Decimal | None = None
    key: str = ""


@dataclass(frozen=True, slots=True)
class MessagePage:
    """Messages of one person, the newest first; those before ``next_key`` are on the next page."""

    messages: Sequence[LoggedMessage]
    next_key: str | None = None


def page_key(at: datetime, place: int) -> str:
    """Where a message stands in a history: its moment, and its place among those of one moment."""
    return f"{(at - _EPOCH) // _MICROSECOND}.{place}"


def page_position(key: str) -> tuple[datetime, int]:
    """What :func:`page_key` was given.

    Raises:
        Unusable: when ``key`` is none.
    """
    parts = _KEY.fullmatch(key)
    try:
        if parts:
            return _EPOCH + int(parts[1]) * _MICROSECOND, int(parts[2])
    except OverflowError:
        pass
    raise Unusable(problems={"before": ["Not the key of a message of this history."]})
