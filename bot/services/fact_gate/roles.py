"""True figures in a false place: the end as the beginning, one session's day for another's."""

import re
from collections.abc import Sequence

from bot.services.catalogue.words import lexeme
from bot.services.fact_gate.claims import Claim, Kind, claims
from bot.services.fact_gate.draft import Draft
from bot.services.fact_gate.given import DURATION, ENDS, SESSION_LENGTH, STARTS, GivenSession
from bot.services.fact_gate.reading import read
from bot.services.fact_gate.rules import rules
from bot.services.fact_gate.sources import (
    Source,
    in_small,
    is_end_of_a_session,
    is_same_day,
    weekday_of,
)
from bot.services.spanish import mirror

_UNTIL = re.compile(r"\s?(?:al|hasta el|-|–|a)\s(?:\w+\s)?")
_LISTED_DAYS = re.compile(r"\d (?:y|e) |,")
_ANOTHER_CLAUSE = re.compile(r" (?:y|e|pero|donde|cuando) ")
_ANOTHER_SESSION = re.compile(r"\bla (?:(\d{1,2})\b|ultima\b)(?![:.,]\d)")
_EACH = re.compile(
    r"\b(?:sesiones|clases|encuentros|lunes|martes|miercoles|jueves|viernes|sabados) de $"
)
_MARKS = re.compile(r"[\s*_]*")
_BEFORE, _AFTER = 30, 22
_BOTH = 2
_STEM = 5


def is_in_its_place(claim: Claim, draft: Draft, sources: Sequence[Source]) -> bool:
    """Whether ``claim`` is told of what it is true of, as far as the reply says of what it is."""
    if claim.kind is Kind.DATE:
        return _has_its_role(claim, draft, sources) and _is_of_its_session(claim, draft)
    if claim.kind is Kind.SESSION:
        return _is_of_its_session(claim, draft)
    if claim.kind is Kind.WEEKDAY:
        return _is_day_of(claim, draft, (*sources, draft.school))
    if claim.kind is Kind.QUANTITY:
        return _has_its_length(claim, draft, sources) and _is_as_often(claim, draft, sources)
    return True


def is_end_of_class(claim: Claim, draft: Draft, sources: Sequence[Source]) -> bool:
    """The second hour of a sentence may be when classes end: "de 19:00 a 20:30"."""
    start, _ = draft.text.sentence_at(claim.start)
    if claim.kind is not Kind.CLOCK or not draft.others(Kind.CLOCK, start, claim.start):
        return False
    return any(is_end_of_a_session(claim, source) for source in sources)


def is_of_all(claim: Claim, draft: Draft) -> bool:
    """Said of both courses, or of all: "los dos duran 4 horas"."""
    start, _ = draft.text.sentence_at(claim.start)
    told = list(rules().cues["of_all"].finditer(draft.before(claim)))
    if not told or len(draft.courses) < _BOTH:
        return False
    since = start + told[-1].end()
    return not any(since <= mention.start < claim.start for mention in draft.mentions)


def _has_its_role(claim: Claim, draft: Draft, sources: Sequence[Source]) -> bool:
    """A beginning is the day on which a course begins, and not some other day of it."""
    role = _role(claim, draft)
    known = [day for each in sources for day in (each.of(role, Kind.DATE) if role else ())]
    return not known or any(is_same_day(claim.value, day) for day in known)


def _role(claim: Claim, draft: Draft) -> str | None:
    before = draft.before(claim)
    if role := _end_of_a_range(claim, draft, before):
        return role
    roles = [
        (match.end(), name)
        for name in (STARTS, ENDS)
        for match in rules().cues[name].finditer(before)
        if not _ANOTHER_CLAUSE.search(before, match.end())
    ]
    is_of_a_session = rules().cues["of_a_session"].search(before)
    return max(roles)[1] if roles and not is_of_a_session else None


