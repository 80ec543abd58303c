"""What a message points at: "el segundo", "ese", "el otro", "uno más barato", "el de 199"."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from bot.services import spanish
from bot.services.patterns import any_of, padded, rules_of

LAST = -1
_PLACES = {"first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "last": LAST}
_BARE_NUMBER = re.compile(
    r" (?:(?:el|la|opcion|numero|#) ?)?#?([1-9]|uno|dos|tres|cuatro|cinco)(?: por favor| gracias)? "
)
_PRICED = re.compile(r" (?:el|del|al|la) de (?=us\$|\$|\d)")
_JOINED = re.compile(r" con (?:el|la) (?:curso )?de ")
_MEASURED = re.compile(r" \S+ (?:horas?|sesiones|clases|semanas|dias|meses|minutos|personas) ")
_LONGEST_NAME = 6


@dataclass(frozen=True, slots=True)
class Reference:
    """What one message points at; what it does not is empty.

    ``place`` counts from 1 in the list shown last, ``LAST`` is its end. ``most`` is a key of
    ``[most]`` in ``references.toml``; with ``is_relative`` it is meant against the course under
    discussion, with ``is_of_two`` among the two last spoken of, with ``is_of_all`` among all that
    there are. ``names`` are the words that name
    courses, in order, ``price`` is an amount.
    """

    place: int | None = None
    is_same: bool = False
    is_other: bool = False
    wants_others: bool = False
    most: str | None = None
    is_relative: bool = False
    compares: bool = False
    names: tuple[str, ...] = ()
    price: Decimal | None = None
    asks_whether_it_suits: bool = False
    is_of_two: bool = False
    is_of_all: bool = False

    @property
    def points_back(self) -> bool:
        """Whether it picks one course that was spoken of."""
        return bool(self.place or self.is_other or self.price or self.is_same)


def read_reference(text: str) -> Reference:
    """What ``text`` points at."""
    plain = padded(text)
    most = _most(plain)
    return Reference(
        place=_place(plain),
        is_same=bool(_pattern("same").search(plain)),
        is_other=bool(_pattern("other").search(plain)),
        wants_others=bool(_pattern("others").search(plain)),
        most=most,
        is_relative=bool(most and _pattern("than").search(plain)),
        compares=bool(_pattern("compare").search(plain)),
        names=_names(plain),
        price=_price(plain),
        asks_whether_it_suits=bool(_pattern("suits").search(plain)),
        is_of_two=bool(_pattern("of_two").search(plain)),
        is_of_all=bool(_pattern("of_all").search(plain)),
    )


def bare_number(text: str) -> int | None:
    """The number that is all of ``text``: "2", "el 2", "opción 2 por favor"."""
    found = _BARE_NUMBER.fullmatch(padded(text))
    if not found:
        return None
    return int(found[1]) if found[1].isdigit() else _NUMBERS.index(found[1]) + 1


@cache
def _pattern(section: str, key: str = "patterns") -> re.Pattern[str]:
    patterns: Sequence[str] = rules_of("references")[section][key]
    return any_of(patterns)


def _place(plain: str) -> int | None:
    rest = _pattern("position", "no_position").sub(" ", plain)
    for name, place in _PLACES.items():
        if _pattern("position", name).search(rest):
            return place
    return None


def _most(plain: str) -> str | None:
    return next((key for key in rules_of("references")["most"] if _most_of(key, plain)), None)


def _most_of(key: str, plain: str) -> bool:
    return bool(_pattern("most", key).search(plain))


def _names(plain: str) -> tuple[str, ...]:
    names = (_name(plain, opener.end()) for opener in _pattern("named", "openers").finditer(plain))
    return tuple(dict.fromkeys(name for name in names if name))


def _name(plain: str, start: int) -> str:
    words: list[str] = []
    rest = _JOINED.split(plain[start:])[0]
    for word in rest.split()[:_LONGEST_NAME]:
        if word in _stops() or word[0].isdigit() or "$" in word:
            break
        words.append(word)
    return " ".join(words)


@cache
def _stops() -> frozenset[str]:
    stops: list[str] = rules_of("references")["named"]["stops"]
    return frozenset(stop.replace("\\", "") for stop in stops)


def _price(plain: str) -> Decimal | None:
    found = _PRICED.search(plain)
    if not found or _MEASURED.match(f" {plain[found.end() :]}"):
        return None
    amount = next(spanish.amounts(plain[found.end() :]), None)
    return Decimal(str(amount.value)) if amount and amount.start == 0 else None


_SESSIONS = re.compile(
    r" (?:sesion|clase|modulo|semana|leccion|unidad|tema)(?: numero| no| num| la| el)? "
    r"(\d{1,2}|uno|dos|tres|cuatro|cinco|seis|siete|ocho|nueve|diez) "
)
_ORDINAL_SESSIONS = re.compile(
    r" (primer|segund|tercer|cuart|quint|sext|septim|octav|ultim)[oa]? "
    r"(?:sesion|clase|modulo|semana|leccion|unidad) "
)
_BARE_SESSIONS = re.compile(
    r" (?:la|el) "
    r"(\d{1,2}|primer|segund|tercer|cuart|quint|sext|septim|octav|ultim)[oa]? "
)
_NUMBERS = ["uno", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve", "diez"]
_ORDINALS = ["primer", "segund", "tercer", "cuart", "quint", "sext", "septim", "octav"]


def session_number(text: str, is_sure: bool = False) -> int | None:
    """The number of the session that ``text`` asks for, or ``LAST``: "la sesión 3".

    Where it is sure that a session is meant, "¿y en la 7?" names one too.
    """
    plain = padded(text)
    found = _SESSIONS.search(plain) or _ORDINAL_SESSIONS.search(plain)
    found = found or (_BARE_SESSIONS.search(plain) if is_sure else None)
    if not found:
        return None
    said = found[1]
    if said.isdigit():
        return int(said)
    if said in _NUMBERS:
        return _NUMBERS.index(said) + 1
    return _ORDINALS.index(said) + 1 if said in _ORDINALS else LAST
