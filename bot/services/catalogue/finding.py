"""Finds the courses for one message: those it points at, compares, picks by, or describes."""

import re
from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

from bot.errors import StoreUnavailable
from bot.models.catalogue import Course
from bot.models.context import Mention
from bot.models.understanding import Facts, Intent
from bot.services import database, money, vocabulary
from bot.services.catalogue.choosing import beyond, cheapest_elsewhere, ranked
from bot.services.catalogue.findings import COMPARED, THAN, Findings, Wanted, listed
from bot.services.catalogue.pointing import ABOUT_ONE, id_meant, id_named, spoken_of
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
from bot.services.catalogue.tasks import subjects_for
from bot.services.catalogue.watch import knowledge
from bot.stores.catalogue import CatalogueReader, SqlCatalogue
from bot.stores.courses import CourseFilter

_CANDIDATES = 20
_SHOWN = 3
_COMPARED = 3
_NAMED_TOPIC = re.compile(
    r"\b(?:cursos?|talleres|taller|clases?|algo)\s+(?:de|sobre|para)\s+(.{3,60})"
    r"|\b(?:dan|dictan|imparten|enseñan|ensenan)\s+(.{3,60})"
)
_WISH = re.compile(
    r"[,.;]?\s+\b(?:y )?(?:quiero|quisiera|queremos|buscamos?|necesito|necesitamos|deseo"
    r"|me gustar)",
    re.IGNORECASE,
)
_WORDS_OF_A_TASK, _WORDS_OF_A_QUESTION = 3, 12
_MOST_SUBJECTS = 2
_ANSWERED_BY_BETTER_ONES = {
    Intent.OBJECTION_PRICE: "cheapest",
    Intent.OBJECTION_TIME: "shortest",
}
_IN_DEPTH = frozenset({Intent.AUTOMATION_NEED, Intent.FREE_RESOURCES, Intent.OBJECTION_VALUE})
"""Intents whose answer says what of the first course helps."""

_CONTENT = frozenset({"syllabus", "session"})
_SPEAK_OF_OTHER_THINGS = _CONTENT | {"requirements", "tools", "audience", "outcome", "access"}
"""Aspects whose questions name things that are no course: "¿hay que saber programar?"."""

_TOLD_BY_SESSIONS = _CONTENT | {"audience", "tools", "practice"}


def find_for(wanted: Wanted, is_away: bool = False) -> Findings:
    """The courses for one message: from the database, else from the snapshot, else none.

    ``is_away`` says that the database was waited for a moment ago.
    """
    try:
        if is_away:
            raise StoreUnavailable
        return database.read(lambda: _find_for(wanted, SqlCatalogue()))
    except StoreUnavailable:
        return _find_in_snapshot(wanted)


def is_taught(text: str) -> bool:
    """Whether ``text`` names a subject of some course; asks nobody."""
    try:
        return _names_a_subject(read_query(text))
    except StoreUnavailable:
        return False


def _find_in_snapshot(wanted: Wanted) -> Findings:
    kept = snapshot()
    if not kept.exists():
        return Findings(known=False, is_current=False)
    return replace(_find_for(wanted, kept), is_current=False)


def _find_for(wanted: Wanted, reader: CatalogueReader) -> Findings:
    if wanted.of_the_list:
        return _of_the_list(wanted, reader) or Findings()
    ways: tuple[Callable[[Wanted, CatalogueReader], Findings | None], ...] = (
        _set_side_by_side,
        _picked_by_measure,
        _pointed_at,
        _against_an_objection,
    )
    found = (way(wanted, reader) for way in ways)
    findings = next((each for each in found if each), None) or _searched(wanted, reader)
    found = _in_depth(findings, wanted, reader)
    return replace(found, said=wanted.text, asked=_what_to_tell(wanted), details=wanted.details)


