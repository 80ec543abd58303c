"""Picks among courses: the cheapest, the shortest, the easiest; and sessions about a trouble."""

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal
from operator import gt, lt
from typing import Any

from bot.models.catalogue import Course, CourseInDepth, SessionOutline
from bot.services import money, vocabulary
from bot.services.catalogue.queries import read_words
from bot.services.catalogue.watch import knowledge
from bot.services.catalogue.words import lexeme, tokens

_LEXEME = re.compile(r"'([^']+)'")
_MOST_SESSIONS = 2
_LEVELS = tuple(vocabulary.LEVELS)

Measure = Callable[[Course], Any]


def ranked(courses: Sequence[Course], most: str) -> list[Course]:
    """``courses`` with the one that is ``most`` in front, a key of ``[most]`` in references.toml.

    Those of which it is not known are left out. Prices are compared within the currency that most
    of them have, because no rate of exchange is known.
    """
    measure, backwards = _MEASURES[most]
    known = [course for course in courses if measure(course) is not None]
    if most in _BY_PRICE:
        known = _of_one_currency(known)
    return sorted(known, key=measure, reverse=backwards)


def beyond(courses: Sequence[Course], current: Course, most: str) -> list[Course]:
    """Those of ``courses`` that are more so than ``current``: cheaper, shorter; the most first."""
    measure, backwards = _MEASURES[most]
    here = measure(current)
    if here is None:
        return []
    same = [course for course in courses if course.id_course != current.id_course]
    if most in _BY_PRICE:
        same = [course for course in same if _currency(course) == _currency(current)]
    further = gt if backwards else lt
    return [course for course in ranked(same, most) if further(measure(course), here)]


def cheapest_elsewhere(courses: Sequence[Course], cheapest: Course) -> list[Course]:
    """The cheapest in each other currency: no rate of exchange tells which is cheaper still."""
    others = {_currency(course) for course in courses} - {_currency(cheapest), ""}
    of_each = (
        ranked([course for course in courses if _currency(course) == code], "cheapest")
        for code in sorted(others)
    )
    return [found[0] for found in of_each if found]


def solving(found: CourseInDepth, text: str | None) -> list[SessionOutline]:
    """The sessions that speak of what ``text`` does, at most two, in their order.

    The words of the course's own name tell no session from another.
    """
    if not text:
        return []
    query = read_words(text, knowledge().lexicon)
    ways = (way.query for concept in query.concepts for way in concept.ways)
    name = {lexeme(word) for word in tokens(found.course.name or "")}
    wanted = {word for way in ways for word in _LEXEME.findall(way)} - name
    met = [(_met(session, wanted), session) for session in found.sessions]
    best = sorted((pair for pair in met if pair[0]), key=lambda pair: -pair[0])[:_MOST_SESSIONS]
    return sorted((session for _, session in best), key=lambda session: session.number)


def _met(session: SessionOutline, wanted: set[str]) -> int:
    said = " ".join((session.title, session.objective or "", *session.items))
    return len(wanted & {lexeme(word) for word in tokens(said)})


def _of_one_currency(courses: Sequence[Course]) -> list[Course]:
    currencies = [_currency(course) for course in courses]
    if not currencies:
        return []
    most = max(dict.fromkeys(currencies), key=currencies.count)
    return [course for course in courses if _currency(course) == most]


def _currency(course: Course) -> str:
    return (course.currency or "").strip().upper()


def _amount(course: Course) -> Decimal | None:
    return money.amount(course.price)


def _length(course: Course) -> int | None:
    return course.total_duration_min or None


def _start(course: Course) -> datetime | None:
    """A course that is under way starts for nobody."""
    starts = course.start_date
    return starts if starts and starts > datetime.now() else None


def _level(course: Course) -> int | None:
    level = vocabulary.level(course.level)
    return _LEVELS.index(level) if level in _LEVELS else None


_MEASURES: dict[str, tuple[Measure, bool]] = {
    "cheapest": (_amount, False),
    "dearest": (_amount, True),
    "shortest": (_length, False),
    "longest": (_length, True),
    "soonest": (_start, False),
    "easiest": (_level, False),
    "hardest": (_level, True),
}
_BY_PRICE = frozenset({"cheapest", "dearest"})
