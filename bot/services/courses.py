"""The catalogue as internal tools ask for it."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from bot.errors import NotFound
from bot.models.catalogue import Course
from bot.services import catalogue, database, vocabulary
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


def list_courses(
    wanted: dict[str, Any], sort: str, offset: int, limit: int
) -> tuple[list[Course], int]:
    """One page of courses that meet every filter in ``wanted``, and how many there are in all.

    ``wanted`` may hold ``level``, ``modality``, ``status``, ``language``, ``audience``,
    ``currency``, ``min_price``, ``max_price`` and ``q``.
    """
    words = catalogue.all_words(wanted.get("q", ""))
    if wanted.get("q") and not words:
        return [], 0
    same = ("status", "language", "audience", "currency", "min_price", "max_price")
    criteria = CourseFilter(
        levels=vocabulary.spellings(vocabulary.LEVELS, wanted.get("level")),
        modalities=vocabulary.spellings(vocabulary.MODALITIES, wanted.get("modality")),
        words=words,
        **{name: wanted.get(name) for name in same},
    )
    return database.read(lambda: store.page(criteria, sort, min(offset, _BEYOND_ANY_END), limit))


def get_complete(id_course: UUID) -> Course:
    """One course with everything that belongs to it.

    Raises:
        NotFound: when there is no such course.
    """
    course = database.read(lambda: store.find_complete(id_course))
    if course is None:
        raise NotFound(f"There is no course with the id {id_course}.")
    return course


def statistics() -> dict[str, Any]:
    """Counts by level, modality, status and audience, and the price range by currency."""
    by = {"level": "level", "modality": "modality", "status": "status"}
    by |= {"audience": "audience_category"}

    def count() -> dict[str, Any]:
        tallies = {f"by_{name}": _readable(store.tally(column)) for name, column in by.items()}
        prices = [PriceRange(*row) for row in store.price_ranges()]
        return {"total": store.count(), **tallies, "prices": prices}

    return database.read(count)


def options() -> dict[str, list[str]]:
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


def _readable(tally: list[tuple[str | None, int]]) -> dict[str, int]:
    return {value or "": number for value, number in tally}
