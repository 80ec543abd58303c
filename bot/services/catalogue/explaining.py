"""Why a text finds what it finds, for whoever looks after the catalogue."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.models.catalogue import Course
from bot.services import database
from bot.services.catalogue.queries import Concept, Query
from bot.services.catalogue.search import find, read_query
from bot.stores import courses as store
from bot.stores.catalogue import SqlCatalogue
from bot.stores.course_search import Match
from bot.stores.courses import CourseFilter


@dataclass(frozen=True, slots=True)
class FoundFor:
    """A course with its score and the things of the text that it has."""

    course: Course
    score: float
    has: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """How a text was read, and what came of it.

    ``searched`` has, for each thing that some course has, how it is looked for; ``unknown`` is what
    no course has. ``verdict`` says in a sentence why courses are shown or not.
    """

    searched: tuple[tuple[str, tuple[str, ...]], ...]
    unknown: tuple[str, ...]
    wanted: tuple[str, ...]
    verdict: str
    found: tuple[FoundFor, ...]
    on_offer: int
    total: int


def explain_search(text: str, limit: int = 5) -> Explanation:
    """How ``text`` is understood and which courses it finds, with what of it each has.

    Raises:
        StoreUnavailable: when the database is away.
    """
    query = read_query(text)

    def look() -> tuple[list[Match], int, int]:
        matches = find(query, SqlCatalogue(), limit) if query.answered else []
        return matches, store.count(CourseFilter(offered=True)), store.count()

    matches, on_offer, total = database.read(look)
    return Explanation(
        searched=tuple(
            (concept.said, tuple(way.query.replace("'", "") for way in concept.ways))
            for concept in query.concepts
        ),
        unknown=tuple(concept.said for concept in query.subject if not concept.ways),
        wanted=tuple(_wanted(query.wanted)),
        verdict=_verdict(query, matches, on_offer),
        found=tuple(_found(match, query.concepts) for match in matches),
        on_offer=on_offer,
        total=total,
    )


def _found(match: Match, concepts: Sequence[Concept]) -> FoundFor:
    has = (concepts[number].said for number in sorted(match.matched) if number < len(concepts))
    return FoundFor(match.course, match.score, tuple(has))


def _wanted(wanted: CourseFilter) -> Iterator[str]:
    for name in ("levels", "modalities", "languages", "currencies"):
        if spellings := getattr(wanted, name):
            yield f"{name}: {spellings[0]}"
    if wanted.min_price is not None:
        yield f"price from {wanted.min_price}"
    if wanted.max_price is not None:
        yield f"price up to {wanted.max_price}"


def _verdict(query: Query, matches: Sequence[Match], on_offer: int) -> str:
    if not on_offer:
        return "No course is on offer: all are archived, past, or there are none."
    if not query.subject and not query.wanted:
        return "The text names no subject: the next courses to begin are shown in the chat."
    if not query.answered:
        return "The subject is not in the catalogue, so nothing is found rather than anything."
    if not matches:
        return "The words are known, but no course on offer has enough of them."
    if query.wanted and not any(match.fits for match in matches):
        return "Courses have the subject, but none of them fits what is wanted besides."
    return "These courses have the subject."
