"""The intent rules of ``bot/data/intents/rules.toml``, compiled once."""

import re
from dataclasses import dataclass
from functools import cache
from typing import Any

from bot.models.understanding import Intent
from bot.services.patterns import any_of, nothing_but, rules_of

_WHOLE = "whole"
_HINT = "hint"
_NEVER = "never"
_MOST_HINTS = 3
_MOST = 9.0


@dataclass(frozen=True, slots=True)
class Rule:
    """One intent's patterns; they read folded text with a space at either end."""

    intent: Intent
    tiers: tuple[tuple[float, re.Pattern[str]], ...]
    hints: re.Pattern[str] | None
    never: re.Pattern[str] | None
    hint: float
    whole: re.Pattern[str] | None

    def is_all_of(self, plain: str) -> bool:
        """Whether a padded text is nothing but a phrase of it."""
        return bool(self.whole and self.whole.match(plain))

    def is_vetoed(self, plain: str) -> bool:
        """Whether a padded text shows that it is something else."""
        return bool(self.never and self.never.search(plain))

    def start(self, plain: str) -> int | None:
        """Where a padded text first shows the intent; None when it does not."""
        found = (tier.search(plain) for _, tier in self.tiers)
        return min((hit.start() for hit in found if hit), default=None)

    def weigh(self, plain: str) -> float:
        """The score of a padded text; 0 when nothing matches or a veto does."""
        score = sum(weight for weight, tier in self.tiers if tier.search(plain))
        hints = len(set(self.hints.findall(plain))) if self.hints else 0
        score += min(hints, _MOST_HINTS) * self.hint
        if not score or self.is_vetoed(plain):
            return 0.0
        return min(score, _MOST)


@dataclass(frozen=True, slots=True)
class RuleBook:
    """Every rule in order of precedence.

    Those of the rights win over everything; of two objections the first that is stated wins.
    """

    rules: tuple[Rule, ...]
    rights: tuple[Rule, ...]
    objections: tuple[Rule, ...]

    def scores(self, plain: str) -> dict[Intent, float]:
        """What speaks for which intents in a padded text, in order of precedence."""
        weighed = ((rule.intent, rule.weigh(plain)) for rule in self.rules)
        return {intent: score for intent, score in weighed if score}


def _tiers(
    section: dict[str, list[str]], weights: dict[str, float], blocks: dict[str, str]
) -> tuple[tuple[float, re.Pattern[str]], ...]:
    filler = blocks["filler"]
    return tuple(
        (
            weights[tier],
            nothing_but(patterns, filler, blocks) if tier == _WHOLE else any_of(patterns, blocks),
        )
        for tier, patterns in section.items()
        if tier not in {_HINT, _NEVER}
    )


def _rule(intent: Intent, document: dict[str, Any]) -> Rule:
    section, blocks = document[intent], document["blocks"]
    hints, never = section.get(_HINT), section.get(_NEVER)
    return Rule(
        intent,
        _tiers(section, document["weights"], blocks),
        any_of(hints, blocks) if hints else None,
        any_of(never, blocks) if never else None,
        document["weights"][_HINT],
        nothing_but(section[_WHOLE], blocks["filler"], blocks) if _WHOLE in section else None,
    )


@cache
def rule_book() -> RuleBook:
    """Return the compiled rules. Raises KeyError, ValueError or re.error on a bad file."""
    document = rules_of("rules")
    order = [Intent(name) for name in document["order"]["precedence"]]
    rules = {intent: _rule(intent, document) for intent in order}
    return RuleBook(
        rules=tuple(rules.values()),
        rights=tuple(rules[Intent(name)] for name in document["order"]["wins_over_everything"]),
        objections=tuple(rules[Intent(name)] for name in document["order"]["first_stated_wins"]),
    )
