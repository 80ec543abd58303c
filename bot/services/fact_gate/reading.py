"""A reply as the gate reads it: one spelling, sentences, and what is denied or left open."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from bot.services.catalogue.words import lexeme
from bot.services.fact_gate.rules import rules
from bot.services.spanish import mirror

_KEYCAP = "\u20e3"
_LIST_MARK = re.compile(
    r"(?m)^[\s*_•·▪\-–>]*\d{1,2}(?:\s?[-–ya]\s?\d{1,2})?\s?[.)\-:][*_]{0,2}\s+(?=[*_]*\W{0,3}[^\W\d_])"
)
_LIST_NUMBER = re.compile(r"(?m)^([\s*_]*)\d{1,2}(?= {1,2}[^\w\s%$€])")
_IDIOM = re.compile(
    r"(?i)\bdel mill[oó]n\b"
    r"|\b(?:mil|un mill[oó]n de) (?=gracias|disculpas|cosas|veces|usos|perdones|ideas)"
)
_SENTENCE_END = re.compile(r"[.!?…](?=[\s*_)\"»]|$)|[\n;]|(?=¿)")
_ABBREVIATION = re.compile(r"\b(?:a|p)\.\s?m\.?|\bm\.n\.|\b(?:hrs?|min|aprox|vs|etc|av)\.")
_NOT_THIS = re.compile(r"(?<!si )\b(?:no|ni|en lugar de|en vez de)\s(?:el |los |la |en |de |a )?$")
_NEAR = 24
_LONGEST_PARTICLE = 3
_WORDS = re.compile(r"[^\W_]+")


@dataclass(frozen=True)
class Text:
    """``shown`` is what a reader sees, ``plain`` the same in lower case and without accents.

    Both have a character for each other's.
    """

    shown: str

    @cached_property
    def plain(self) -> str:
        """Lower case, without accents."""
        return mirror(self.shown)

    @cached_property
    def sentences(self) -> Sequence[tuple[int, int]]:
        """Where each sentence begins and ends; a line is one at least."""
        blanked = _ABBREVIATION.sub(lambda found: "_" * len(found[0]), self.plain)
        ends = [mark.end() for mark in _SENTENCE_END.finditer(blanked)]
        bounds = [0, *ends, len(blanked)]
        return [pair for pair in pairwise(bounds) if pair[0] < pair[1]]

    def sentence_at(self, position: int) -> tuple[int, int]:
        """The sentence that the character at ``position`` is in."""
        return next(
            (pair for pair in self.sentences if pair[0] <= position < pair[1]),
            (0, len(self.plain)),
        )

    def sentence_text(self, position: int) -> str:
        """The plain text of that sentence."""
        start, end = self.sentence_at(position)
        return self.plain[start:end]

    def is_asked(self, position: int) -> bool:
        """Whether the sentence asks something of the person, and so tells them nothing."""
        sentence = self.sentence_text(position).rstrip(' *_)"»')
        return sentence.endswith("?") and not rules().cues["tells_by_asking"].search(sentence)

    def is_corrected(self, start: int, end: int) -> bool:
        """Whether just this is said not to be so: "no dólares", "el 27 no hay clase"."""
        before = self.plain[max(0, start - _NEAR) : start]
        return bool(_NOT_THIS.search(before) or rules().denying_after.match(self.plain, end))

    def is_denied(self, position: int, told: int = 0) -> bool:
        """Whether the ``told`` characters at ``position`` are said not to be so, or left open."""
        start, end = self.sentence_at(position)
        before = rules().not_denying.sub(_blank, self.plain[start:position])
        denials = list(rules().denying.finditer(before))
        turned = self.plain[start + denials[-1].end() : position + told] if denials else ""
        if denials and ":" not in turned and not rules().turning.search(turned):
            return True
        if rules().denying_after.match(self.plain, position, end):
            return True
        return bool(rules().left_open.search(self.plain[start:end]))


def read(text: str) -> Text:
    """``text`` without what is seen by no reader, digits of all kinds as 0-9, no list marks."""
    composed = unicodedata.normalize("NFKC", text.replace(_KEYCAP, ") "))
    visible = "".join(
        str(unicodedata.digit(char)) if char.isdigit() and not char.isascii() else char
        for char in composed
        if unicodedata.category(char) not in ("Cf", "Mn", "Me")
    )
    unmarked = _IDIOM.sub(_blank_but_lines, _LIST_MARK.sub(_blank_but_lines, visible))
    return Text(_LIST_NUMBER.sub(_blank_but_lines, unmarked))


def words(plain: str) -> list[str]:
    """The words of a plain text."""
    return _WORDS.findall(plain)


def lexemes(plain: str) -> set[str]:
    """The lexemes of the words of a plain text that are no particles."""
    return {lexeme(word) for word in words(plain) if len(word) > _LONGEST_PARTICLE}


def _blank(found: re.Match[str]) -> str:
    return " " * len(found[0])


def _blank_but_lines(found: re.Match[str]) -> str:
    return re.sub(r"[^\n]", " ", found[0])
