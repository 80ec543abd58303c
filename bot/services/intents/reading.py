"""Reads a message: the linear model decides, and the rights have rules of their own."""

import unicodedata
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from bot.models.understanding import Guess, Intent, Reading
from bot.services.intents.aspects import aspects
from bot.services.intents.features import features
from bot.services.intents.linear import INTENTS, LinearModel, shipped_model
from bot.services.intents.rules import RuleBook, rule_book
from bot.services.patterns import padded

_LONGEST = 1500
"""Characters read; a longer message has said what it wants by then."""

_RANKED = 3
_IN_PLAY = 0.05
_WORDLESS, _NOTHING = 0.8, 0.2
_STATED = 4.0
"""The score of a rule from which it alone shows that a right is meant."""
_UNSTATED = 0.8
"""How likely a right must be that no rule shows, before anybody is unsubscribed."""

_HARDLY = 0.02
"""What is left of other intents beside a message that is nothing but BAJA."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads messages with one model and one rule book."""

    model: LinearModel
    book: RuleBook

    def read(self, text: str) -> Reading:
        """The intents of one message, the likeliest first."""
        text = text[:_LONGEST]
        plain = padded(text)
        if not plain.strip(" ?"):
            return Reading((_wordless(text),))
        evidence = self.book.scores(plain)
        likely = self.model.probabilities(features(text, plain), evidence)
        likely = self._with_rights(likely, evidence, plain)
        return Reading(_ranked(self._first_objection(likely, plain)), aspects(plain))

    def _with_rights(
        self, likely: NDArray[np.float64], evidence: dict[Intent, float], plain: str
    ) -> NDArray[np.float64]:
        """Rights win when a rule shows them, and need to be very likely when none does."""
        likely = likely.copy()
        for rule in reversed(self.book.rights):
            place = INTENTS.index(rule.intent)
            stated = evidence.get(rule.intent, 0) / _STATED
            if rule.is_all_of(plain):
                likely *= _HARDLY
                likely[place] = 1
            elif stated >= 1:
                likely /= 2
                likely[place] += 0.5
            elif rule.is_vetoed(plain):
                likely[place] = 0
            elif likely[place] < _UNSTATED:
                likely[place] *= stated
        return likely / likely.sum()

    def _first_objection(self, likely: NDArray[np.float64], plain: str) -> NDArray[np.float64]:
        """Of two objections that are stated, and likely, the first is the likelier."""
        best = int(likely.argmax())
        places = {INTENTS.index(rule.intent): rule for rule in self.book.objections}
        if best not in places:
            return likely
        in_play = [place for place in places if likely[place] >= _IN_PLAY]
        starts = ((places[place].start(plain), place) for place in in_play)
        stated = sorted((start, place) for start, place in starts if start is not None)
        if not stated or best not in (place for _, place in stated):
            return likely
        first = stated[0][1]
        swapped = likely.copy()
        swapped[[first, best]] = likely[[best, first]]
        return swapped


def classify(text: str) -> Reading:
    """The intents of one message, by the model that comes with the package."""
    return _shipped_reader().read(text)


def warm_up() -> None:
    """Load what the first message would otherwise wait for."""
    _shipped_reader()


@cache
def _shipped_reader() -> Reader:
    return Reader(shipped_model(), rule_book())


def _ranked(likely: NDArray[np.float64]) -> tuple[Guess, ...]:
    best: list[int] = np.argsort(-likely, kind="stable")[:_RANKED].tolist()
    return tuple(Guess(INTENTS[place], round(float(likely[place]), 3)) for place in best)


def _wordless(text: str) -> Guess:
    if any(unicodedata.category(char) in {"So", "Sk"} for char in text):
        return Guess(Intent.COURTESY, _WORDLESS)
    return Guess(Intent.GENERAL_QUESTION, _NOTHING if text.strip() else 0.0)
