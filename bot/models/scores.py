"""How warm a lead is, as a ledger of signals that fade: plain arithmetic, explainable.

The ledger lies in ``additional_data["score"]`` and holds one entry for each kind of signal: its
points, when they were given last, and by which message. The same signals at the same moments
always give the same score.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, cast

MAX_SCORE = 100

IDLE_HALF_LIFE = timedelta(days=30)
"""A lead who stays silent for so long is half as warm."""

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Signal:
    """Something that speaks for or against a lead: "intent:BUYING_SIGNALS", 30 points.

    Repeated signals add up to ``most`` (or down to it, if it is negative). Points are halved every
    ``half_life_days``; without one they stay.
    """

    name: str
    points: int
    most: int
    half_life_days: float | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """What a signal has come to: points as they were at ``at``, by the message ``message_sid``."""

    points: float
    at: datetime
    message_sid: str
    half_life_days: float | None = None

    def worth(self, now: datetime) -> float:
        """The points that are left at ``now``."""
        if not self.half_life_days:
            return self.points
        age = max((now - self.at) / _DAY, 0.0)
        return self.points * 0.5 ** (age / self.half_life_days)


Ledger = dict[str, Entry]


def read_ledger(kept: object) -> Ledger:
    """The ledger in ``kept``; entries that cannot be read are left out."""
    items = cast(dict[str, Any], kept).items() if isinstance(kept, dict) else ()
    found = ((name, _entry(raw)) for name, raw in items)
    return {name: entry for name, entry in found if entry}


def write_ledger(ledger: Mapping[str, Entry]) -> dict[str, Any]:
    """The ledger as JSON."""
    return {
        name: {**asdict(entry), "points": round(entry.points, 2), "at": entry.at.isoformat()}
        for name, entry in ledger.items()
    }


def add(ledger: Ledger, signals: Iterable[Signal], at: datetime, message_sid: str) -> Ledger:
    """The ledger after ``signals`` of one message."""
    after = dict(ledger)
    for signal in signals:
        before = after.get(signal.name)
        points = (before.worth(at) if before else 0.0) + signal.points
        bounded = min(points, signal.most) if signal.points > 0 else max(points, signal.most)
        after[signal.name] = Entry(bounded, at, message_sid, signal.half_life_days)
    return after


def total(ledger: Mapping[str, Entry], now: datetime) -> int:
    """The score from 0 to 100 that a ledger comes to at ``now``."""
    points = sum(entry.worth(now) for entry in ledger.values())
    return round(min(max(points, 0.0), MAX_SCORE))


def after_silence(score: int, last: datetime | None, now: datetime) -> int:
    """What is left of a score since the lead wrote last."""
    if last is None:
        return score
    idle = max(now - last, timedelta(0))
    return round(score * 0.5 ** (idle / IDLE_HALF_LIFE))


def _entry(raw: Any) -> Entry | None:
    try:
        at = datetime.fromisoformat(raw["at"])
        at = at if at.tzinfo else at.replace(tzinfo=UTC)
        half_life = raw.get("half_life_days")
        return Entry(float(raw["points"]), at, str(raw["message_sid"]), half_life)
    except (KeyError, TypeError, ValueError, AttributeError):
        return None
