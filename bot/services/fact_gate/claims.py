"""Finds what can be looked up in a text: amounts, dates, hours, links and the like.

The same reading serves the reply and the facts, so that "ocho sesiones", "8 sesiones" and
"8 clases" are one claim.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from bot.services import spanish
from bot.services.fact_gate.calendar import DATES, WEEKDAYS, clock_times, date_of, month_number
from bot.services.fact_gate.reading import Text
from bot.services.fact_gate.rules import rules


class Kind(StrEnum):
    """What a claim is about."""

    LINK = "link"
    EMAIL = "email"
    PHONE = "phone"
    MONEY = "price"
    PERCENT = "percent"
    QUANTITY = "quantity"
    NUMBER = "number"
    SESSION = "session"
    DATE = "date"
    MONTH = "month"
    YEAR = "year"
    WEEKDAY = "weekday"
    CLOCK = "hour"
    FRACTION = "fraction"


@dataclass(frozen=True, slots=True)
class Claim:
    """Something said at ``start`` of a text.

    ``value`` by kind: an address, the digits of a phone, (amount, ISO 4217 code or None) of
    money, (number, unit) of a quantity, (day, month, year or None) of a date, the minutes since
    midnight that an hour may be, else a number. ``said`` is how it was said.
    """

    kind: Kind
    value: Any
    start: int
    end: int
    said: str


_Found = tuple[Kind, Any, int, int]

_TLD = (
    r"com|net|org|edu|gob|gov|info|mx|co|pe|cl|ar|uy|ec|bo|gt|cr|es|us|br|io|ai|app|dev|example|ly|me"
    r"|link|page|site|online|store|shop|xyz|club|tv|gg|be|to|ws|biz|school|academy|top"
)
_LINK = re.compile(
    r"(?:https?|hxxps?|ftp)\s?:\s?/\s?/\s?\S+"
    rf"|(?<![\w.@-])(?:[a-z0-9-]+\.)+(?:{_TLD})(?![\w-])(?:/\S*)?"
    rf"|(?<![\w.-])[a-z0-9-]+\s?(?:\[\.\]|\(dot\)|\(punto\)|\spunto\s|\sdot\s)\s?(?:com|net|org|mx|io|info|xyz|app)(?!\w)"
    r"|\bwww\.\S+"
)
_EMAIL = re.compile(r"[\w.+-]+\s?(?:@|\(arroba\)|\sarroba\s|\[at\])\s?[\w-]+(?:\.[\w-]+)+")
_HANDLE = re.compile(r"(?<![\w@])@[a-z0-9_.]{3,}")
_PHONE = re.compile(r"(?<![\w$€.,])\+?\(?\d(?:[\s().-]{0,2}\d){6,}(?!\w|[.,]\d)")
_PERCENT = re.compile(r"\s?(?:%|por\s?cientos?\b|porcento\b|percent\b|pct\b)")
_MONEY_VERB = re.compile(
    r"(?:\bcuestan?|\bprecio(?: \w+){0,2}?(?: es| de| total)?|\bvalen?"
    r"|\binversion(?: \w+){0,2}?(?: es)?|\bsalen?(?: en)?|\bquedan?(?: en)?|\bpagas?"
    r"|\bpor (?:solo |tan solo |unicamente )?|\b(?:a|de|en) (?:solo|tan solo)|\bcosto(?: \w+)?"
    r"|\bbaja a)(?:\s?:|\sde|\ssolo|\sa|\sen)?\s?$"
)
_UNIT = re.compile(r"\s?-?\s?(?:de (?:las |los )?|en total de |son )?(\w+)")
_ORDINALS = (
    *("primera", "segunda", "tercera", "cuarta", "quinta"),
    *("sexta", "septima", "octava", "novena", "decima"),
)
_CARDINALS = (
    *("uno", "dos", "tres", "cuatro", "cinco", "seis"),
    *("siete", "ocho", "nueve", "diez", "once", "doce"),
)
_ORDINAL = "|".join(_ORDINALS)
_SESSION = re.compile(
    r"\b(?:sesion(?:es)?|clases?|modulos?|leccion(?:es)?)\s"
    r"(?:n[uº]m?(?:ero)?\.?\s?|no\.\s?|#\s?)?"
    rf"(\d{{1,2}}|{_ORDINAL}|{'|'.join(_CARDINALS)})(?:\s(?:y|a|al|e|,)\s(\d{{1,2}}))?\b"
    r"(?!\s(?:horas?|minutos?|usd|pesos|dolares|sesion|clase|semana|mes))"
)
_ORDINAL_SESSION = re.compile(
    rf"\b({_ORDINAL}|\d{{1,2}}[ªa°])\s(?:sesion|clase|leccion)\b"
    rf"|\bla ({_ORDINAL})\b(?!\s(?:opcion|vez|parte|cosa|persona|semana|hora|alternativa"
    r"|inquietud|duda|pregunta|escuela|fecha|decision|linea))"
)
_SAYING = re.compile(r"\b(?:gastar|invertir|perder|poner|soltar|ni) $")
_FRACTION = re.compile(
    r"\b(?:a|la|una?|el) (mitad|tercera parte|tercio|cuarta parte|cuarto|quinta parte|doble|triple)"
    r"\b(?! de (?:precio|la|las))"
)
_DOZENS = {"media docena": 6, "docena": 12, "un par": 2, "decena": 10, "quincena": 15}
_DOZEN = re.compile(rf"\b({'|'.join(_DOZENS)}) de (\w+)")
_GONE = "\u0001"
_ONE = frozenset({"un", "una", "uno"})
_COUNTED_BY_ONE = frozenset({"hora", "semana", "mes", "ano"})


def claims(text: Text, is_price: bool = False) -> list[Claim]:
    """Every claim in ``text``; with ``is_price`` a bare number in it is an amount of money."""
    rest = text.plain
    found: list[Claim] = []
    finders: tuple[Callable[[str], Iterator[_Found]], ...] = (
        _addresses,
        _sessions,
        _money_with_a_sign,
        _dates,
        _clock,
        _dozens,
        _fractions,
        _phones,
        lambda plain: _amounts(plain, is_price),
    )
    for find in finders:
        for kind, value, start, end in list(find(rest)):
            found.append(Claim(kind, value, start, end, text.shown[start:end].strip()))
            rest = rest[:start] + _GONE * (end - start) + rest[end:]
    return sorted(found, key=lambda claim: claim.start)


def _addresses(plain: str) -> Iterator[_Found]:
    taken: list[tuple[int, int]] = []
    for kind, pattern in ((Kind.EMAIL, _EMAIL), (Kind.LINK, _LINK), (Kind.LINK, _HANDLE)):
        for match in pattern.finditer(plain):
            if any(start < match.end() and match.start() < end for start, end in taken):
                continue
            value = match[0].rstrip(".,;:!?)*_\"'»]")
            taken.append((match.start(), match.start() + len(value)))
            yield kind, _address(value), match.start(), match.start() + len(value)


def _address(value: str) -> str:
    bare = re.sub(r"\s", "", value)
    return re.sub(r"^https?://(?:www\.)?", "", bare).rstrip("/").replace("%2a", "*")


def _phones(plain: str) -> Iterator[_Found]:
    for match in _PHONE.finditer(plain):
        if not _unit_of_money(plain, match.end()):
            yield Kind.PHONE, re.sub(r"\D", "", match[0]), match.start(), match.end()


def _dates(plain: str) -> Iterator[_Found]:
    taken: list[tuple[int, int]] = []
    for pattern in DATES:
        for match in pattern.finditer(plain):
            if any(start < match.end() and match.start() < end for start, end in taken):
                continue
            read = [each for each in date_of(match) if each]
            if not read:
                continue
            taken.append(match.span())
            for value in read:
                yield Kind.DATE, value, *match.span()
    blanked = _without(plain, taken)
    for month in month_number(blanked):
        yield Kind.MONTH, *month
    for match in re.finditer(r"(?<![\w.,$])(?:19|20)\d\d(?!\w|[.,]\d)", blanked):
        if not _unit_of_money(blanked, match.end()) and not _MONEY_VERB.search(
            blanked[: match.start()]
        ):
            yield Kind.YEAR, int(match[0]), *match.span()
    for match in WEEKDAYS.finditer(blanked):
        yield Kind.WEEKDAY, match.lastindex, *match.span()


def _without(plain: str, spans: list[tuple[int, int]]) -> str:
    for start, end in spans:
        plain = plain[:start] + _GONE * (end - start) + plain[end:]
    return plain


def _sessions(plain: str) -> Iterator[_Found]:
    for pattern in (_SESSION, _ORDINAL_SESSION):
        for match in pattern.finditer(plain):
            for place in filter(None, match.groups()):
                yield Kind.SESSION, _place(place), *match.span()


def _place(word: str) -> int:
    if word[0].isdigit():
        return int(re.sub(r"\D", "", word))
    return next(names.index(word) + 1 for names in (_ORDINALS, _CARDINALS) if word in names)


def _clock(plain: str) -> Iterator[_Found]:
    for value, start, end in clock_times(plain):
        yield Kind.CLOCK, value, start, end


def _fractions(plain: str) -> Iterator[_Found]:
    for match in _FRACTION.finditer(plain):
        yield Kind.FRACTION, match[1], *match.span()


def _dozens(plain: str) -> Iterator[_Found]:
    for match in _DOZEN.finditer(plain):
        unit = rules().units.get(match[2])
        if unit:
            yield Kind.QUANTITY, (_DOZENS[match[1]], unit), *match.span()


def _money_with_a_sign(plain: str) -> Iterator[_Found]:
    for amount in spanish.amounts(plain, least_spelled=0):
        start, end = _bounds(plain, amount)
        # "En la 2 ves …" speaks of seeing, not of bolívares.
        is_verb = amount.currency == "VES" and plain.startswith(" ves", end)
        if amount.is_money and not is_verb and not _SAYING.search(plain[:start]):
            end += _unit_of_money(plain, end)
            yield Kind.MONEY, (amount.value, _code(plain[start:end], amount)), start, end


def _bounds(plain: str, amount: spanish.Amount) -> tuple[int, int]:
    """Where the number itself stands, without blanks around it."""
    word = plain[amount.start : amount.end]
    start = amount.start + len(word) - len(word.lstrip())
    return start, start + len(word.strip())


def _code(said: str, amount: spanish.Amount) -> str | None:
    """The currency; ``peso`` when some currency of that name is meant."""
    return amount.currency or ("peso" if re.search(r"\bpes", said) else None)


def _unit_of_money(plain: str, end: int) -> int:
    """How long the name of a currency is that follows."""
    match = re.match(
        r"\s?(?:de )?(?:usd|mxn|cop|ars|clp|pen|eur|dolares|dolar|pesos?|euros?|soles|reales|bucks"
        r"|dollars?|varos|lucas)(?:\s(?:mexicanos|colombianos|argentinos|chilenos|mxn|usd|mx))?\b",
        plain[end:],
    )
    return match.end() if match else 0


def _amounts(plain: str, is_price: bool) -> Iterator[_Found]:
    """Percentages, quantities, and what is left of numbers."""
    done = 0
    for amount in spanish.amounts(plain, least_spelled=0):
        start, end = _bounds(plain, amount)
        if start < done:
            continue
        if percent := _PERCENT.match(plain, end):
            done = percent.end()
            yield Kind.PERCENT, amount.value, start, done
            continue
        noun = _UNIT.match(plain, end)
        unit = rules().units.get(noun[1], "") if noun else ""
        if plain[start:end] in _ONE and unit not in _COUNTED_BY_ONE:
            continue
        if is_price or (not unit and _MONEY_VERB.search(plain[:start])):
            yield Kind.MONEY, (amount.value, None), start, end
        elif noun and unit:
            half = 0.5 if plain.startswith(" y media", noun.end()) else 0
            yield Kind.QUANTITY, (amount.value + half, unit), start, noun.end()
        else:
            yield Kind.NUMBER, (amount.value, noun[1] if noun else ""), start, end
