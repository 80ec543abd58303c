"""What the chat reads of the catalogue, wherever it is kept."""

from collections.abc import Collection, Sequence
from typing import Protocol
from uuid import UUID

from bot.models.catalogue import Course, CourseInDepth
from bot.stores import course_search, courses
from bot.stores.course_search import Match, Probe
from bot.stores.courses import CourseFilter


class CatalogueReader(Protocol):
    """PostgreSQL, or the snapshot while that is away."""

    def search(self, probe: Probe, limit: int) -> list[Match]:
        """See :func:`bot.stores.course_search.search`."""
        ...

    def upcoming(
        self,
        wanted: CourseFilter,
        limit: int,
        preferred: CourseFilter | None = None,
        without: Collection[UUID] = (),
    ) -> list[Course]:
        """See :func:`bot.stores.courses.upcoming`."""
        ...

    def find_in_depth(self, id_course: UUID) -> CourseInDepth | None:
        """See :func:`bot.stores.courses.find_in_depth`."""
        ...

    def of_ids(self, ids: Sequence[UUID]) -> list[Course]:
        """See :func:`bot.stores.courses.of_ids`."""
        ...


class SqlCatalogue:
    """The catalogue in PostgreSQL."""

    def search(self, probe: Probe, limit: int) -> list[Match]:
        """Ranked courses for a probe."""
        return course_search.search(probe, limit)

    def upcoming(
        self,
        wanted: CourseFilter,
        limit: int,
        preferred: CourseFilter | None = None,
        without: Collection[UUID] = (),
    ) -> list[Course]:
        """The next courses to begin."""
        return courses.upcoming(wanted, limit, preferred, without)

    def find_in_depth(self, id_course: UUID) -> CourseInDepth | None:
        """One course with what an answer may speak of."""
        return courses.find_in_depth(id_course)

    def of_ids(self, ids: Sequence[UUID]) -> list[Course]:
        """The courses with these ids."""
        return courses.of_ids(ids)
