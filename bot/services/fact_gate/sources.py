"""The facts' side: what one course, the school or the person bears out."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property, lru_cache
from typing import Any

from bot.services import money
from bot.services.catalogue.words import lexeme
from bot.services.fact_gate.claims import Claim, Kind, claims
from bot.services.fact_gate.given import BONUSES, PRICES, SESSION_LENGTH, Fact, Facts, texts
from bot.services.fact_gate.reading import lexemes, read
from bot.services.spanish import mirror

Day = tuple[int, int, int | None]
"""Day, month, and the year if it is told."""

_DIGITS_OF_A_NUMBER = 8
_A_WEEK = 7
_LAST_WEEKDAY = {"viernes": 5, "sabado": 6, "domingo": 7}
_FROM_MONDAY = re.compile(r"lunes a (viernes|sabado|domingo)")
_SHORT_NOUN = 3
_LENGTH = re.compile(r"^\d+\s?(?:h|hs|hrs)\.?$")
_SMALL = {"hora": (60, "minuto"), "semana": (7, "dia"), "ano": (12, "mes")}


@dataclass(frozen=True)
class Source:
    """Facts of one course, of the school or of the person, with the claims that they make.

    What is ``is_lasting`` is told again and again, and read once; a person's words are not kept.
    """

    facts: Facts
    is_lasting: bool = True

    @cached_property
    def claims(self) -> list[Claim]:
        """What the facts say, and what follows from them."""
        told = [claim for name, value in self.facts.items() for claim in self._read(name, value)]
        derived: list[tuple[float, str]] = []
        if BONUSES in self.facts:
            derived.append((len(self.facts[BONUSES]), "bono"))
        if weeks := _weeks(told):
            derived.append((weeks, "semana"))
        return [*told, *(Claim(Kind.QUANTITY, each, 0, 0, "") for each in derived)]

    @cached_property
    def text(self) -> str:
        """All of them in one plain text."""
        return mirror("\n".join(texts(self.facts)))

    @cached_property
    def lexemes(self) -> set[str]:
        """The lexemes of that text."""
        return lexemes(self.text)

    def of(self, name: str, kind: Kind) -> list[Any]:
        """What a single fact says of one kind."""
        told = self._read(name, self.facts[name]) if name in self.facts else ()
        return [claim.value for claim in told if claim.kind is kind]

    def values(self, kind: Kind) -> list[Any]:
        """What all of them say of one kind."""
        return [claim.value for claim in self.claims if claim.kind is kind]

    def counts(self, unit: str) -> list[float]:
        """How many of ``unit`` there are, by each fact that tells it."""
        return [value for value, of_what in self.values(Kind.QUANTITY) if of_what == unit]

    def _read(self, name: str, value: Fact) -> Iterator[Claim]:
        reader = _claims_kept if self.is_lasting else _claims
        for text in (value,) if isinstance(value, str) else value:
            yield from reader(text, name in PRICES)

    def bears_out(self, claim: Claim) -> bool:
        """Whether some fact says what ``claim`` says."""
        return _MATCHES.get(claim.kind, _is_said)(claim, self)


def _claims(text: str, is_price: bool) -> tuple[Claim, ...]:
    return tuple(claims(read(text), is_price))


_claims_kept = lru_cache(maxsize=8192)(_claims)
"""Of the catalogue's texts, of which a few thousand are told again and again."""


def _weeks(told: Sequence[Claim]) -> float | None:
    """How many weeks a course takes that comes once a week, from its first day to its last."""
    days = [day for claim in told if claim.kind is Kind.DATE and (day := day_of(claim.value))]
    counts = [
        claim.value[0]
        for claim in told
        if claim.kind is Kind.QUANTITY and claim.value[1] == "sesion"
    ]
    if not days or not counts:
        return None
    is_weekly = (max(days) - min(days)).days == _A_WEEK * (counts[0] - 1)
    return counts[0] if is_weekly else None


def day_of(told: Day) -> date | None:
    """A date with its year, if there is such a day."""
    try:
        return date(told[2] or 0, told[1], told[0])
    except ValueError:
        return None


def weekday_of(told: Day) -> int | None:
    """1 for Monday to 7 for Sunday, when the year is known."""
    day = day_of(told)
    return day.isoweekday() if day else None


