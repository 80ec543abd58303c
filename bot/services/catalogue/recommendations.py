"""Courses that fit a person, with the reasons in words."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from math import log2
from uuid import UUID

from rapidfuzz.fuzz import ratio

from bot.models.catalogue import Course
from bot.models.leads import LeadMemory
from bot.models.understanding import Facts
from bot.services import money, vocabulary
from bot.services.catalogue.probes import probe
from bot.services.catalogue.queries import Concept, Query, chat_words, understand
from bot.services.catalogue.search import read_catalogue, worth_showing
from bot.services.catalogue.watch import Knowledge, knowledge
from bot.services.catalogue.words import lexeme, tokens
from bot.services.spanish import plain
from bot.stores.catalogue import CatalogueReader
from bot.stores.course_search import Match
from bot.stores.courses import CourseFilter

_CANDIDATES = 40
_MOST_WISHES = 5
_MOST_CONCEPTS = 8
_NEAR_COPY = 84.0
_SOON = timedelta(days=45)
_SHARES = {"interest": 1.0, "pain": 0.8, "role": 0.6}
_REASONS = {
    "interest": "porque te interesa {}",
    "pain": "te ayuda con {}",
    "role": "va con tu trabajo ({})",
}
_POPULAR_FROM = 5
_FITS, _FITS_NOT = 1.25, 0.8
_IN_BUDGET, _OVER_BUDGET = 1.1, 0.6
_SHOWN_BEFORE, _UNDER_WAY = 0.6, 0.9


@dataclass(frozen=True, slots=True)
class Wishes:
    """What is known of a person who looks for a course.

    ``interests`` and ``pains`` are phrases in the person's words. ``level`` and ``modality`` are
    words of :mod:`bot.services.vocabulary`. ``budget`` is in ``currency`` (ISO 4217), or in
    whatever a course is priced in when that is None. Courses that were ``refused`` never come
    back; those that were ``shown`` come after others. ``unwanted`` are phrases for subjects that
    the person has had already or does not want.
    """

    interests: tuple[str, ...] = ()
    pains: tuple[str, ...] = ()
    role: str | None = None
    level: str | None = None
    modality: str | None = None
    budget: Decimal | None = None
    currency: str | None = None
    shown: frozenset[UUID] = frozenset()
    refused: frozenset[UUID] = frozenset()
    unwanted: tuple[str, ...] = ()

    @property
    def is_known(self) -> bool:
        """Whether anything is known that a course can be chosen by."""
        return bool(self.interests or self.pains or self.role)


@dataclass(frozen=True, slots=True)
class Recommendation:
    """A course, how well it fits (more is better), and why, in Spanish.

    ``is_of_interest`` tells that it is of something that the person spoke of.
    """

    course: Course
    score: float
    reasons: tuple[str, ...] = ()
    is_of_interest: bool = False


def get_recommended_courses(
    user_interests: Sequence[str] = (),
    user_level: str | None = None,
    *,
    pains: Sequence[str] = (),
    role: str | None = None,
    modality: str | None = None,
    budget: Decimal | None = None,
    currency: str | None = None,
    shown: Iterable[UUID] = (),
    refused: Iterable[UUID] = (),
    limit: int = 3,
) -> list[Recommendation]:
    """Courses on offer for a person, best first; the next to begin when nothing is known.

    Raises:
        StoreUnavailable: when the database is away and there is no snapshot.
    """
    wishes = Wishes(
        tuple(user_interests),
        tuple(pains),
        role,
        vocabulary.level(user_level),
        vocabulary.modality(modality),
        budget,
        currency,
        frozenset(shown),
        frozenset(refused),
    )
    return recommend_for(wishes, limit)


def recommend_for(wishes: Wishes, limit: int) -> list[Recommendation]:
    """Courses on offer for ``wishes``, best first.

    Raises:
        StoreUnavailable: when the database is away and there is no snapshot.
    """
    return read_catalogue(lambda reader: recommend(wishes, reader, limit))


def wishes_of(memory: LeadMemory, facts: Facts | None = None) -> Wishes:
    """What is remembered of a lead, and what the message at hand adds to it."""
    facts = facts or Facts()
    known = memory.additional_data
    budget = facts.budget or known.get("budget")
    return Wishes(
        interests=memory.interests,
        pains=memory.pain_points,
        role=facts.role or memory.role,
        level=vocabulary.level(facts.level or _text(known.get("level"))),
        modality=vocabulary.modality(facts.modality or _text(known.get("modality"))),
        budget=Decimal(str(budget)) if isinstance(budget, int | float) else None,
        currency=facts.currency or _text(known.get("currency")),
        shown=_course_ids(memory.values("seen_courses")),
        refused=_course_ids(memory.values("refused_courses")),
        unwanted=(*facts.taken, *facts.refused, *_unwanted(memory)),
    )


def course_id(text: object) -> UUID | None:
    """A course's id; what older bots left under such names may be anything."""
    try:
        return UUID(str(text))
    except ValueError:
        return None


