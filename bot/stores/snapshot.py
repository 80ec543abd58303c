"""The last good catalogue on disk, for when the database is away: one SQLite file.

It is only ever replaced as a whole, so readers need no lock: who has the old file open keeps it.
"""

import json
import sqlite3
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote
from uuid import UUID

import structlog

from bot.models.catalogue import Course, CourseInDepth
from bot.stores.course_search import Match, Probe
from bot.stores.courses import CourseFilter, session_outline
from bot.stores.snapshot_conditions import all_of, meets, now, on_offer, one_of, select
from bot.stores.snapshot_ranking import ranked
from bot.stores.snapshot_rows import FORMAT, course_of

log = structlog.get_logger(__name__)

T = TypeVar("T")

_NOT_AS_WRITTEN = (sqlite3.Error, ValueError, TypeError, LookupError)
"""What reading a damaged file raises; SQLite keeps no checksums."""

_DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)

_FileVersion = tuple[int, int, int]

_unusable: dict[Path, _FileVersion] = {}
"""The file under each path that turned out to be of no use, until another takes its place."""


@dataclass(frozen=True, slots=True)
class About:
    """When a snapshot was taken, at which change of the catalogue, and what it cost to write."""

    mark: tuple[int, int]
    taken_at: datetime
    seconds: float
    courses: int


@dataclass(frozen=True, slots=True)
class LexiconCounts:
    """How many courses there are, how many have each lexeme and word, and the lexemes of names."""

    courses: int = 0
    lexemes: Mapping[str, int] = field(default_factory=dict[str, int])
    words: Mapping[str, int] = field(default_factory=dict[str, int])
    names: Sequence[str] = field(default_factory=list[str])


class Snapshot:
    """Reads the catalogue in a file, as it was but for courses that have ended since.

    A file that is missing, damaged or of another format holds no course; nothing is raised. The
    courses belong to no session, and have nothing but their columns.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def exists(self) -> bool:
        """Whether there is a usable file."""
        return self.about() is not None

    def mark(self) -> tuple[int, int] | None:
        """The ``change_mark()`` of the catalogue when it was taken."""
        about = self.about()
        return about and about.mark

    def about(self) -> About | None:
        """What is noted of the snapshot itself."""
        return self._read(_about, None)

    def search(self, probe: Probe, limit: int) -> list[Match]:
        """See :func:`bot.stores.course_search.search`."""
        return self._read(lambda file: _search(file, probe, limit), [])

    def upcoming(
        self,
        wanted: CourseFilter,
        limit: int,
        preferred: CourseFilter | None = None,
        without: Collection[UUID] = (),
    ) -> list[Course]:
        """See :func:`bot.stores.courses.upcoming`; only what is on offer, in any case."""
        return self._read(lambda file: _upcoming(file, wanted, limit, preferred, without), [])

    def find_in_depth(self, id_course: UUID) -> CourseInDepth | None:
        """One course on offer with its bonuses and the titles and days of its sessions."""
        return self._read(lambda file: _find_in_depth(file, id_course), None)

    def of_ids(self, ids: Sequence[UUID]) -> list[Course]:
        """See :func:`bot.stores.courses.of_ids`."""
        return self._read(lambda file: _of_ids(file, ids), [])

    def lexicon_counts(self) -> LexiconCounts:
        """The words of the courses in it."""
        return self._read(_lexicon_counts, LexiconCounts())

    def _read(self, work: Callable[[sqlite3.Connection], T], otherwise: T) -> T:
        try:
            version = _version(self.path)
        except OSError:
            return otherwise
        if _unusable.get(self.path) == version:
            return otherwise
        try:
            with closing(_connect(self.path)) as file:
                _check_format(file)
                return work(file)
        except _NOT_AS_WRITTEN as error:
            log.warning("catalogue_snapshot_not_read", path=self.path.name, cause=str(error))
            if getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF in _DAMAGE:
                _unusable[self.path] = version
            return otherwise


def _version(path: Path) -> _FileVersion:
    found = path.stat()
    return found.st_ino, found.st_size, found.st_mtime_ns


def _connect(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True, isolation_level=None)


def _check_format(file: sqlite3.Connection) -> None:
    found = file.execute("PRAGMA user_version").fetchone()[0]
    if found != FORMAT:
        raise ValueError(f"It has format {found}, not {FORMAT}.")


def _about(file: sqlite3.Connection) -> About:
    changes, last_change, taken_at, seconds, courses = file.execute(
        "SELECT * FROM about"
    ).fetchone()
    return About((changes, last_change), datetime.fromisoformat(taken_at), seconds, courses)


def _search(file: sqlite3.Connection, probe: Probe, limit: int) -> list[Match]:
    found = ranked(file, probe, limit)
    courses = _courses(file, [each.number for each in found])
    return [
        Match(course, each.score, each.matched, each.fits, each.level_fits)
        for course, each in zip(courses, found, strict=True)
    ]


def _upcoming(
    file: sqlite3.Connection,
    wanted: CourseFilter,
    limit: int,
    preferred: CourseFilter | None,
    without: Collection[UUID],
) -> list[Course]:
    is_preferred, values = all_of(meets(preferred) if preferred else [])
    order = f"""
        ORDER BY CASE WHEN {is_preferred} THEN 0 ELSE 1 END,
            CASE WHEN starts >= ? THEN 1 WHEN starts IS NULL THEN 2 ELSE 3 END,
            abs(starts - ?), id
        LIMIT ?
    """
    left_out = ", ".join("?" for _ in without)
    conditions = [
        on_offer(),
        *meets(wanted),
        (f"id_course NOT IN ({left_out})", [id_course.bytes for id_course in without]),
    ]
    rows = select(file, "id FROM courses", conditions, order, *values, now(), now(), limit)
    return _courses(file, [number for (number,) in rows])


def _find_in_depth(file: sqlite3.Connection, id_course: UUID) -> CourseInDepth | None:
    what = "course, bonuses, sessions FROM courses JOIN details USING (id)"
    row = select(file, what, [("id_course = ?", [id_course.bytes]), on_offer()]).fetchone()
    if row is None:
        return None
    course, bonuses, sessions = row
    outline = [session_outline(session) for session in json.loads(sessions)]
    return CourseInDepth(course_of(course), json.loads(bonuses), outline)


def _of_ids(file: sqlite3.Connection, ids: Sequence[UUID]) -> list[Course]:
    if not ids:
        return []
    wanted = one_of("id_course", [id_course.bytes for id_course in ids])
    found = dict(select(file, "id_course, id FROM courses", [*wanted, on_offer()]).fetchall())
    return _courses(file, [found[each.bytes] for each in ids if each.bytes in found])


def _lexicon_counts(file: sqlite3.Connection) -> LexiconCounts:
    return LexiconCounts(
        _about(file).courses,
        dict(file.execute("SELECT word, courses FROM lexemes")),
        dict(file.execute("SELECT word, courses FROM words")),
        [word for (word,) in file.execute("SELECT word FROM names")],
    )


def _courses(file: sqlite3.Connection, numbers: Sequence[int]) -> list[Course]:
    """The courses with these numbers, in their order."""
    if not numbers:
        return []
    rows = dict(select(file, "id, course FROM details", one_of("id", numbers)))
    return [course_of(rows[number]) for number in numbers]
