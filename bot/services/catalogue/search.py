"""Courses that a text asks for, best first."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from bot.errors import StoreUnavailable
from bot.models.catalogue import Course
from bot.services import database
from bot.services.catalogue.probes import probe, probe_of_words
from bot.services.catalogue.queries import Query, understand
from bot.services.catalogue.snapshots import snapshot
from bot.services.catalogue.watch import knowledge
from bot.stores.catalogue import CatalogueReader, SqlCatalogue
from bot.stores.course_search import Match

T = TypeVar("T")

_LEAST_SHARE_OF_THE_BEST = 0.1
_LONGEST_TEXT = 500


@dataclass(frozen=True, slots=True)
class FoundCourse:
    """A course and how well it fits; more is better."""

    course: Course
    score: float


def search_courses_by_text(text: str, limit: int = 10) -> list[FoundCourse]:
    """Courses on offer for a text as people write it, best first; none when none is of it.

    Raises:
        StoreUnavailable: when the database is away and there is no snapshot.
    """
    query = read_query(text)
    if not query.answered:
        return []
    matches = read_catalogue(lambda reader: find(query, reader, limit))
    return [FoundCourse(match.course, match.score) for match in matches]


def search_courses_by_keyword(keyword: str, limit: int = 20) -> list[Course]:
    """Courses on offer that have every word of ``keyword``, best first; misspelt ones are mended.

    Raises:
        StoreUnavailable: when the database is away and there is no snapshot.
    """
    wanted = probe_of_words(_clipped(keyword), knowledge().lexicon)
    if wanted is None:
        return []
    matches = read_catalogue(lambda reader: reader.search(wanted, limit))
    return [match.course for match in matches if match.fits and match.level_fits]


def read_query(text: str) -> Query:
    """What ``text`` asks for, with the words of the catalogue as it is."""
    return understand(_clipped(text), knowledge().lexicon)


def read_catalogue(work: Callable[[CatalogueReader], T]) -> T:
    """Do ``work`` on the database, or on the snapshot while that is away.

    Raises:
        StoreUnavailable: when there is neither.
    """
    try:
        return database.read(lambda: work(SqlCatalogue()))
    except StoreUnavailable:
        kept = snapshot()
        if not kept.exists():
            raise
        return work(kept)


def find(query: Query, reader: CatalogueReader, limit: int) -> list[Match]:
    """The courses for ``query``, or near it when it is not ``answered``.

    A query without a subject but with a filter lists what fits.
    """
    wanted = probe(query, knowledge().lexicon)
    if wanted is None:
        return _that_fit(query, reader, limit) if query.wanted and not query.subject else []
    return worth_showing(reader.search(wanted, limit))


def worth_showing(found: Sequence[Match]) -> list[Match]:
    """Those that are not far behind the best."""
    least = _LEAST_SHARE_OF_THE_BEST * max((match.score for match in found), default=0)
    return [match for match in found if match.score >= least]


def _that_fit(query: Query, reader: CatalogueReader, limit: int) -> list[Match]:
    offered = replace(query.wanted, offered=True)
    return [Match(course, 1.0, frozenset()) for course in reader.upcoming(offered, limit)]


def _clipped(text: str) -> str:
    """As much of ``text`` as is looked at, without half a word at its end."""
    return text if len(text) <= _LONGEST_TEXT else text[:_LONGEST_TEXT].rpartition(" ")[0]