def _what_to_tell(wanted: Wanted) -> str | None:
    """The words that sessions and sentences of a course are picked by."""
    if wanted.intent is Intent.COURSE_DETAILS:
        is_open = not set(wanted.details) - _TOLD_BY_SESSIONS
        is_short = len(wanted.text.split()) <= _WORDS_OF_A_QUESTION
        asks_content = not _CONTENT.isdisjoint(wanted.details)
        return wanted.text if asks_content or (is_open and is_short) else None
    return wanted.pain if wanted.intent in _IN_DEPTH else None


def _set_side_by_side(wanted: Wanted, reader: CatalogueReader) -> Findings | None:
    """Courses that the message names or means together: "entre el de ventas y el de datos"."""
    names = wanted.reference.names
    if len(names) > 1:
        ids = [id_named(name, wanted.context, reader) for name in names[:_COMPARED]]
    elif wanted.reference.compares and not names:
        ids = [course.id_course for course in spoken_of(wanted, reader)[:_COMPARED]]
    else:
        return None
    courses = reader.of_ids(list(dict.fromkeys(each for each in ids if each)))
    if len(courses) < 2:
        return None
    most = wanted.reference.most
    courses = (ranked(courses, most) if most else courses) or courses
    return Findings(tuple(courses), courses[0] if most else None, basis=COMPARED)


def _picked_by_measure(wanted: Wanted, reader: CatalogueReader) -> Findings | None:
    """The cheapest, the shortest …: among those spoken of, or more so than the one at hand."""
    most = wanted.reference.most
    if most is None:
        return None
    current = wanted.context.course
    query = read_query(wanted.text)
    if wanted.reference.is_relative and current and not _names_a_subject(query):
        return _better_than(current, most, wanted, reader)
    is_of_these = not (_names_a_subject(query) or wanted.reference.is_of_all)
    pool = spoken_of(wanted, reader) if is_of_these else []
    pool = pool or [match.course for match in find(query, reader, _CANDIDATES)]
    pool = pool or _offered(reader)
    best = ranked(pool, most)
    if not best:
        return None
    rivals = cheapest_elsewhere(pool, best[0]) if most == "cheapest" else []
    if rivals:
        firsts = sorted((best[0], *rivals), key=lambda each: money.amount(each.price) or 0)
        return Findings(tuple(firsts[:_SHOWN]), firsts[0], basis=most)
    if wanted.intent in ABOUT_ONE:
        return Findings((best[0],), best[0], about_one=True, basis=most)
    return Findings(tuple(best[:_SHOWN]), best[0], basis=most)


def _names_a_subject(query: Query) -> bool:
    return bool(query.subject and query.answered)


def _better_than(
    mention: Mention, most: str, wanted: Wanted, reader: CatalogueReader
) -> Findings | None:
    """Courses of the same subject that are cheaper, shorter … than the one under discussion."""
    known = course_id(mention.id_course)
    current = next(iter(reader.of_ids([known])), None) if known else None
    if current is None:
        return None
    query = read_query(wanted.context.topic or mention.name)
    pool = [match.course for match in find(query, reader, _CANDIDATES)]
    better = beyond(pool, current, most)
    if not better and wanted.intent not in _ANSWERED_BY_BETTER_ONES:
        better = beyond(_offered(reader), current, most)
    return Findings(tuple(better[:_SHOWN]), current, basis=f"{THAN}{most}", current=current)


def _offered(reader: CatalogueReader) -> list[Course]:
    """The next courses to begin, whatever they are about."""
    return reader.upcoming(CourseFilter(offered=True), _CANDIDATES)


def _pointed_at(wanted: Wanted, reader: CatalogueReader) -> Findings | None:
    """The one course that "el segundo", "el otro", "el de 199" or "ese" is."""
    known = id_meant(wanted, reader)
    return _about_one(known, reader) if known else None


