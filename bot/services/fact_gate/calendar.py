"""Dates, weekdays and hours as people write them in Spanish, and now and then in English."""

import re
from collections.abc import Iterator

_MONTHS = (
    "enero|january|jan|ene",
    "febrero|february|feb",
    "marzo|march|mar",
    "abril|april|abr|apr",
    "mayo|may",
    "junio|june|jun",
    "julio|july|jul",
    "agosto|august|ago|aug",
    "septiembre|setiembre|september|sept|sep|set",
    "octubre|october|oct",
    "noviembre|november|nov",
    "diciembre|december|dic|dec",
)
_LONG_NAMES = tuple(
    "|".join(name for name in names.split("|") if len(name) > 4 or name == "mayo")
    for names in _MONTHS
)
_MONTH = "|".join(_MONTHS)
_HOURS = (
    *("una", "dos", "tres", "cuatro", "cinco", "seis"),
    *("siete", "ocho", "nueve", "diez", "once", "doce"),
)
_DAYS = (
    *("uno|primero", *_HOURS[1:], "trece", "catorce", "quince", "dieciseis", "diecisiete"),
    *("dieciocho", "diecinueve", "veinte", "veintiuno", "veintidos", "veintitres"),
    *("veinticuatro", "veinticinco", "veintiseis", "veintisiete", "veintiocho", "veintinueve"),
    *("treinta", r"treinta\sy\suno"),
)
_DAY = rf"\d{{1,2}}(?:ero|o|º|°|st|nd|rd|th)?|{'|'.join(reversed(_DAYS))}"
_YEAR = r"(?:(?:\s?,)?\s(?:de |del )?(?:ano )?(20\d\d))?"
DATES = (
    re.compile(
        rf"(?<!sesion )(?<!clase )\b({_DAY})"
        rf"(?:\s?(?:,\s|-|–|(?:\s?y|\s?e|\s?al?|\shasta el)\s(?:el )?)({_DAY}))?"
        rf"(?:\s?(?:,|y|e)\s({_DAY}))?"
        rf"\s?(?:de |-|/|\.\s)?({_MONTH})\b\.?{_YEAR}"
    ),
    re.compile(rf"\b({_MONTH})\s({_DAY})()()\b{_YEAR}"),
    re.compile(r"(?<![\d/.-])(20\d\d)-(\d{1,2})-(\d{1,2})()()(?![\d/-])"),
    re.compile(r"(?<![\d/.$-])(\d{1,2})[/-](\d{1,2})()()(?:[/-]((?:20)?\d\d))?(?![\d/%-]|[.,]\d)"),
)
"""Each finds a date by five groups; :func:`date_of` tells which is which."""

WEEKDAYS = re.compile(
    r"\b(?:(lunes|mondays?)|(martes|tuesdays?)|(miercoles|wednesdays?)|(jueves|thursdays?)"
    r"|(viernes|fridays?)|(sabados?|saturdays?)|(domingos?|sundays?))\b"
)
"""The number of the group is that of the day, from 1 for Monday."""

_AN_HOUR = rf"\d{{1,2}}|{'|'.join(_HOURS)}"
_UNIT_OF_HOURS = r"(?:\s?(?:h|hs|hrs|horas)\b\.?)?"
_COUNTED = r"\s(?:personas|sesiones|clases|opciones|cursos|\w+es\b)"
_MARK = r"(a\.?\s?m\b\.?|p\.?\s?m\b\.?|de la manana|de la tarde|de la noche|del mediodia)"
_CLOCK = re.compile(
    rf"(?<![\d:.,$])(\d{{1,2}})[:.h](\d\d){_UNIT_OF_HOURS}(?:\s?{_MARK})?(?!\d|:\d|\s?%)"
    rf"|(?<![\d:.,$])(\d{{1,2}})()\s?{_MARK}"
    rf"|\b({'|'.join(_HOURS)})( y media| y cuarto)? {_MARK}"
    rf"|\b(?:a|desde|hasta|entre|partir de) las ({_AN_HOUR})( y media| y cuarto)?"
    rf"{_UNIT_OF_HOURS}(?:\s?{_MARK})?(?!\d|[:.,]\d|\s?%|{_COUNTED})"
    r"|(?<![\d:.,$])(\d{1,2})()()\s?(?:h|hs|hrs)\b(?!\s(?:en|de|total|por|cada))"
)
_FROM_TO = re.compile(rf"\bde ({_AN_HOUR}) a (?:({_AN_HOUR})(?=[.,;)\n]|$)|(?=\d{{1,2}}:\d\d))")
_EXTRA = {" y media": 30, " y cuarto": 15}
_Date = tuple[int, int, int | None]


def date_of(match: re.Match[str]) -> list[_Date | None]:
    """The dates that a match of one of ``DATES`` says: "12, 19 y 26 de enero" says three."""
    first, second, third, fourth, year = match.groups()
    if match.re is DATES[0]:
        month = _month(fourth)
        days = [first, second, third]
        return [_date(_day(day), month, year) for day in days if day]
    if match.re is DATES[1]:
        return [_date(_day(second), _month(first), year)]
    if match.re is DATES[2]:
        return [_date(int(third), int(second), first)]
    return [_date(int(first), int(second), year)]


def month_number(plain: str) -> Iterator[tuple[int, int, int]]:
    """Months that are named without a day, with their place in the text."""
    for number, names in enumerate(_LONG_NAMES, 1):
        for match in re.finditer(rf"\b(?:{names})\b", plain):
            yield number, *match.span()


def clock_times(plain: str) -> Iterator[tuple[frozenset[int], int, int]]:
    """Hours of the day, as the minutes since midnight that each may mean."""
    for match in _CLOCK.finditer(plain):
        parts = match.groups()
        group = next(index for index in range(0, len(parts), 3) if parts[index])
        hour, minutes, mark = parts[group : group + 3]
        number = _hour(hour)
        extra = _EXTRA.get(minutes or "", int(minutes) if (minutes or "").isdigit() else 0)
        if number <= 24 and extra < 60:
            is_written_out = bool(minutes) and minutes.isdigit() and not mark
            yield _meant(number, extra, mark or "", is_written_out), *match.span()
    for match in _FROM_TO.finditer(plain):
        for hour in filter(None, match.groups()):
            yield _meant(_hour(hour), 0, "", False), match.start(), match.end()


def _hour(word: str) -> int:
    return int(word) if word.isdigit() else _HOURS.index(word) + 1


def _meant(hour: int, minutes: int, mark: str, is_sure: bool) -> frozenset[int]:
    is_afternoon = mark.startswith("p") or "tarde" in mark or "noche" in mark or "medio" in mark
    is_morning = mark.startswith("a") or "manana" in mark
    hours = {hour}
    if is_afternoon and hour < 12:
        hours = {hour + 12}
    elif is_morning and hour == 12:
        hours = {0}
    elif not mark and not is_sure and hour < 12:
        hours = {hour, hour + 12}
    return frozenset(60 * each + minutes for each in hours)


def _day(word: str) -> int:
    digits = re.sub(r"\D", "", word)
    if digits:
        return int(digits)
    return next(number for number, names in enumerate(_DAYS, 1) if re.fullmatch(names, word))


def _month(word: str) -> int:
    return next(number for number, names in enumerate(_MONTHS, 1) if word in names.split("|"))


def _date(day: int, month: int, year: str | None) -> _Date | None:
    if not (1 <= day <= 31 and 1 <= month <= 12):
        return None
    return day, month, int(year) % 100 + 2000 if year else None
