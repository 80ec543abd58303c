"""Which signals a message gives, by the table ``bot/data/scoring.toml``."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from bot.models.catalogue import Course
from bot.models.leads import LeadMemory
from bot.models.scores import Signal, read_ledger
from bot.models.understanding import COURSE_RELEVANT, Facts, Intent
from bot.services import money
from bot.services.spanish import plain

_TABLE = Path(__file__).parents[1] / "data" / "scoring.toml"


@dataclass(frozen=True, slots=True)
class Reason:
    """One part of a lead's score: ``points`` are those left at the last message."""

    signal: str
    reason: str
    points: float
    at: datetime
    message_sid: str


def signals(
    intent: Intent | None, facts: Facts, stage: str | None, course: Course | None
) -> tuple[Signal, ...]:
    """What a message says of how warm its writer is; ``course`` is the one under discussion."""
    return (*_of_intent(intent), *_of_facts(facts, course), *_of_stage(stage))


def reasons(memory: LeadMemory) -> list[Reason]:
    """Why the score is what it is, the weightiest first; they add up to it before its bounds."""
    at = memory.last_interaction_at
    ledger = read_ledger(memory.additional_data.get("score"))
    found = [
        Reason(
            name,
            _reason(name),
            round(entry.worth(at or entry.at), 1),
            entry.at,
            entry.message_sid,
        )
        for name, entry in ledger.items()
    ]
    return sorted(found, key=lambda reason: -abs(reason.points))


def _of_intent(intent: Intent | None) -> Iterator[Signal]:
    if intent in _table()["intent"]:
        yield _signal(f"intent:{intent}", _table()["intent"][intent])
    if intent in COURSE_RELEVANT:
        yield _signal("depth", _table()["depth"])


def _of_facts(facts: Facts, course: Course | None) -> Iterator[Signal]:
    for name, row in _table()["fact"].items():
        if getattr(facts, name):
            yield _signal(f"fact:{name}", row)
    if facts.role and not _words().isdisjoint(plain(facts.role).split()):
        yield _signal("decides", _table()["decides"])
    if facts.budget and course and _affords(facts, course):
        yield _signal("budget_fits", _table()["budget_fits"])


def _of_stage(stage: str | None) -> Iterator[Signal]:
    table = _table()["stage"]
    if stage in table:
        yield Signal("stage", table[stage], table[stage], table["half_life_days"])


def _affords(facts: Facts, course: Course) -> bool:
    price = money.amount(course.price)
    currency = (course.currency or "").strip().upper()
    same = facts.currency in {None, currency}
    return price is not None and same and price <= Decimal(str(facts.budget))


def _signal(name: str, row: dict[str, Any]) -> Signal:
    return Signal(name, row["points"], row.get("most", row["points"]), row.get("half_life_days"))


def _reason(name: str) -> str:
    kind, _, key = name.partition(":")
    row = _table().get(kind, {})
    return (row.get(key, {}) if key else row).get("reason", name)


@cache
def _words() -> frozenset[str]:
    return frozenset(plain(word) for word in _table()["decides"]["words"])


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(_TABLE.read_text(encoding="utf-8"))
