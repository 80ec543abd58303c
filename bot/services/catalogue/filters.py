"""What a text wants of a course beside its subject: level, modality, language, price.

The wordings are in ``bot/data/search/filters.toml``.
"""

import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from bot.services import vocabulary
from bot.services.catalogue.words import Phrase, lexeme, phrase, tokens
from bot.services.spanish import Amount, amounts, mirror
from bot.stores.courses import CourseFilter

_FILE = Path(__file__).parents[2] / "data" / "search" / "filters.toml"
_PESOS = ("mxn", "cop", "ars", "clp", "uyu", "dop")


@dataclass(frozen=True, slots=True)
class NamedFilter:
    """A level, modality or language at some place, or that it should cost nothing."""

    kind: str
    value: str
    length: int

    def add_to(self, wanted: CourseFilter) -> CourseFilter:
        """``wanted``, and this."""
        if self.kind == "level":
            return replace(wanted, levels=vocabulary.spellings(vocabulary.LEVELS, self.value))
        if self.kind == "modality":
            spellings = vocabulary.spellings(vocabulary.MODALITIES, self.value)
            return replace(wanted, modalities=spellings)
        if self.kind == "language":
            return replace(wanted, languages=vocabulary.spellings(vocabulary.LANGUAGES, self.value))
        return replace(wanted, max_price=Decimal(0))


def filter_at(words: Sequence[str], place: int) -> NamedFilter | None:
    """The longest wording of a filter that begins at ``place`` of these plain words."""
    for length in range(min(_longest_filter(), len(words) - place), 0, -1):
        said = phrase(words[place : place + length])
        if said in _filter_phrases():
            return NamedFilter(*_filter_phrases()[said], length)
    return None


@dataclass(frozen=True, slots=True)
class PriceLimit:
    """The ends of a range of prices, in any of some currencies (lower-case codes)."""

    least: Decimal | None = None
    most: Decimal | None = None
    currencies: tuple[str, ...] = ()

    def add_to(self, wanted: CourseFilter) -> CourseFilter:
        """``wanted``, and this."""
        most = wanted.max_price if self.most is None else self.most
        return replace(wanted, min_price=self.least, max_price=most, currencies=self.currencies)


def price_limit(text: str) -> tuple[PriceLimit, str]:
    """The price limit that ``text`` names, and the text without it."""
    mirrored = mirror(text)
    limit = PriceLimit()
    cuts: list[tuple[int, int]] = []
    for amount in amounts(mirrored):
        named = _limit_at(mirrored, amount)
        if named:
            before, least, most = named
            value = Decimal(str(amount.value))
            limit = replace(
                limit,
                least=value if least else limit.least,
                most=value if most else limit.most,
                currencies=_currencies(amount, mirrored) or limit.currencies,
            )
            cuts.append((before, amount.end))
    for start, end in reversed(cuts):
        text = f"{text[:start]} {text[end:]}"
    return limit, text


def _limit_at(mirrored: str, amount: Amount) -> tuple[int, bool, bool] | None:
    """Where the words before ``amount`` that make it a limit begin, and which end it sets."""
    if _next_word(mirrored, amount) in _filters()["price"]["not_money"]:
        return None
    before = mirrored[: amount.start].rstrip(" $")
    for end, pattern in _price_patterns().items():
        found = pattern.search(before)
        if found:
            return found.start(), end == "least", end == "most"
    second = re.search(r"\b(?:entre|de) [^a-z]*(?:[a-z]+ )?(?:y|a)$", before)
    if second:
        return second.end() - 1, False, True
    first = re.search(r"\b(?:entre|de)$", before)
    if first and re.match(r"\s*(?:[a-z]+ )?(?:y|a) ([$]?\d|\w* ?mil\b)", mirrored[amount.end :]):
        return first.start(), True, False
    return None


def _currencies(amount: Amount, mirrored: str) -> tuple[str, ...]:
    if amount.currency:
        return (amount.currency.lower(),)
    return _PESOS if _next_word(mirrored, amount) in _filters()["price"]["pesos"] else ()


def _next_word(mirrored: str, amount: Amount) -> str:
    return mirrored[amount.end :].lstrip().split(" ")[0].strip(".,;?!")


@cache
def words_that_ask() -> frozenset[str]:
    """Lexemes of the words after which people say what they look for."""
    subject = _filters()["subject"]
    return frozenset(lexeme(word) for word in (*subject["courses"], *subject["markers"]))


@cache
def words_for_a_course() -> frozenset[str]:
    """Lexemes of the words that stand for a course of something."""
    return frozenset(lexeme(word) for word in _filters()["subject"]["courses"])


def links_to_a_subject() -> frozenset[str]:
    """Words between a course and what it is of."""
    return frozenset(_filters()["subject"]["links"])


def words_that_break() -> frozenset[str]:
    """Words that end what is asked for and begin the story around it."""
    return frozenset(_filters()["clauses"]["breaks"])


def money_words() -> frozenset[str]:
    """Words of money, which are no subject."""
    return frozenset(_filters()["price"]["units"])


def filter_words() -> frozenset[str]:
    """Every word of the wordings."""
    return frozenset(word for _, _, text in _filter_texts() for word in tokens(text))


@cache
def _filters() -> dict[str, Any]:
    return tomllib.loads(_FILE.read_text(encoding="utf-8"))


def _filter_texts() -> Iterator[tuple[str, str, str]]:
    for kind in ("level", "modality", "language"):
        for value, texts in _filters()[kind].items():
            yield from ((kind, value, text) for text in texts)
    yield from (("price", "free", text) for text in _filters()["price"]["free"])


@cache
def _filter_phrases() -> dict[Phrase, tuple[str, str]]:
    return {phrase(tokens(text)): (kind, value) for kind, value, text in _filter_texts()}


@cache
def _longest_filter() -> int:
    return max(len(words) for words in _filter_phrases())


@cache
def _price_patterns() -> dict[str, re.Pattern[str]]:
    return {
        end: re.compile(rf"\b(?:{'|'.join(sorted(texts, key=len, reverse=True))})\W*$")
        for end, texts in _filters()["price"].items()
        if end in {"most", "least"}
    }