def recommend(wishes: Wishes, reader: CatalogueReader, limit: int) -> list[Recommendation]:
    """What fits the person, and after it the next courses to begin, up to ``limit``."""
    known = knowledge()
    query, reasons = _query(wishes, known)
    wanted = probe(query, known.lexicon)
    matches = reader.search(replace(wanted, is_preference=True), _CANDIDATES) if wanted else []
    found = weigh(worth_showing(matches), wishes, reasons, limit)
    return found if found else next_to_begin(wishes, reader, limit)


def next_to_begin(
    wishes: Wishes, reader: CatalogueReader, limit: int, without: Collection[UUID] = ()
) -> list[Recommendation]:
    """The next courses to begin, those in front whose level and modality fit the person."""
    offered = CourseFilter(offered=True)
    fitting = replace(_fitting(wishes), offered=True)
    preferred = fitting if fitting != offered else None
    left_out = {*wishes.refused, *without}
    courses = reader.upcoming(offered, _CANDIDATES, preferred, left_out)
    found = weigh([Match(course, 1.0, frozenset()) for course in courses], wishes, {}, limit)
    return [item if item.reasons else replace(item, reasons=_when(item.course)) for item in found]


def _when(course: Course) -> tuple[str, ...]:
    """What speaks for a course of which nothing else does."""
    is_ahead = course.start_date is not None and course.start_date > datetime.now()
    return ("es de los próximos en empezar",) if is_ahead else ()


def weigh(
    matches: Iterable[Match], wishes: Wishes, reasons: Mapping[int, str], limit: int
) -> list[Recommendation]:
    """Put what fits the person in front, with reasons, and near-copies of it behind."""
    popularity = knowledge().popularity
    weighed = [
        _weighed(match, wishes, reasons, popularity.get(match.course.id_course, 0))
        for match in matches
        if match.course.id_course not in wishes.refused
        and not _is_named_by(wishes.unwanted, match.course)
    ]
    return _diverse(sorted(weighed, key=_best_first))[:limit]


def _unwanted(memory: LeadMemory) -> Iterator[str]:
    for kept in ("taken_courses", "refused_interests"):
        yield from (text for text in memory.values(kept) if isinstance(text, str))


def _is_named_by(phrases: Iterable[str], course: Course) -> bool:
    """Whether the name of ``course`` has every telling word of one of ``phrases``."""
    name = {lexeme(word) for word in tokens(course.name or "")}
    wanted = (
        [lexeme(word) for word in tokens(each) if word not in chat_words()] for each in phrases
    )
    return any(words and name.issuperset(words) for words in wanted)


def _fitting(wishes: Wishes) -> CourseFilter:
    return CourseFilter(
        levels=vocabulary.spellings(vocabulary.LEVELS, wishes.level),
        modalities=vocabulary.spellings(vocabulary.MODALITIES, wishes.modality),
    )


