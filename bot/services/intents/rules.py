"""The intent rules of ``bot/data/intents/rules.toml``, compiled once."""

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from bot.models.understanding import Intent

_RULES = Path(__file__).parents[2] / "data" / "intents" / "rules.toml"
_BLOCK = re.compile(r"<(\w+)>")
_WHOLE = "whole"
_HINT = "hint"
_NEVER = "never"
_MOST_HINTS = 3


@dataclass(frozen=True, slots=True)
class Evidence:
    """How strongly a message speaks for one intent, and where it first does."""

    intent: Intent
    score: float
    start: int


@dataclass(frozen=True, slots=True)
class Rule:
    """One intent's patterns; they read folded text with a space at either end."""

    intent: Intent
    tiers: tuple[tuple[float, re.Pattern[str]], ...]
    hints: re.Pattern[str] | None
    never: re.Pattern[str] | None
    hint: float

    def weigh(self, padded: str) -> Evidence | None:
        """Return the evidence in `padded`, or None when nothing matches or a veto does."""
        found = [
            (weight, hit.start()) for weight, tier in self.tiers if (hit := tier.search(padded))
        ]
        hints = len(set(self.hints.findall(padded))) if self.hints else 0
        if not (found or hints) or (self.never and self.never.search(padded)):
            return None
        _, start = max(found, default=(0.0, len(padded)))
        score = sum(weight for weight, _ in found) + min(hints, _MOST_HINTS) * self.hint
        return Evidence(self.intent, score, start)


@dataclass(frozen=True, slots=True)
class RuleBook:
    """Every rule in order of precedence, and the words that show a message is on topic."""

    rules: tuple[Rule, ...]
    rights: frozenset[Intent]
    objections: frozenset[Intent]
    yields: dict[Intent, frozenset[Intent]]
    on_topic: re.Pattern[str]
    question: re.Pattern[str]


def _expand(pattern: str, blocks: dict[str, str]) -> str:
    """Write out the ``<blocks>`` of `pattern`; a block may use others. Raises KeyError."""
    while _BLOCK.search(pattern):
        pattern = _BLOCK.sub(lambda name: f"(?:{blocks[name[1]]})", pattern)
    return pattern


def _any_of(patterns: list[str], blocks: dict[str, str]) -> re.Pattern[str]:
    # The leading space is a literal, so the search jumps from word to word.
    return re.compile(f" (?:{'|'.join(_expand(each, blocks) for each in patterns)})(?= )")


def _whole(patterns: list[str], blocks: dict[str, str]) -> re.Pattern[str]:
    words = "|".join(_expand(each, blocks) for each in patterns)
    filler = _expand("<filler>", blocks)
    # The bounds keep an adversarial run of fillers from backtracking for long.
    return re.compile(
        f"^(?: {filler}){{0,4}} (?:{words})(?: (?:{words}|{filler})){{0,8}} (?:\\? )*$"
    )


def _tiers(
    section: dict[str, list[str]], weights: dict[str, float], blocks: dict[str, str]
) -> tuple[tuple[float, re.Pattern[str]], ...]:
    return tuple(
        (weights[tier], (_whole if tier == _WHOLE else _any_of)(patterns, blocks))
        for tier, patterns in section.items()
        if tier not in {_HINT, _NEVER}
    )


def _rule(intent: Intent, document: dict[str, Any]) -> Rule:
    section, blocks = document[intent], document["blocks"]
    hints, never = section.get(_HINT), section.get(_NEVER)
    return Rule(
        intent,
        _tiers(section, document["weights"], blocks),
        _any_of(hints, blocks) if hints else None,
        _any_of(never, blocks) if never else None,
        document["weights"][_HINT],
    )


@cache
def rule_book() -> RuleBook:
    """Return the compiled rules. Raises KeyError, ValueError or re.error on a bad file."""
    document = tomllib.loads(_RULES.read_text(encoding="utf-8"))
    order = [Intent(name) for name in document["order"]["precedence"]]
    return RuleBook(
        rules=tuple(_rule(intent, document) for intent in order),
        rights=frozenset(Intent(name) for name in document["order"]["wins_over_everything"]),
        objections=frozenset(Intent(name) for name in document["order"]["first_stated_wins"]),
        yields={
            Intent(name): frozenset(Intent(other) for other in others)
            for name, others in document["yields_to_a_later"].items()
        },
        on_topic=_any_of(document["residual"]["on_topic"], document["blocks"]),
        question=_any_of(document["residual"]["question"], document["blocks"]),
    )
