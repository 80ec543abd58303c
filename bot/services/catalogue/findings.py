"""Which courses the answer to one message may speak of."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from uuid import UUID

from bot.errors import StoreUnavailable
from bot.models.catalogue import Course
from bot.models.leads import LeadMemory
from bot.models.understanding import COURSE_RELEVANT, Facts, Intent
from bot.services import database
from bot.services.catalogue.cards import card
from bot.services.catalogue.queries import Query
from bot.services.catalogue.recommendations import (
    Recommendation,
    Wishes,
    course_id,
    next_to_begin,
    recommend,
    weigh,
    wishes_of,
)
from bot.services.catalogue.search import find, read_query
from bot.services.catalogue.snapshots import snapshot
from bot.services.replies import CourseCard
from bot.services.spanish import fold
from bot.stores.catalogue import CatalogueReader, SqlCatalogue

_CANDIDATES = 20
_SHOWN = 3
_NAMED_TOPIC = re.compile(
    r"\b(?:cursos?|talleres|taller|clases?|algo)\s+(?:de|sobre|para)\s+(.{3,60})"
)
_OTHERS = re.compile(r"\b(?:otr[oa]s?|diferentes?|mas (?:cursos|opciones)|que mas)\b")
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


@dataclass(frozen=True, slots=True)
class Findings:
    """The courses an answer may speak of.

    ``matched`` is False when a subject was named and nothing in the catalogue is of it. ``known``
    is False when no course could be read, ``is_current`` when they come from the snapshot.
    ``focus`` is the course that the conversation turns to; a list that fits nothing in particular
    turns to none. ``bonuses`` are of ``courses[0]`` and are looked up only when ``about_one``.
    """

    courses: tuple[Course, ...] = ()
    focus: Course | None = None
    matched: bool = True
    topic: str | None = None
    about_one: bool = False
    known: bool = True
    is_current: bool = True
    bonuses: tuple[str, ...] = ()
    reasons: Mapping[UUID, tuple[str, ...]] = field(default_factory=dict[UUID, tuple[str, ...]])

    def cards(self) -> list[CourseCard]:
        """The courses as replies show them."""
        return [
            card(course, self.bonuses, self.reasons.get(course.id_course, ()))
            for course in self.courses
        ]


def find_for(
    text: str, intent: Intent, facts: Facts, memory: LeadMemory, is_away: bool = False
) -> Findings:
    """The courses for one message: from the database, else from the snapshot, else none.

    ``is_away`` says that the database was waited for a moment ago.
    """
    try:
        if is_away:
            raise StoreUnavailable
        return database.read(lambda: _find_for(text, intent, facts, memory, SqlCatalogue()))
    except StoreUnavailable:
        return _find_in_snapshot(text, intent, facts, memory)


def _find_in_snapshot(text: str, intent: Intent, facts: Facts, memory: LeadMemory) -> Findings:
    kept = snapshot()
    if not kept.exists():
        return Findings(known=False, is_current=False)
    found = _find_for(text, intent, facts, memory, kept)
    return replace(found, is_current=False)


def _find_for(
    text: str, intent: Intent, facts: Facts, memory: LeadMemory, reader: CatalogueReader
) -> Findings:
    query = read_query(text)
    wishes = _wishes(text, facts, memory)
    matches = find(query, reader, _CANDIDATES)
    named = weigh(matches, _for_what_is_named(text, wishes), {}, _SHOWN)
    topic = _named_topic(text, query, facts)
    is_named = bool(named and query.subject and query.answered)
    if intent in _ABOUT_ONE and (query.answered or topic is None):
        meant = named[0].course.id_course if is_named else _course_meant(text, memory)
        one = _about_one(meant, reader)
        if one:
            return one
    if named and query.answered:
        return _list(named, named[0].course if query.subject else None, topic)
    if matches and query.answered:
        topic = None  # there are such courses, but all of them were shown or refused
    fitting = _fitting(wishes, named, reader)
    focus = fitting[0].course if fitting and topic is None and fitting[0].is_of_interest else None
    return _list(fitting, focus, topic, matched=topic is None)


def _for_what_is_named(text: str, wishes: Wishes) -> Wishes:
    """Who names a course is shown it, refused or not; who asks for others is not."""
    return wishes if _asks_for_others(text) else replace(wishes, refused=frozenset())


def _fitting(
    wishes: Wishes, near: list[Recommendation], reader: CatalogueReader
) -> list[Recommendation]:
    """What is near to what was asked for, or fits the person, filled up to a list."""
    found = near or recommend(wishes, reader, _SHOWN)
    if len(found) >= _SHOWN:
        return found
    known = [item.course.id_course for item in found]
    return [*found, *next_to_begin(wishes, reader, _SHOWN, known)][:_SHOWN]


def _list(
    found: Iterable[Recommendation], focus: Course | None, topic: str | None, matched: bool = True
) -> Findings:
    items = list(found)
    return Findings(
        courses=tuple(item.course for item in items),
        focus=focus,
        matched=matched,
        topic=topic,
        reasons={item.course.id_course: item.reasons for item in items},
    )


def _about_one(id_course: object, reader: CatalogueReader) -> Findings | None:
    known = course_id(id_course)
    found = reader.find_with_bonuses(known) if known else None
    if not found:
        return None
    course, bonuses = found
    return Findings((course,), course, about_one=True, bonuses=tuple(bonuses))


def _course_meant(text: str, memory: LeadMemory) -> object:
    """The id of the course that "el segundo" or plain "¿cuánto cuesta?" is about."""
    for id_course, word in zip(memory.values("shown_courses"), _ORDINALS, strict=False):
        if word.search(fold(text)):
            return id_course
    return memory.additional_data.get("current_course_id")


def _wishes(text: str, facts: Facts, memory: LeadMemory) -> Wishes:
    """What is known of the person; whoever asks for other courses wants none of those shown."""
    wishes = wishes_of(memory, facts)
    if not _asks_for_others(text):
        return wishes
    return replace(wishes, refused=wishes.refused | wishes.shown)


def _asks_for_others(text: str) -> bool:
    return bool(_OTHERS.search(fold(text)))


def _named_topic(text: str, query: Query, facts: Facts) -> str | None:
    """The subject in the person's words; None when the text names none."""
    if not query.subject:
        return None
    if facts.interests:
        return facts.interests[0]
    named = _NAMED_TOPIC.search(text.lower())
    return re.split(r"[?.,;!\n]", named[1])[0].strip() if named else None
