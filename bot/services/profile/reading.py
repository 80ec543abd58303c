"""One message, cut into sentences and segments, and what stands around a place in it."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import NamedTuple

from bot.services import spanish
from bot.services.profile.cues import pattern

_LONGEST = 1500
# Nobody says more of a kind in one message; more would only cost time.
_MOST_CUES = 14
_LONGEST_CONTEXT = 240
_SAME_WIDTH = str.maketrans({"’": "'", "´": "'", "\u00a0": " ", "\u202f": " ", "\t": " "})
_PICTURES = "\U0001f000-\U0001faff\u2600-\u27bf\ufe0f"
# A dot after a title or an initial ends no sentence.
_SENTENCE_END = re.compile(
    r"(?:(?<!\bdr)(?<!\bdra)(?<!\blic)(?<!\bing)(?<!\barq)(?<!\bsra)(?<!\bsr)(?<!\bsrta)"
    r"(?<!\bprof)(?<!\bprofa)(?<!\bmtro)(?<!\bmtra)(?<!\b[a-z])\.|[?!;]|…)(?=[\s\"')]|$)"
    rf"|[\n;¿{_PICTURES}]"
)
_SEGMENT_END = re.compile(
    r"\s*[,:()|]\s*|\s+[-–—/]+\s+|\s+(?:y|e|pero|porque|pues|aunque|osea|o sea|and|but|so)\s+"
)
_TOKEN = re.compile(r"[^\W\d_]+(?:['-][^\W\d_]+)*")


class Found(NamedTuple):
    """A piece of a message: its value, where it stands, and whether it was said outright."""

    value: str
    start: int
    end: int
    is_sure: bool = True


class Sentence(NamedTuple):
    """Where a sentence stands, and whether it asks."""

    start: int
    end: int
    asks: bool


@dataclass(frozen=True, slots=True)
class Reading:
    """A message as it was written, its mirror (see ``spanish.mirror``) and its sentences."""

    text: str
    plain: str
    sentences: tuple[Sentence, ...]
    is_shouted: bool

    def sentence_at(self, place: int) -> Sentence:
        """Return the sentence that holds `place`."""
        for sentence in self.sentences:
            if place <= sentence.end:
                return sentence
        return Sentence(0, len(self.plain), asks=False)

    def before(self, place: int) -> str:
        """Return what stands before `place` in its sentence, mirrored."""
        return self.plain[max(self.sentence_at(place).start, place - _LONGEST_CONTEXT) : place]

    def after(self, place: int) -> str:
        """Return what stands after `place` in its sentence, mirrored."""
        return self.plain[place : self.sentence_at(place).end]

    def segments(self, sentence: Sentence) -> Iterator[tuple[int, int]]:
        """Yield where the parts of `sentence` between commas and conjunctions stand."""
        start = sentence.start
        for joint in _SEGMENT_END.finditer(self.plain, sentence.start, sentence.end):
            yield start, joint.start()
            start = joint.end()
        yield start, sentence.end

    def matches(self, section: str, key: str) -> Iterator[re.Match[str]]:
        """Yield the places, not too many, where a pattern under `section.key` matches."""
        return islice(pattern(section, key).finditer(self.plain), _MOST_CUES)

    def cues(self, section: str, key: str) -> Iterator[re.Match[str]]:
        """Yield the cues under `section.key` that are said in earnest and not denied."""
        for cue in self.matches(section, key):
            if self.is_earnest(cue):
                yield cue

    def is_earnest(self, cue: re.Match[str]) -> bool:
        """Whether `cue` is neither denied nor quoted, imagined, past or of somebody else."""
        return not self.is_denied(cue.start()) and not self.is_unreal(cue.start(), cue.end())

    def is_denied(self, place: int) -> bool:
        """Whether what starts at `place` is negated or only supposed."""
        return _denial().search(self.plain, max(0, place - 40), place) is not None

    def is_unreal(self, place: int, end: int | None = None) -> bool:
        """Whether what starts at `place` is quoted, imagined, past or of somebody else.

        Words of the first person up to `end` show that it is of the writer.
        """
        said = self.before(place)
        back = pattern("context", "back_to_writer").search(said)
        before = said[back.end() :] if back else said
        return pattern("context", "unreal").search(before) is not None or self.is_of_others(
            self.plain[place - len(before) : end or place]
        )

    def is_of_others(self, before: str) -> bool:
        """Whether `before`, the part of a sentence up to some place, speaks of a third person."""
        person = None
        for person in pattern("context", "others").finditer(before):  # noqa: B007
            pass
        return person is not None and not pattern("context", "first_person").search(
            before, person.end()
        )

    def is_capital(self, place: int) -> bool:
        """Whether a capital at `place` says something."""
        return not self.is_shouted and place < len(self.text) and self.text[place].isupper()

    def token_at(self, place: int) -> re.Match[str] | None:
        """Return the word of the mirror that starts at `place`."""
        return _TOKEN.match(self.plain, place)

    def skip(self, place: int, separators: str = " ") -> int:
        """Return the first place from `place` on that holds none of `separators`."""
        while place < len(self.plain) and self.plain[place] in separators:
            place += 1
        return place


@cache
def _denial() -> re.Pattern[str]:
    return pattern("context", "denial", r"(?<!\w)(?:{})\s+$")


def read(text: str) -> Reading:
    """Return `text`, cut to what a person writes at most, as a `Reading`."""
    text = unicodedata.normalize("NFC", text[:_LONGEST]).translate(_SAME_WIDTH)
    plain = spanish.mirror(text)
    return Reading(text, plain, tuple(_sentences(plain)), _is_shouted(text))


def _sentences(plain: str) -> Iterator[Sentence]:
    start = 0
    for mark in _SENTENCE_END.finditer(plain):
        if not plain[start : mark.start()].isspace() and mark.start() > start:
            yield Sentence(start, mark.start(), mark.group() == "?")
        start = mark.end()
    yield Sentence(start, len(plain), asks=False)


def _is_shouted(text: str) -> bool:
    capitals = sum(char.isupper() for char in text)
    return capitals > 0.6 * sum(char.isalpha() for char in text)