def _end_of_a_range(claim: Claim, draft: Draft, before: str) -> str | None:
    """In "del 12 de enero al 2 de marzo" both days have their role."""
    together = [each for each in draft.claims if each.start == claim.start]
    is_range = before.rstrip().endswith("del") and not _LISTED_DAYS.search(mirror(claim.said))
    if is_range and len(together) == _BOTH:
        return ENDS if claim is together[1] else STARTS
    if is_range and _UNTIL.match(draft.text.plain, claim.end):
        return STARTS
    earlier = [each for each in draft.claims if each.kind is Kind.DATE and each.end < claim.start]
    is_end = earlier and _UNTIL.fullmatch(draft.text.plain[earlier[-1].end : claim.start])
    return ENDS if is_end else None


def _is_of_its_session(claim: Claim, draft: Draft) -> bool:
    """A session that is named in the sentence has its own day and its own title."""
    sessions = draft.sessions(claim)
    start, end = draft.text.sentence_at(claim.start)
    titled = _titled(sessions, draft, start, end)
    if claim.kind is Kind.SESSION:
        return not titled or claim.value in titled.values() or len(titled) > 1
    if _role(claim, draft):
        return True
    named = titled | _numbered(draft, start, end, len(sessions))
    earlier = draft.others(Kind.DATE, start, claim.start)
    since = earlier[-1].end if earlier else start
    near = {number for at, number in named.items() if since <= at < claim.start}
    days = [
        day.value
        for each in sessions
        if each.number in (near or named.values()) and each.day
        for day in claims(read(each.day))
    ]
    return not days or any(is_same_day(claim.value, day) for day in days)


def _titled(sessions: Sequence[GivenSession], draft: Draft, start: int, end: int) -> dict[int, int]:
    """Where a sentence names sessions by their title."""
    sentence = draft.text.plain[start:end]
    titles = ((sentence.find(mirror(each.title)), each.number) for each in sessions)
    return {start + place: number for place, number in titles if place >= 0}


def _numbered(draft: Draft, start: int, end: int, last: int) -> dict[int, int]:
    """Where a sentence names sessions by their number, as "la 2" or "la última" too."""
    found = {each.start: each.value for each in draft.others(Kind.SESSION, start, end)}
    for match in _ANOTHER_SESSION.finditer(draft.text.plain, start, end) if found else ():
        found[match.start()] = int(match[1]) if match[1] else last
    return found


def _is_day_of(claim: Claim, draft: Draft, sources: Sequence[Source]) -> bool:
    """In "martes 12 de enero" the day of the week is that of the date."""
    dates = draft.others(Kind.DATE, claim.end, claim.end + len(", el ") + 1)
    known = [
        day
        for source in sources
        for day in source.values(Kind.DATE)
        if dates and is_same_day(dates[0].value, day)
    ]
    return not known or any(weekday_of(day) == claim.value for day in known)


def _is_as_often(claim: Claim, draft: Draft, sources: Sequence[Source]) -> bool:
    """Hours "semanales" in the facts are none "diarias"."""
    gap = _MARKS.match(draft.text.plain, claim.end)
    told = rules().cues["how_often"].match(draft.text.plain, gap.end() if gap else claim.end)
    if not told:
        return True
    stem = lexeme(told[0].split()[-1])[:_STEM]
    return any(stem in source.text for source in sources)


def _has_its_length(claim: Claim, draft: Draft, sources: Sequence[Source]) -> bool:
    """What each session lasts is not what the course lasts."""
    if in_small(claim.value)[1] != "minuto":
        return True
    start, end = draft.text.sentence_at(claim.start)
    near = draft.text.plain[max(start, claim.start - _BEFORE) : min(end, claim.end + _AFTER)]
    roles = ((SESSION_LENGTH, "each"), (DURATION, "in_all"))
    for name, cue in roles[:1] if _EACH.search(draft.before(claim)) else roles:
        known = [length for each in sources for length in each.of(name, Kind.QUANTITY)]
        if known and rules().cues[cue].search(near):
            return in_small(claim.value) in map(in_small, known)
    return True