def _against_an_objection(wanted: Wanted, reader: CatalogueReader) -> Findings | None:
    """The catalogue's own answers to "it is dear", "it takes long" and "what is it good for"."""
    most = _ANSWERED_BY_BETTER_ONES.get(wanted.intent)
    if most is None and wanted.intent is not Intent.OBJECTION_VALUE:
        return None
    current = _objected_to(wanted, reader)
    if most and current:
        return _better_than(current, most, wanted, reader)
    if most:
        best = ranked(spoken_of(wanted, reader), most)[:_SHOWN]
        return Findings(tuple(best), basis=most)
    if current and not wanted.facts.role:
        return _about_one(course_id(current.id_course), reader)
    return None if wishes_of(wanted.memory, wanted.facts).is_known else Findings()


def _objected_to(wanted: Wanted, reader: CatalogueReader) -> Mention | None:
    """The course that an objection is about: the one it names, else the one at hand."""
    for name in wanted.reference.names[:1]:
        named = id_named(name, wanted.context, reader)
        if named:
            return Mention(str(named), name)
    return wanted.context.course


def _searched(wanted: Wanted, reader: CatalogueReader) -> Findings:
    if wanted.intent is Intent.AUTOMATION_NEED:
        return _for_a_trouble(wanted, reader)
    if wanted.intent is Intent.FREE_RESOURCES:
        return _with_material(wanted, reader)
    text, query = _question(wanted)
    wishes = _wishes(wanted)
    matches = find(query, reader, _CANDIDATES)
    named = weigh(matches, _for_what_is_named(wanted, wishes), {}, _SHOWN)
    topic = _named_topic(text, query, wanted.facts)
    is_named = bool(named) and _is_new_subject(query, wanted)
    searched = text if is_named else None
    if wanted.intent in ABOUT_ONE and (query.answered or topic is None):
        current = wanted.context.course and wanted.context.course.id_course
        meant = named[0].course.id_course if is_named else course_id(current)
        one = _about_one(meant, reader) or _of_the_list(wanted, reader)
        if one:
            return replace(one, searched=searched)
    if named and query.answered:
        return listed(named, named[0].course if query.subject else None, topic, searched=searched)
    if matches and query.answered:
        topic = None  # there are such courses, but all of them were shown or refused
    fitting = _fitting(wishes, named, reader)
    focus = fitting[0].course if fitting and topic is None and fitting[0].is_of_interest else None
    return listed(fitting, focus, topic, matched=topic is None)


def _is_new_subject(query: Query, wanted: Wanted) -> bool:
    """Whether a message turns to another course.

    Said of the one at hand, "¿ven algo de ventas?" does not; a course's own name does.
    """
    if not _names_a_subject(query):
        return False
    if not wanted.context.course or wanted.intent not in ABOUT_ONE:
        return True
    lexicon = knowledge().lexicon
    names_one = any(
        each.is_named and not lexicon.is_everywhere(each.courses) for each in query.subject
    )
    of_this_one = wanted.reference.is_same or not _SPEAK_OF_OTHER_THINGS.isdisjoint(wanted.details)
    return names_one and (bool(wanted.reference.names) or not of_this_one)


def _of_the_list(wanted: Wanted, reader: CatalogueReader) -> Findings | None:
    """The courses shown last, when one of them must be meant and it is not clear which."""
    ids = [course_id(mention.id_course) for mention in wanted.context.shown]
    courses = reader.of_ids([each for each in ids if each])
    return Findings(tuple(courses)) if courses else None


def _with_material(wanted: Wanted, reader: CatalogueReader) -> Findings:
    """The course whose material may be shown: the one named, the one at hand, one that fits."""
    query = read_query(wanted.text)
    if _is_new_subject(query, wanted) and query.subject:
        found = find(query, reader, 1)
        return Findings(tuple(match.course for match in found), about_one=bool(found))
    if wanted.context.course:
        known = course_id(wanted.context.course.id_course)
        return _about_one(known, reader) or Findings()
    return listed(recommend(_wishes(wanted), reader, 1))


