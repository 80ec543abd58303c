"""The words of the catalogue: which there are, how rare each is, and what a misspelt one means."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import log

from rapidfuzz.distance import OSA
from rapidfuzz.process import extract

from bot.services.catalogue.dictionary import spanish
from bot.services.catalogue.words import Phrase, lexeme, said_in, sound

Sounding = Callable[[int, str], Sequence[str]]
"""What words sound like, by length and by how they begin, where that is told apart."""

_SHORTEST_HEARD, _SHORTEST_MENDED, _SHORTEST_PREFIX = 4, 5, 3
_LONGEST_WITH_ONE_ERROR = 7
_SHORTEST_MENDED_TO_AID = 6
_MOST_PREFIXED = 6
_MOST_MENDINGS = 3
_UBIQUITOUS = 0.5
_FEW_COURSES = 8
_MOST_REMEMBERED = 20_000
_COMMON = 5_000
"""Occurrences in the corpus of the dictionary, of some 300 million words."""


@dataclass(frozen=True, slots=True)
class Mended:
    """What a word was probably meant to be; ``certainty`` is from 0 to 1."""

    words: tuple[str, ...]
    certainty: float


class Lexicon:
    """What the catalogue says, counted.

    ``lexemes`` and ``words`` map to the number of courses that have them, ``names`` are the lexemes
    of their names; ``aids`` are words that are understood although no course has them.
    """

    def __init__(
        self,
        courses: int,
        lexemes: Mapping[str, int],
        words: Mapping[str, int],
        names: Collection[str] = (),
        aids: frozenset[str] = frozenset(),
    ) -> None:
        self.courses, self.lexemes, self.words = courses, lexemes, words
        self.names, self.aids = frozenset(names), aids
        self._mended: dict[tuple[str, bool], Mended | None] = {}
        self._by_sound: dict[str, list[str]] = defaultdict(list)
        self._sounds: dict[int, list[str]] = defaultdict(list)
        self._by_start: dict[str, list[str]] = defaultdict(list)
        for word in dict.fromkeys((*words, *aids)):
            self._by_sound[sound(word)].append(word)
        for sounding in self._by_sound:
            self._sounds[len(sounding)].append(sounding)
        for word in words:
            self._by_start[word[:_SHORTEST_PREFIX]].append(word)

    def knows(self, word: str) -> bool:
        """Whether a plain ``word``, in any inflection, is in a course or among the aids."""
        return lexeme(word) in self.lexemes or word in self.aids

    def number_of(self, words: Phrase) -> int:
        """At most how many courses say ``words``."""
        return min((self.lexemes.get(word, 0) for word in said_in(words)), default=0)

    def is_in_names(self, words: Phrase) -> bool:
        """Whether names of courses have all of ``words``."""
        return all(word in self.names for word in said_in(words))

    def rarity(self, courses: int) -> float:
        """What it tells of a course that it is one of so many; more than 0."""
        return log(1 + max(self.courses, 1) / max(courses, 0.5))

    def is_everywhere(self, courses: int) -> bool:
        """Whether so many courses are too many to tell one from another."""
        return self.courses >= _FEW_COURSES and courses > _UBIQUITOUS * self.courses

    def mend(self, word: str, may_be_unfinished: bool = False) -> Mended | None:
        """What an unknown ``word`` probably stands for: the same sound, a beginning, or near it.

        A word that Spanish has is no mistake, whatever it resembles; but one that is rare there
        ``may_be_unfinished``.
        """
        key = (word, may_be_unfinished)
        if key not in self._mended:
            if len(self._mended) >= _MOST_REMEMBERED:
                self._mended.clear()
            self._mended[key] = self._mend(word, may_be_unfinished)
        return self._mended[key]

    def _mend(self, word: str, may_be_unfinished: bool) -> Mended | None:
        if len(word) < _SHORTEST_PREFIX or word.isdigit():
            return None
        heard, frequency = sound(word), spanish().frequency(word)
        if len(word) >= _SHORTEST_HEARD and heard in self._by_sound and frequency < _COMMON:
            return Mended(self._best(self._by_sound[heard]), 0.95)
        if frequency >= _COMMON or (frequency and not may_be_unfinished):
            return None
        return self._beginning(word) or (None if frequency else self._near(heard))

    def _sounding(self, length: int, _start: str) -> Sequence[str]:
        return self._sounds.get(length, ())

    def _beginning(self, word: str) -> Mended | None:
        same_start = self._by_start.get(word[:_SHORTEST_PREFIX], ())
        longer = [known for known in same_start if known.startswith(word)]
        return Mended(self._best(longer, _MOST_PREFIXED), 0.9) if longer else None

    def _near(self, heard: str) -> Mended | None:
        """The nearest words, unless plain Spanish has one that is nearer still."""
        if len(heard) < _SHORTEST_MENDED:
            return None
        errors = 1 if len(heard) <= _LONGEST_WITH_ONE_ERROR else 2
        near = _within(heard, self._sounding, errors)
        if not near:
            return None
        distance = min(near)[0]
        if _within(heard, spanish().sounding, distance - 1, heard[0]):
            return None
        sounds = (sounding for far, sounding in near if far == distance)
        words = [word for sounding in sounds for word in self._by_sound[sounding]]
        if len(heard) < _SHORTEST_MENDED_TO_AID:
            words = [word for word in words if word in self.words]
        return Mended(self._best(words), 0.9 if distance == 1 else 0.75) if words else None

    def _best(self, words: Iterable[str], most: int = _MOST_MENDINGS) -> tuple[str, ...]:
        """Those of the catalogue before the aids, and those of many courses before rare ones."""
        ranked = sorted(words, key=lambda word: (-self.words.get(word, 0), word))
        of_courses = [word for word in ranked if word in self.words]
        return tuple((of_courses or ranked)[:most])


def _within(heard: str, sounding: Sounding, errors: int, start: str = "") -> list[tuple[int, str]]:
    """What sounds like ``heard`` but for so many errors; two errors spare the first letter."""
    return [
        (distance, near)
        for length in range(len(heard) - errors, len(heard) + errors + 1)
        for near, distance, _ in extract(
            heard,
            sounding(length, start),
            scorer=OSA.distance,
            score_cutoff=errors,
            limit=None,
        )
        if distance < 2 or near[0] == heard[0]
    ]
