"""Sentences of a course's own description that answer what no column tells."""

import re
from collections.abc import Iterable, Iterator
from functools import cache

from bot.models.catalogue import CourseInDepth
from bot.services.catalogue.queries import chat_words
from bot.services.catalogue.words import lexeme, stop_words, tokens
from bot.services.patterns import rules_of
from bot.services.spanish import plain

IN_ITS_OWN_WORDS = "said"
"""The name of a quote that speaks of what the message itself says."""

_SENTENCE = re.compile(r"(?<=[.!?…])\s+")
_LONGEST = 300


def quotes(found: CourseInDepth, text: str, aspects: Iterable[str]) -> dict[str, str]:
    """For each of ``aspects`` the sentence that tells it; ``said`` speaks of words of ``text``.

    Of several sentences the one counts that has more of those words.
    """
    sentences = list(_sentences(found))
    wanted = telling_words(text, found)
    told = {aspect: _about(aspect, sentences, wanted) for aspect in aspects}
    told[IN_ITS_OWN_WORDS] = _best(sentences, wanted, least=1)
    return {aspect: sentence for aspect, sentence in told.items() if sentence}


def telling_words(text: str, found: CourseInDepth) -> set[str]:
    """The lexemes of ``text`` that say something, without those of the course's own name."""
    name = {lexeme(word) for word in tokens(found.course.name or "")}
    said = (word for word in tokens(text) if word not in chat_words() | stop_words())
    return {lexeme(word) for word in said if len(word) > 2} - name


def _sentences(found: CourseInDepth) -> Iterator[str]:
    course = found.course
    for told in (course.long_descrption, course.roi, *found.bonuses):
        for sentence in _SENTENCE.split(" ".join((told or "").split())):
            if sentence and len(sentence) <= _LONGEST:
                yield sentence


def _about(aspect: str, sentences: list[str], wanted: set[str]) -> str | None:
    beginnings = _beginnings().get(aspect, ())
    pattern = re.compile("|".join(rf"\b{re.escape(each)}" for each in beginnings) or r"(?!)")
    return _best([each for each in sentences if pattern.search(plain(each))], wanted)


def _best(sentences: list[str], wanted: set[str], least: int = 0) -> str | None:
    """The first of those that have the most of the words ``wanted``, at least so many."""
    met = [(len(wanted & {lexeme(word) for word in tokens(each)}), each) for each in sentences]
    count, sentence = max(met, key=lambda pair: pair[0], default=(-1, None))
    return sentence if count >= least else None


@cache
def _beginnings() -> dict[str, list[str]]:
    return rules_of("quotes")