def _for_a_trouble(wanted: Wanted, reader: CatalogueReader) -> Findings:
    """Courses for the task that somebody tells of, by its words and their trade."""
    trouble = _told_before_the_wish(wanted.text)
    known = wishes_of(wanted.memory, wanted.facts)
    pains = (*subjects_for(trouble)[:_MOST_SUBJECTS], trouble)
    wishes = replace(known, interests=wanted.facts.interests, pains=pains)
    found = recommend(wishes, reader, _SHOWN)
    # What they wrote is no reason to be read back to them.
    found = [replace(each, reasons=_without(trouble, each.reasons)) for each in found]
    telling = [item for item in found if item.is_of_interest]
    if telling:
        return listed(telling, telling[0].course, searched=trouble)
    return listed(found, matched=not read_query(trouble).subject)


def _without(text: str, reasons: tuple[str, ...]) -> tuple[str, ...]:
    said = " ".join(text.split())
    return tuple(reason for reason in reasons if said not in reason)


def _told_before_the_wish(text: str) -> str:
    """The task itself, without "quiero que la IA lo haga"."""
    told = _WISH.split(text)[0]
    return told if len(told.split()) > _WORDS_OF_A_TASK else text


def _question(wanted: Wanted) -> tuple[str, Query]:
    """What is searched for: "¿y en línea?" or "otros" go on about the last subject."""
    query = _as_preferred(read_query(wanted.text), wanted.facts)
    goes_on = bool(query.wanted) or wanted.reference.wants_others
    topic = wanted.context.topic
    if query.subject or not goes_on or not topic or wanted.intent in ABOUT_ONE:
        return wanted.text, query
    text = f"{topic} {wanted.text}"
    return text, _as_preferred(read_query(text), wanted.facts)


def _as_preferred(query: Query, facts: Facts) -> Query:
    """The modality that the person says they prefer is the one that counts: "mitad y mitad"."""
    if not facts.modality or not query.wanted.modalities:
        return query
    spellings = vocabulary.spellings(vocabulary.MODALITIES, facts.modality)
    return replace(query, wanted=replace(query.wanted, modalities=spellings))


def _for_what_is_named(wanted: Wanted, wishes: Wishes) -> Wishes:
    """Who names a course is shown it, refused or not; who asks for others is not."""
    return wishes if wanted.reference.wants_others else replace(wishes, refused=frozenset())


def _fitting(
    wishes: Wishes, near: list[Recommendation], reader: CatalogueReader
) -> list[Recommendation]:
    """What is near to what was asked for, or fits the person, filled up to a list."""
    found = near or recommend(wishes, reader, _SHOWN)
    if len(found) >= _SHOWN:
        return found
    known = [item.course.id_course for item in found]
    return [*found, *next_to_begin(wishes, reader, _SHOWN, known)][:_SHOWN]


def _about_one(known: UUID | None, reader: CatalogueReader) -> Findings | None:
    depth = reader.find_in_depth(known) if known else None
    if not depth:
        return None
    return Findings((depth.course,), depth.course, about_one=True, depth=depth)


def _in_depth(findings: Findings, wanted: Wanted, reader: CatalogueReader) -> Findings:
    """The same with all that is known of its first course, where the answer speaks of that."""
    needs_it = findings.about_one or (findings.matched and wanted.intent in _IN_DEPTH)
    if findings.depth or not needs_it or not findings.courses:
        return findings
    return replace(findings, depth=reader.find_in_depth(findings.courses[0].id_course))


def _wishes(wanted: Wanted) -> Wishes:
    """What is known of the person; whoever asks for other courses wants none of those shown."""
    wishes = wishes_of(wanted.memory, wanted.facts)
    if not wanted.reference.wants_others:
        return wishes
    return replace(wishes, refused=wishes.refused | wishes.shown)


def _named_topic(text: str, query: Query, facts: Facts) -> str | None:
    """The subject in the person's words; None when the text names none."""
    if not query.subject:
        return None
    if facts.interests:
        return facts.interests[0]
    named = _NAMED_TOPIC.search(text.lower())
    return re.split(r"[?.,;!\n]", named[1] or named[2])[0].strip() if named else None
