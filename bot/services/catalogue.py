"""Which courses fit a message and its writer, and how a course is shown in the chat."""

import re
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, TypeGuard, cast
from uuid import UUID

from babel.dates import format_date

from bot.errors import StoreUnavailable
from bot.models.catalogue import Course
from bot.models.leads import LeadMemory
from bot.models.understanding import COURSE_RELEVANT, Facts, Intent
from bot.services import database, money, vocabulary
from bot.services.replies import CourseCard
from bot.services.spanish import fold
from bot.stores import courses as store

_GENERIC_WORDS = Path(__file__).parents[1] / "data" / "generic_words.txt"
_CANDIDATES = 12
_WIDER_CANDIDATES = 50
_SHOWN = 3
_WORD = re.compile(r"[a-z0-9]{2,}")
_NAMED_TOPIC = re.compile(
    r"\b(?:cursos?|talleres|taller|clases?|algo)\s+(?:de|sobre|para)\s+(.{3,60})"
)
_ABOUT_ONE = frozenset(
    {
        Intent.COURSE_DETAILS,
        Intent.PRICE_INQUIRY,
        Intent.BUYING_SIGNALS,
        Intent.FREE_RESOURCES,
    }
)
ANSWERED_WITH_COURSES = COURSE_RELEVANT | {Intent.FREE_RESOURCES}
"""The intents whose replies look something up in the catalogue."""

_ORDINALS = tuple(
    re.compile(rf"\b(?:{spelling})\b")
    for spelling in (r"primer[oa]?|el 1|uno", r"segund[oa]|el 2|dos", r"tercer[oa]?|el 3|tres")
)
_LEVEL_FITS, _MODALITY_FITS = 1.3, 1.2


@dataclass(frozen=True, slots=True)
class Findings:
    """The courses an answer may speak of.

    ``matched`` is False when a subject was named and nothing in the catalogue is of it.
    ``known`` is False when the catalogue could not be read. ``focus`` is the course that the
    conversation turns to; a list that fits nothing in particular turns to none. ``bonuses`` are of
    ``courses[0]`` and are looked up only when ``about_one``.
    """

    courses: tuple[Course, ...] = ()
    focus: Course | None = None
    matched: bool = True
    topic: str | None = None
    about_one: bool = False
    known: bool = True
    bonuses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Recommendation:
    """A course, how well it fits (higher is better), and why, in words."""

    course: Course
    score: float
    reasons: tuple[str, ...] = ()


def find_for(text: str, intent: Intent, facts: Facts, memory: LeadMemory) -> Findings:
    """The courses for one message; empty and ``known=False`` while the catalogue is away."""
    try:
        return database.read(lambda: _find_for(text, intent, facts, memory))
    except StoreUnavailable:
        return Findings(known=False)


def _find_for(text: str, intent: Intent, facts: Facts, memory: LeadMemory) -> Findings:
    words = topic_words(text)
    named = _fitting(words, facts, memory)
    if intent in _ABOUT_ONE:
        one = _about_named(named) or _about_meant(text, memory)
        if one:
            return one
    found = named if words else _fitting(_words_of(facts, memory), facts, memory)
    topic = _named_topic(text, facts) if words else None
    return Findings(
        courses=tuple(named[:_SHOWN]) or _filled(found),
        focus=found[0] if found else None,
        matched=bool(found) or topic is None,
        topic=topic,
    )


def _about_named(named: list[Course]) -> Findings | None:
    if not named:
        return None
    bonuses = store.bonuses(named[0].id_course)
    return Findings((named[0],), named[0], about_one=True, bonuses=tuple(bonuses))


def _about_meant(text: str, memory: LeadMemory) -> Findings | None:
    meant = _course_meant(text, memory)
    found = store.find_with_bonuses(UUID(meant)) if _is_uuid(meant) else None
    if not found:
        return None
    course, bonuses = found
    return Findings((course,), course, about_one=True, bonuses=tuple(bonuses))


def _is_uuid(text: object) -> TypeGuard[str]:
    """What older bots left under these names may be anything."""
    try:
        UUID(str(text))
    except ValueError:
        return False
    return True


def _filled(found: list[Course]) -> tuple[Course, ...]:
    """What fits the person, and after it the next courses to begin, up to a full list."""
    known = {course.id_course for course in found}
    others = (course for course in store.upcoming(2 * _SHOWN) if course.id_course not in known)
    return (*found, *others)[:_SHOWN]


def _course_meant(text: str, memory: LeadMemory) -> object:
    """The id of the course that "el segundo" or plain "¿cuánto cuesta?" is about."""
    shown: Any = memory.additional_data.get("shown_courses")
    in_order = cast(list[object], shown) if isinstance(shown, list) else []
    for id_course, word in zip(in_order, _ORDINALS, strict=False):
        if word.search(fold(text)):
            return id_course
    return memory.additional_data.get("current_course_id")