def _query(wishes: Wishes, known: Knowledge) -> tuple[Query, dict[int, str]]:
    """One query for all that is known of a person, and the reason that each concept gives.

    What nearly every course has is a reason for none of them, and no substitute for a subject
    that is not taught.
    """
    concepts: list[Concept] = []
    reasons: dict[int, str] = {}
    for kind, text in _sources(wishes):
        query = understand(text, known.lexicon)
        telling = [each for each in query.subject if not known.is_everywhere(each)]
        for concept in telling or (query.subject if query.answered else ()):
            if not concept.ways:
                continue
            if query.answered and concept.is_taught:
                reasons[len(concepts)] = _REASONS[kind].format(text)
            place = 10 * len(concepts)  # things said apart are not looked for side by side
            concepts.append(replace(concept, place=place, share=_SHARES[kind]))
    return Query(tuple(concepts[:_MOST_CONCEPTS]), wanted=_fitting(wishes)), reasons


def _sources(wishes: Wishes) -> Iterator[tuple[str, str]]:
    """What is known of the person, each thing once however often it was told."""
    told = [("interest", text) for text in wishes.interests[-_MOST_WISHES:]]
    told += [("pain", text) for text in wishes.pains[-_MOST_WISHES:]]
    told += [("role", wishes.role)] if wishes.role else []
    known: set[str] = set()
    for kind, text in told:
        said = " ".join(text.split())
        if plain(said) not in known:
            known.add(plain(said))
            yield kind, said


def _weighed(
    match: Match, wishes: Wishes, reasons: Mapping[int, str], leads: int
) -> Recommendation:
    course = match.course
    found = dict.fromkeys(reasons[number] for number in sorted(match.matched) if number in reasons)
    judged = (
        _level(course, wishes),
        _modality(course, wishes),
        _budget(course, wishes),
        _popularity(leads),
        _start(course),
    )
    score = match.score * (_SHOWN_BEFORE if course.id_course in wishes.shown else 1)
    for factor, _ in judged:
        score *= factor
    why = [*found, *(reason for _, reason in judged if reason)]
    return Recommendation(course, round(score, 6), tuple(why), bool(found))


def _level(course: Course, wishes: Wishes) -> tuple[float, str | None]:
    level = vocabulary.level(course.level)
    if not wishes.level or not level:
        return 1, None
    return (_FITS, f"va con tu nivel ({level})") if level == wishes.level else (_FITS_NOT, None)


def _modality(course: Course, wishes: Wishes) -> tuple[float, str | None]:
    modality = vocabulary.modality(course.modality)
    if not wishes.modality or not modality:
        return 1, None
    fits = modality == wishes.modality
    return (_FITS, f"es {modality}, como prefieres") if fits else (_FITS_NOT, None)


def _budget(course: Course, wishes: Wishes) -> tuple[float, str | None]:
    price = money.amount(course.price)
    currency = (course.currency or "").strip().upper()
    if wishes.budget is None or price is None or currency not in {wishes.currency or currency}:
        return 1, None
    fits = price <= wishes.budget
    return (_IN_BUDGET, "entra en tu presupuesto") if fits else (_OVER_BUDGET, None)


def _popularity(leads: int) -> tuple[float, str | None]:
    """From the bot's own message log: everybody who was answered about the course counts once."""
    reason = "es de los que más nos piden" if leads >= _POPULAR_FROM else None
    return 1 + min(log2(1 + leads), 8) / 40, reason


def _start(course: Course) -> tuple[float, str | None]:
    if course.start_date is None:
        return 1, None
    ahead = course.start_date - datetime.now()
    if ahead < timedelta(0):
        return _UNDER_WAY, None
    return (1.05, "empieza pronto") if ahead <= _SOON else (1, None)


def _diverse(ranked: list[Recommendation]) -> list[Recommendation]:
    """Three editions of one course are no choice: all but the best of them go to the end."""
    chosen: dict[str, Recommendation] = {}
    copies: list[Recommendation] = []
    for item in ranked:
        name = plain(item.course.name or "")
        if any(ratio(name, other) >= _NEAR_COPY for other in chosen):
            copies.append(item)
        else:
            chosen[name] = item
    return [*chosen.values(), *copies]


def _best_first(item: Recommendation) -> tuple[float, datetime, str]:
    starts = item.course.start_date or datetime.max
    return -item.score, starts, str(item.course.id_course)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _course_ids(values: Iterable[object]) -> frozenset[UUID]:
    return frozenset(known for value in values if (known := course_id(value)))
