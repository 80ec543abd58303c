"""What one import knows while it runs, batch after batch."""

import os
from collections.abc import Hashable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from unicodedata import normalize
from uuid import UUID

from bot.services.transfer.kinds import Problem, Row
from bot.services.transfer.reports import Report
from bot.stores import course_rows

_IDS_AT_ONCE = 1000


class By(StrEnum):
    """How a row finds its course: by ``id_course`` or by name, or by the id where it has one."""

    ID = "id"
    NAME = "name"
    EITHER = "either"


@dataclass(slots=True)
class Run:
    """One import. ``actor`` is who made the changes, for the audit; None leaves no trace.

    ``stored_ids`` is for rows that the database has under another id than the file.
    """

    by: By
    actor: str | None = None
    report: Report = field(default_factory=Report)
    stored_ids: dict[UUID, UUID] = field(default_factory=dict[UUID, UUID])
    _names: dict[str, UUID | None] | None = None
    _random_bytes: list[bytes] = field(default_factory=list[bytes])
    _places: dict[int, str] = field(default_factory=dict[int, str])

    def refuse(self, row: Row, column: str, wrong: str, mend: str) -> None:
        """Leave ``row`` out, for this reason."""
        self.report.refuse(row, Problem(row.place, column, wrong, mend))

    def place_of(self, *key: Hashable) -> str | None:
        """Where in the file ``key`` was met before."""
        return self._places.get(hash(key))

    def remember(self, row: Row, *key: Hashable) -> None:
        """Note that ``row`` has ``key``; its 64-bit hash alone, because files are long."""
        self._places[hash(key)] = row.place

    def courses_named(self, name: str) -> tuple[bool, UUID | None]:
        """Whether the database has a course of this name, and its id when there is only one."""
        names, folded = self._known_names(), folded_name(name)
        return folded in names, names.get(folded)

    def learn_name(self, row: Row) -> None:
        """A course that was written can be found by its name from now on."""
        name = row.values.get("name")
        if name and self._names is not None:
            _add_name(self._names, name, row.id)

    def new_id(self) -> UUID:
        """A random id for a new row."""
        # Fetched for many rows at once: each request for random bytes lets the thread that reads
        # the file in, and takes as long as its turn.
        if not self._random_bytes:
            fetched = os.urandom(16 * _IDS_AT_ONCE)
            self._random_bytes = [fetched[at : at + 16] for at in range(0, len(fetched), 16)]
        return UUID(bytes=self._random_bytes.pop(), version=4)

    def stored_id(self, file_id: Any) -> Any:
        """The id in the database of what has ``file_id`` in the file."""
        return self.stored_ids.get(file_id, file_id)

    def _known_names(self) -> dict[str, UUID | None]:
        # All names at once and compared here: no index of the database folds case, and how
        # PostgreSQL folds it depends on the server's locale.
        if self._names is None:
            self._names = {}
            for id_course, name in course_rows.names():
                _add_name(self._names, name, id_course)
        return self._names


def folded_name(name: str) -> str:
    """The form in which two names are the same: trimmed, case and ways to write accents apart."""
    return normalize("NFC", name).strip().casefold()


def _add_name(names: dict[str, UUID | None], name: str, id_course: UUID) -> None:
    folded = folded_name(name)
    if folded:
        names[folded] = id_course if names.get(folded, id_course) == id_course else None