def _fitting(words: list[str], facts: Facts, memory: LeadMemory) -> list[Course]:
    level = facts.level or memory.additional_data.get("level")
    modality = facts.modality or memory.additional_data.get("modality")
    return [item.course for item in _ranked(words, level, modality)]


def _ranked(words: list[str], level: str | None, modality: str | None) -> list[Recommendation]:
    if not words:
        return []
    weighed = [
        _weigh(course, rank, level, modality) for course, rank in store.search(words, _CANDIDATES)
    ]
    return sorted(weighed, key=lambda item: -item.score)


def _weigh(course: Course, rank: float, level: str | None, modality: str | None) -> Recommendation:
    item = Recommendation(course, rank)
    if level and vocabulary.level(course.level) == level:
        reasons = (*item.reasons, f"va con tu nivel ({level})")
        item = replace(item, score=item.score * _LEVEL_FITS, reasons=reasons)
    if modality and vocabulary.modality(course.modality) == modality:
        reasons = (*item.reasons, f"es {modality}, como prefieres")
        item = replace(item, score=item.score * _MODALITY_FITS, reasons=reasons)
    return item


def search(text: str, limit: int) -> list[Recommendation]:
    """Courses on offer that match any word of ``text``, best first.

    Raises:
        StoreUnavailable: when the database is away.
    """
    words = topic_words(text) or all_words(text)
    if not words:
        return []
    found = database.read(lambda: store.search(words, limit))
    return [Recommendation(course, rank) for course, rank in found]


def recommend(
    interests: list[str], level: str | None, modality: str | None, limit: int
) -> list[Recommendation]:
    """Courses for these interests, best first; without a match, the next ones to begin.

    Raises:
        StoreUnavailable: when the database is away.
    """

    def find() -> list[Recommendation]:
        found = _ranked(topic_words(" ".join(interests)), level, modality)
        reason = f"porque te interesa {', '.join(interests)}"
        ranked = [replace(item, reasons=(reason, *item.reasons)) for item in found]
        return ranked or _next_to_begin(level, modality)

    return database.read(find)[:limit]


def _next_to_begin(level: str | None, modality: str | None) -> list[Recommendation]:
    """What begins soon, with what fits the person in front."""
    weighed = [_weigh(course, 1.0, level, modality) for course in store.upcoming(_WIDER_CANDIDATES)]
    in_order = sorted(weighed, key=lambda item: -item.score)
    return [replace(item, reasons=item.reasons or ("empieza pronto",)) for item in in_order]


def all_words(text: str) -> list[str]:
    """The words of ``text``, folded, each once, in order."""
    return list(dict.fromkeys(_WORD.findall(fold(text))))


def topic_words(text: str) -> list[str]:
    """The words of ``text`` that can tell one course from another."""
    return [word for word in all_words(text) if word not in _generic_words()]


def card(course: Course, bonuses: tuple[str, ...] = ()) -> CourseCard:
    """A course as the reply templates show it, in Spanish; what is not known stays None."""
    return CourseCard(
        name=course.name or "Curso",
        description=course.short_description,
        level=vocabulary.level(course.level),
        modality=vocabulary.modality(course.modality),
        sessions=str(course.session_count) if course.session_count else None,
        price=money.shown(course.price, course.currency),
        starts=_day(course.start_date),
        duration=_hours(course.total_duration_min),
        purchase_url=course.purchase_url,
        course_url=course.course_url,
        bonuses=bonuses,
    )


def _words_of(facts: Facts, memory: LeadMemory) -> list[str]:
    """What the person cares about, for a message that names no subject itself."""
    role = facts.role or memory.role or ""
    return topic_words(" ".join((*memory.interests[-3:], *memory.pain_points[-2:], role)))


def _named_topic(text: str, facts: Facts) -> str | None:
    if facts.interests:
        return facts.interests[0]
    named = _NAMED_TOPIC.search(text.lower())
    return re.split(r"[?.,;!\n]", named[1])[0].strip() if named else None


def _day(moment: datetime | None) -> str | None:
    return format_date(moment, "d 'de' MMMM 'de' y", locale="es_MX") if moment else None


def _hours(minutes: int | None) -> str | None:
    """Under an hour the column holds something else than minutes, so nothing is shown."""
    if not minutes or minutes < 60:
        return None
    hours = f"{minutes / 60:.1f}".removesuffix(".0")
    return f"{hours} hora{'' if hours == '1' else 's'}"


@cache
def _generic_words() -> frozenset[str]:
    lines = _GENERIC_WORDS.read_text(encoding="utf-8").splitlines()
    return frozenset(line.strip() for line in lines if line.strip() and not line.startswith("#"))