def is_same_day(told: Day, known: Day) -> bool:
    """Whether two dates may be one: a year that is not told is any."""
    return told[:2] == known[:2] and (None in (told[2], known[2]) or told[2] == known[2])


def in_small(quantity: tuple[float, str]) -> tuple[float, str]:
    """The same quantity in minutes, days or months."""
    value, unit = quantity
    times, small = _SMALL.get(unit, (1, unit))
    return value * times, small


def is_end_of_a_session(claim: Claim, source: Source) -> bool:
    """Sessions end when they have lasted as long as each does."""
    return any(
        claim.value & {moment + in_small(length)[0] for moment in begin}
        for begin in source.values(Kind.CLOCK)
        for length in source.of(SESSION_LENGTH, Kind.QUANTITY)
    )


def _is_said(claim: Claim, source: Source) -> bool:
    return claim.value in source.values(claim.kind)


def _is_date(claim: Claim, source: Source) -> bool:
    return any(is_same_day(claim.value, each) for each in source.values(Kind.DATE))


def _is_month(claim: Claim, source: Source) -> bool:
    months = {month for _, month, _ in source.values(Kind.DATE)} | {*source.values(Kind.MONTH)}
    return claim.value in months


def _is_year(claim: Claim, source: Source) -> bool:
    years = {year for _, _, year in source.values(Kind.DATE)} | {*source.values(Kind.YEAR)}
    return claim.value in years | {number for number, _ in source.values(Kind.NUMBER)}


def _is_weekday(claim: Claim, source: Source) -> bool:
    if claim.value in source.values(Kind.WEEKDAY):
        return True
    days = _FROM_MONDAY.search(source.text)
    if days and claim.value <= _LAST_WEEKDAY[days[1]]:
        return True
    return any(weekday_of(each) == claim.value for each in source.values(Kind.DATE))


def _is_hour(claim: Claim, source: Source) -> bool:
    """An hour of the day; "20 h" may also be how long a course is."""
    if _LENGTH.search(claim.said) and any(
        moment / 60 in source.counts("hora") for moment in claim.value
    ):
        return True
    return any(claim.value & each for each in source.values(Kind.CLOCK))


def _is_money(claim: Claim, source: Source) -> bool:
    amount, code = claim.value
    return any(
        amount == known and _may_be(code, known_code)
        for known, known_code in source.values(Kind.MONEY)
    )


def _may_be(code: str | None, known: str | None) -> bool:
    """Whether an amount in the currency ``code`` may be one in ``known``."""
    if known in (None, "peso") or code is None:
        return True
    if code == "peso":
        return not money.says_another_currency("pesos", known or "")
    return code == known


def _is_quantity(claim: Claim, source: Source) -> bool:
    return in_small(claim.value) in map(in_small, source.values(Kind.QUANTITY))


def _is_number(claim: Claim, source: Source) -> bool:
    """A number alone may be any of those that are told; with its noun it is that of the noun."""
    value, noun = claim.value
    is_alone = len(noun) <= _SHORT_NOUN
    numbers = source.values(Kind.NUMBER)
    if any(
        value == known and (is_alone or lexeme(noun) == lexeme(other or noun))
        for known, other in numbers
    ):
        return True
    others = (*source.values(Kind.QUANTITY), *source.values(Kind.MONEY))
    return is_alone and value in [number for number, _ in others]


def _is_session(claim: Claim, source: Source) -> bool:
    return any(1 <= claim.value <= count for count in source.counts("sesion"))


def _is_phone(claim: Claim, source: Source) -> bool:
    """With or without the country's code."""
    return any(
        min(len(claim.value), len(each)) >= _DIGITS_OF_A_NUMBER
        and (each.endswith(claim.value) or claim.value.endswith(each))
        for each in source.values(Kind.PHONE)
    )


_MATCHES: dict[Kind, Callable[[Claim, Source], bool]] = {
    Kind.PHONE: _is_phone,
    Kind.MONEY: _is_money,
    Kind.QUANTITY: _is_quantity,
    Kind.NUMBER: _is_number,
    Kind.SESSION: _is_session,
    Kind.DATE: _is_date,
    Kind.MONTH: _is_month,
    Kind.YEAR: _is_year,
    Kind.WEEKDAY: _is_weekday,
    Kind.CLOCK: _is_hour,
}
