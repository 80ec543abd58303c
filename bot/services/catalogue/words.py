"""Words as the course index keeps them: stemmed, and by their sound.

``lexeme`` and :func:`bot.services.spanish.plain` do in Python what ``brenda_lexemes`` and
``brenda_plain`` do in the database; tests/stores/test_words.py holds the pairs together.
"""

import re
from collections.abc import Iterable
from functools import cache, lru_cache
from pathlib import Path
from threading import local

import Stemmer

from bot.services.spanish import fold

Phrase = tuple[str, ...]
"""Lexemes in order, those of words that the index leaves out among them."""

_DATA = Path(__file__).parents[2] / "data" / "search"
_TOKEN = re.compile(r"[a-z0-9]+")
_DIGIT = re.compile(r"[0-9]")
_PLURAL_OF_BORROWED_WORD = re.compile(r"([bcdfgklmnprtvw])s$")
_SOUNDS = tuple(
    (re.compile(pattern), sound)
    for pattern, sound in (
        (r"ph", "f"),
        (r"sh", "ch"),
        (r"(?<!c)h", ""),
        (r"sc(?=[ei])|z|c(?=[ei])|x(?=[^aeiou])", "s"),
        (r"qu(?=[ei])|q|c(?!h)", "k"),
        (r"x", "ks"),
        (r"g(?=[ei])", "j"),
        (r"gu(?=[ei])", "g"),
        (r"v|w", "b"),
        (r"ll$", "l"),
        (r"ll|y", "i"),
        (r"n(?=[bp])", "m"),
        (r"(.)\1+", r"\1"),
    )
)
_stemmers = local()


def tokens(text: str) -> list[str]:
    """The words of a message, plain, with chat spellings written out, in order."""
    return _TOKEN.findall(fold(text))


@lru_cache(maxsize=65_536)
def lexeme(word: str) -> str:
    """The stem under which the index keeps a plain ``word``.

    The Spanish stemmer knows "automatización" but not "automatizacion", and not the plural of
    borrowed words ("prompts"); PostgreSQL does not stem what has a digit ("n8n").
    """
    if word.endswith("ion"):
        word = word[:-3] + "ión"
    word = _PLURAL_OF_BORROWED_WORD.sub(r"\1", word)
    return word if _DIGIT.search(word) else _stemmer().stemWord(word)


def phrase(words: Iterable[str]) -> Phrase:
    """The lexemes of plain ``words``; those that the index leaves out are marked with a "-"."""
    return tuple(f"-{word}" if is_left_out(word) else lexeme(word) for word in words)


def is_left_out(word: str) -> bool:
    """Whether the index leaves out a plain ``word``, or what it takes for its singular."""
    return not stop_words().isdisjoint({word, _PLURAL_OF_BORROWED_WORD.sub(r"\1", word)})


def said_in(words: Phrase) -> list[str]:
    """The lexemes of ``words`` that the index has, without the words that it leaves out."""
    return [word for word in words if not word.startswith("-")]


def tsquery(words: Phrase) -> str:
    """The tsquery that finds ``words`` side by side; empty when the index has none of them."""
    query, gap = "", 0
    for word in words:
        gap += 1
        if word.startswith("-"):
            continue
        query = f"{query} <{gap}> '{word}'" if query else f"'{word}'"
        gap = 0
    return query


@cache
def stop_words() -> frozenset[str]:
    """Words too common for the index."""
    return frozenset(data_file("stop_words.txt"))


def data_file(name: str) -> list[str]:
    """The lines of one of the editable files in ``bot/data/search``, without comments."""
    lines = (_DATA / name).read_text(encoding="utf-8").splitlines()
    plain_lines = (line.partition("#")[0].strip() for line in lines)
    return [line for line in plain_lines if line]


@lru_cache(maxsize=65_536)
def sound(word: str) -> str:
    """What a plain ``word`` sounds like in Latin America: "benta" as "venta"."""
    for pattern, letters in _SOUNDS:
        word = pattern.sub(letters, word)
    return word


def _stemmer() -> Stemmer.Stemmer:
    """A stemmer of this thread: PyStemmer's objects are not to be shared."""
    if not hasattr(_stemmers, "spanish"):
        _stemmers.spanish = Stemmer.Stemmer("spanish")
    return _stemmers.spanish
