"""The catalogue as internal tools ask for it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from bot.errors import NotFound
from bot.models.catalogue import Course
from bot.services import database, vocabulary
from bot.services.catalogue.words import phrase, tokens, tsquery
from bot.services.spanish import plain
from bot.stores import courses as store
from bot.stores.courses import CourseFilter

SORT_KEYS = tuple(key for name in store.SORTS for key in (name, f"-{name}"))
"""What a list can be sorted by; ``-`` turns the order round."""


_BEYOND_ANY_END = 2**31
"""An offset that PostgreSQL can read; what is farther would be as empty."""


@dataclass(frozen=True, slots=True)
class PriceRange:
    """The readable prices on offer in one currency."""

    currency: str | None
    lowest: Decimal
    highest: Decimal


@dataclass(frozen=True, slots=True)
class CatalogueSummary:
    """The catalogue in a few words; lists hold what courses on offer have, as typed.

    ``next_start`` and ``next_course`` are of the course that begins next.
    """

    total: int
    on_offer: int
    levels: list[str]
    modalities: list[str]
    audiences: list[str]
    prices: list[PriceRange]
    next_start: datetime | None
    next_course: str | None


def get_all_courses(
    filters: Mapping[str, Any] | None = None, limit: int = 100, sort: str = "name"
) -> list[Course]:
    """Courses that meet every one of ``filters``, at most ``limit``; see :func:`list_courses`.

    Raises:
        StoreUnavailable: when the database is away.
    """
    return list_courses(filters or {}, sort, 0, limit)[0]


def get_courses_by_level(level: str, limit: int = 100) -> list[Course]:
    """Courses of a level, in whatever spelling: ``intermedio`` finds ``Intermediate``."""
    return get_all_courses({"level": level}, limit)


def get_courses_by_modality(modality: str, limit: int = 100) -> list[Course]:
    """Courses of a modality, in whatever spelling: ``presencial`` finds ``In-person``."""
    return get_all_courses({"modality": modality}, limit)


def list_courses(
    wanted: Mapping[str, Any], sort: str, offset: int, limit: int
) -> tuple[list[Course], int]:
    """One page of courses that meet every filter in ``wanted``, and how many there are in all.

    ``wanted`` may hold ``level``, ``modality``, ``status``, ``language``, ``audience``,
    ``currency``, ``min_price``, ``max_price`` and ``q``.

    Raises:
        StoreUnavailable: when the database is away.
    """
    words = _any_of(tokens(wanted.get("q") or ""))
    if wanted.get("q") and not words:
        return [], 0
    criteria = CourseFilter(
        levels=vocabulary.spellings(vocabulary.LEVELS, wanted.get("level")),
        modalities=vocabulary.spellings(vocabulary.MODALITIES, wanted.get("modality")),
        languages=vocabulary.spellings(vocabulary.LANGUAGES, wanted.get("language")),
        currencies=_plain_list(wanted.get("currency")),
        status=plain(wanted.get("status") or "") or None,
        audience=plain(wanted.get("audience") or "") or None,
        min_price=wanted.get("min_price"),
        max_price=wanted.get("max_price"),
        words=words,
    )
    return database.read(lambda: store.page(criteria, sort, min(offset, _BEYOND_ANY_END), limit))


def get_course_complete_info(id_course: UUID) -> Course:
    """One course with its sessions in order, their activities and elements, and its bonuses.

    Raises:
        NotFound: when there is no such course.
    """
    course = database.read(lambda: store.find_complete(id_course))
    if course is None:
        raise NotFound(f"There is no course with the id {id_course}.")
    return course


def get_course_statistics() -> dict[str, Any]:
    """Counts by level, modality, status and audience, and the price range by currency."""
    by = {"level": "level", "modality": "modality", "status": "status"}
    by |= {"audience": "audience_category"}

    def count() -> dict[str, Any]:
        tallies = {f"by_{name}": _readable(store.tally(column)) for name, column in by.items()}
        prices = [PriceRange(*row) for row in store.price_ranges()]
        return {"total": store.count(), **tallies, "prices": prices}

    return database.read(count)


def get_course_catalog_summary() -> CatalogueSummary:
    """What the school has on offer, in a few figures.

    Raises:
        StoreUnavailable: when the database is away.
    """

    def summarise() -> CatalogueSummary:
        offered = CourseFilter(offered=True)
        upcoming = [course for course in store.upcoming(offered, 1) if _is_ahead(course)]
        return CatalogueSummary(
            total=store.count(),
            on_offer=store.count(offered),
            levels=_values("level"),
            modalities=_values("modality"),
            audiences=_values("audience_category"),
            prices=[PriceRange(*row) for row in store.price_ranges()],
            next_start=upcoming[0].start_date if upcoming else None,
            next_course=upcoming[0].name if upcoming else None,
        )

    return database.read(summarise)


def get_available_options() -> dict[str, list[str]]:
    """The levels, modalities, languages and audiences that courses have."""
    columns = {
        "levels": "level",
        "modalities": "modality",
        "languages": "language",
        "audiences": "audience_category",
    }
    return database.read(
        lambda: {
            name: [value for value, _ in store.tally(column) if value]
            for name, column in columns.items()
        }
    )


def _is_ahead(course: Course) -> bool:
    return course.start_date is not None and course.start_date > datetime.now()


def _values(column: str) -> list[str]:
    return [value for value, _ in store.tally(column, offered_only=True) if value]


def _any_of(words: Sequence[str]) -> str | None:
    return " | ".join(filter(None, (tsquery(phrase([word])) for word in words))) or None


def _readable(tally: list[tuple[str | None, int]]) -> dict[str, int]:
    """Nothing and an empty text are one: the value is missing."""
    counts: dict[str, int] = {}
    for value, number in tally:
        counts[value or ""] = counts.get(value or "", 0) + number
    return counts


def _plain_list(text: str | None) -> tuple[str, ...]:
    return (plain(text),) if text else ()
