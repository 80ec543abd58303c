"""How well facts about the writer are read from messages: F1 by kind, and values made up."""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.models.understanding import Facts
from bot.services.profile import extract
from bot.services.spanish import plain

DATA = Path(__file__).with_name("data")
DEVELOPMENT = DATA / "entities_dev.jsonl"
OTHER_WRITERS = DATA / "entities_other_writers.jsonl"

KINDS = (
    "name",
    "role",
    "company",
    "email",
    "level",
    "modality",
    "budget",
    "currency",
    "interests",
    "pain_points",
)
_SPANS = frozenset({"role", "interests", "pain_points"})
_JOINING = frozenset(
    [
        "el",
        "la",
        "los",
        "las",
        "un",
        "una",
        "de",
        "del",
        "a",
        "en",
        "y",
        "con",
        "que",
        "mi",
        "mis",
        "lo",
        "al",
    ]
)


@dataclass(slots=True)
class Counts:
    """How many values were found rightly, found wrongly, and missed."""

    right: int = 0
    wrong: int = 0
    missed: int = 0

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall; 1 where there was nothing to find."""
        found = 2 * self.right + self.wrong + self.missed
        return 2 * self.right / found if found else 1.0


@dataclass(slots=True)
class FactFigures:
    """The counts by kind; ``made_up`` tells what was read out of traps that hold no such thing."""

    by_kind: dict[str, Counts] = field(default_factory=dict[str, Counts])
    made_up: list[str] = field(default_factory=list[str])

    @property
    def f1(self) -> float:
        """Of all values together."""
        every = Counts()
        for counts in self.by_kind.values():
            every.right += counts.right
            every.wrong += counts.wrong
            every.missed += counts.missed
        return every.f1


def load(path: Path) -> list[dict[str, Any]]:
    """The annotated messages of a file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def measure(rows: Iterable[dict[str, Any]]) -> FactFigures:
    """Compare what is extracted with what people annotated; spans need only overlap."""
    figures = FactFigures({kind: Counts() for kind in KINDS})
    for row in rows:
        facts = extract(row["text"])
        for kind in KINDS:
            wrong = _count(figures.by_kind[kind], kind, _values(row.get(kind)), _found(facts, kind))
            if wrong and "trap" in row and kind not in row:
                figures.made_up.append(f"{row['text']} → {kind}: {wrong}")
    return figures


def _count(counts: Counts, kind: str, expected: list[Any], found: list[Any]) -> list[Any]:
    """Add one message's values of one kind; the ones that are wrong come back."""
    missing = list(expected)
    wrong: list[Any] = []
    for value in found:
        match = next((each for each in missing if _same(kind, each, value)), None)
        if match is None:
            wrong.append(value)
        else:
            missing.remove(match)
    counts.right += len(found) - len(wrong)
    counts.wrong += len(wrong)
    counts.missed += len(missing)
    return wrong


def _values(value: Any) -> list[Any]:
    return [] if value is None else list(value) if isinstance(value, list) else [value]


def _found(facts: Facts, kind: str) -> list[Any]:
    value = getattr(facts, kind)
    return list(value) if isinstance(value, tuple) else _values(value)


def _same(kind: str, expected: Any, found: Any) -> bool:
    if kind == "budget":
        return float(expected) == float(found)
    one, other = plain(str(expected)), plain(str(found))
    return _overlap(one, other) if kind in _SPANS else one == other


def _overlap(one: str, other: str) -> bool:
    """Whether one holds the other, or they share half of the shorter one's telling words."""
    if one in other or other in one:
        return True
    words, others = (Counter(w for w in text.split() if w not in _JOINING) for text in (one, other))
    shorter = min(words.total(), others.total())
    return bool(shorter) and (words & others).total() / shorter >= 0.5
