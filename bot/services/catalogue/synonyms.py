"""Words that stand for one another, as ``bot/data/search/synonyms.txt`` has them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property

from bot.services.catalogue.words import Phrase, data_file, phrase, tokens

SAME, SERVED, AKIN = 0.85, 0.6, 0.3
"""How much of the weight of what was said goes to what it leads to; what comes first, most."""

_LATER = 0.02


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another way to say a thing, and how much of the original's weight it carries."""

    phrase: Phrase
    weight: float


@dataclass(frozen=True)
class Synonyms:
    """What leads from a phrase, in the singular, to others, and every word used for it."""

    alternatives: dict[Phrase, tuple[Alternative, ...]]
    words: frozenset[str]

    @cached_property
    def longest(self) -> int:
        """How many words the longest phrase has."""
        return max((len(found) for found in self.alternatives), default=0)

    def of(self, said: Phrase) -> tuple[Alternative, ...]:
        """The other ways to say it."""
        return self.alternatives.get(singular(said), ())


@cache
def synonyms() -> Synonyms:
    """The file, read once."""
    return read(data_file("synonyms.txt"))


def read(lines: Sequence[str]) -> Synonyms:
    """Parse ``a = b`` (one meaning), ``a > c`` (c serves a) and ``a ~ d`` (d is near a).

    What leads to a thing leads to all that mean the same as that thing.
    """
    parsed = [_sides(line) for line in lines]
    groups: dict[Phrase, list[Phrase]] = {}
    for same, _, _ in parsed:
        for member in same:
            groups.setdefault(singular(member), []).extend(same)
    found: dict[Phrase, dict[Phrase, float]] = {}
    for same, served, akin in parsed:
        ways = dict.fromkeys(same, SAME)
        for others, weight in ((served, SERVED), (akin, AKIN)):
            for place, other in enumerate(others):
                for meaning in groups.get(singular(other), [other]):
                    ways.setdefault(meaning, weight - place * _LATER)
        for member in same:
            known = found.setdefault(singular(member), {})
            known |= {way: max(weight, known.get(way, 0)) for way, weight in ways.items()}
    return Synonyms(
        {
            said: tuple(Alternative(way, weight) for way, weight in ways.items())
            for said, ways in found.items()
        },
        frozenset(word for line in lines for word in tokens(line)),
    )


def singular(said: Phrase) -> Phrase:
    """The stemmer leaves an -s on borrowed words ("CEOs"); as a key they are one."""
    return tuple(word.removesuffix("s") for word in said)


def _sides(line: str) -> tuple[list[Phrase], list[Phrase], list[Phrase]]:
    rest, _, akin = line.partition("~")
    same, _, served = rest.partition(">")
    return _items(same, "="), _items(served, ","), _items(akin, ",")


def _items(text: str, separator: str) -> list[Phrase]:
    return [phrase(words) for item in text.split(separator) if (words := tokens(item))]
