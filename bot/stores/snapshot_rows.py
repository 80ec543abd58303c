"""The rows of a snapshot: its tables, and their way from PostgreSQL to the disk and back."""

import json
import os
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import RowMapping, text

from bot.extensions import db
from bot.models.catalogue import Course
from bot.stores.courses import NOT_OFFERED

FORMAT = 2
"""Goes up whenever a file of the version before cannot be read any longer."""

_PUNCTUATION = "".join(sign for sign in map(chr, range(33, 127)) if not sign.isalnum())
_KEPT_SIGNS = _PUNCTUATION.replace("'", "''''")
# Courses are narrow rows, because filters read all of them. The tokenizer splits at blanks only:
# lexemes are words already.
TABLES = f"""
    CREATE TABLE about (
        changes INTEGER, last_change INTEGER, taken_at TEXT, seconds REAL, courses INTEGER
    );
    CREATE TABLE courses (
        id INTEGER PRIMARY KEY, id_course BLOB UNIQUE, level TEXT, modality TEXT, language TEXT,
        audience TEXT, status TEXT, currency TEXT, amount REAL, starts REAL, ends REAL
    );
    CREATE TABLE details (
        id INTEGER PRIMARY KEY, course TEXT, bonuses TEXT, sessions TEXT
    );
    CREATE VIRTUAL TABLE said USING fts5 (
        name, descriptions, audience, titles, tokenize = 'ascii tokenchars ''{_KEPT_SIGNS}'''
    );
    CREATE VIRTUAL TABLE temp.lexemes_said USING fts5vocab (main, said, row);
    CREATE VIRTUAL TABLE temp.lexemes_by_label USING fts5vocab (main, said, col);
    CREATE TABLE lexemes (word TEXT, courses INTEGER);
    CREATE TABLE names (word TEXT);
    CREATE TABLE words (word TEXT, courses INTEGER);
"""

_CACHE_KIB = 16 * 1024
_COURSES_A_BATCH = 1000
_BYTES_A_BATCH = 4_000_000
_FIRST = str(UUID(int=0))
_COLUMNS = tuple(Course.__table__.columns.keys())
_BATCH = text(f"""
    WITH page AS MATERIALIZED (
        SELECT id_course, pg_column_size(document) AS size
        FROM course_search
        WHERE id_course > CAST(:after AS uuid) AND coalesce(status, '') <> ALL (:not_offered)
        ORDER BY id_course
        LIMIT {_COURSES_A_BATCH}
    ),
    sized AS (
        SELECT id_course, size + coalesce(octet_length(long_descrption), 0) AS size
        FROM page JOIN ai_courses USING (id_course)
    ),
    batch AS MATERIALIZED (
        SELECT id_course
        FROM (
            SELECT id_course, sum(size) OVER (ORDER BY id_course) - size AS before FROM sized
        ) AS lined_up
        WHERE before < {_BYTES_A_BATCH}
    ),
    -- Materialized, because a planner without statistics may go through them once for each course.
    gathered AS MATERIALIZED (
        SELECT id_courses_fk AS id_course, json_agg(content ORDER BY id_bond)::text AS bonuses
        FROM bond
        WHERE id_courses_fk IN (SELECT id_course FROM batch)
        GROUP BY id_courses_fk
    ),
    outlined AS MATERIALIZED (
        SELECT id_course_fk AS id_course,
            json_agg(
                json_build_array(session_index, title, NULL,
                    CASE WHEN scheduled_at BETWEEN '0001-01-01' AND '9999-12-31'
                        THEN scheduled_at END,
                    duration_minutes, NULL)
                ORDER BY session_index
            )::text AS sessions
        FROM ai_course_session
        WHERE id_course_fk IN (SELECT id_course FROM batch)
            AND session_index IS NOT NULL AND title IS NOT NULL
        GROUP BY id_course_fk
    )
    SELECT id_course::text AS id_course, indexed.level, indexed.modality, indexed.language,
        indexed.audience, indexed.status, indexed.currency, amount::float8 AS amount,
        extract(epoch FROM starts)::float8 AS starts, extract(epoch FROM ends)::float8 AS ends,
        row_to_json(course)::text AS course, coalesce(bonuses, '[]') AS bonuses,
        coalesce(sessions, '[]') AS sessions,
        a AS name, b AS descriptions, c AS audiences, d AS titles,
        array_to_string(tsvector_to_array(words), ' ') AS words
    FROM batch
    JOIN course_search AS indexed USING (id_course)
    JOIN (SELECT {", ".join(_COLUMNS)} FROM ai_courses) AS course USING (id_course)
    LEFT JOIN gathered USING (id_course)
    LEFT JOIN outlined USING (id_course)
    CROSS JOIN LATERAL (
        SELECT
            coalesce(string_agg(lexeme, ' ') FILTER (WHERE label = 'A'), '') AS a,
            coalesce(string_agg(lexeme, ' ') FILTER (WHERE label = 'B'), '') AS b,
            coalesce(string_agg(lexeme, ' ') FILTER (WHERE label = 'C'), '') AS c,
            coalesce(string_agg(lexeme, ' ') FILTER (WHERE label = 'D'), '') AS d
        FROM (
            SELECT lexeme, label
            FROM unnest(document) AS said (lexeme, positions, labels),
                unnest(positions, labels) AS places (place, label)
            ORDER BY place
        ) AS in_order
    ) AS labelled
    ORDER BY indexed.id_course
""")  # noqa: S608 - only names of this module's own are spliced in


# Right after many courses came in, the planner takes the tables for small and reads them whole.
_BY_INDEX = text("SET LOCAL enable_seqscan = off")


def course_of(row: str) -> Course:
    """The course that PostgreSQL wrote as JSON, bound to no session.

    Raises:
        ValueError: when it is no JSON of a course.
    """
    values = json.loads(row)
    readers = ((name, _READERS.get(name, _as_it_is)) for name in _COLUMNS)
    return Course(**{name: read(values.get(name)) for name, read in readers})


def write_snapshot(path: Path, mark: tuple[int, int]) -> int:
    """Put the catalogue of the database in place of the file in ``path``, whole or not at all.

    One at a time; the session must not be in a transaction, and is in one afterwards.

    Returns:
        How many courses it holds.

    Raises:
        OSError: when the disk does not take it.
        sqlalchemy.exc.DBAPIError: when the database does not give it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    for left_by_a_crash in path.parent.glob(f".{path.name}.*.tmp"):
        left_by_a_crash.unlink(missing_ok=True)
    temporary = path.with_name(f".{path.name}.{uuid4().hex}.tmp")
    try:
        with closing(sqlite3.connect(temporary, isolation_level=None)) as file:
            count = _fill(file, mark)
        _sync(temporary)
        temporary.replace(path)
    except sqlite3.Error as error:
        raise OSError(f"The snapshot cannot be written. {error}") from error
    finally:
        temporary.unlink(missing_ok=True)
    _sync(path.parent)
    return count


def _fill(file: sqlite3.Connection, mark: tuple[int, int]) -> int:
    """Write everything in one transaction, without a journal: the file is nobody's yet."""
    taken_at, started = datetime.now(UTC), time.monotonic()
    file.executescript(f"""
        PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE;
        PRAGMA cache_size = -{_CACHE_KIB}; PRAGMA user_version = {FORMAT}; {TABLES} BEGIN;
    """)
    words: Counter[str] = Counter()
    number = 0
    for rows in _batches():
        _add(file, number, rows)
        number += len(rows)
        for row in rows:
            words.update(filter(None, row["words"].split(" ")))
    file.executemany("INSERT INTO words VALUES (?, ?)", words.items())
    file.execute("INSERT INTO lexemes SELECT term, doc FROM lexemes_said")
    file.execute("INSERT INTO names SELECT term FROM lexemes_by_label WHERE col = 'name'")
    about = (*mark, taken_at.isoformat(), time.monotonic() - started, number)
    file.execute("INSERT INTO about VALUES (?, ?, ?, ?, ?)", about)
    file.execute("COMMIT")
    return number


def _add(file: sqlite3.Connection, before: int, rows: Sequence[RowMapping]) -> None:
    numbered = [
        {**row, "id": before + place, "id_course": UUID(row["id_course"]).bytes}
        for place, row in enumerate(rows, 1)
    ]
    file.executemany(
        """
        INSERT INTO courses VALUES (
            :id, :id_course, :level, :modality, :language, :audience, :status, :currency,
            :amount, :starts, :ends
        )
        """,
        numbered,
    )
    file.executemany("INSERT INTO details VALUES (:id, :course, :bonuses, :sessions)", numbered)
    file.executemany(
        """
        INSERT INTO said (rowid, name, descriptions, audience, titles)
        VALUES (:id, :name, :descriptions, :audiences, :titles)
        """,
        numbered,
    )


def _sync(path: Path) -> None:
    """Wait until a file, or what a folder lists, is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _batches() -> Iterator[Sequence[RowMapping]]:
    """The courses that are not left out by their status, by id, one statement a batch.

    Lexemes come in the order in which the course says them. All batches see the catalogue at one
    moment, for which the session must not be in a transaction yet.
    """
    db.session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
    db.session.execute(_BY_INDEX)
    after = _FIRST
    while True:
        values = {"after": after, "not_offered": list(NOT_OFFERED)}
        rows = db.session.execute(_BATCH, values).mappings().all()
        if not rows:
            return
        yield rows
        after = rows[-1]["id_course"]


def _as_it_is(value: Any) -> Any:
    return value


def _moment(value: Any) -> datetime | None:
    """PostgreSQL knows moments that Python does not: infinity, and years beyond 9999."""
    try:
        return datetime.fromisoformat(value) if value else None
    except ValueError:
        return None


_READERS: Mapping[str, Callable[[Any], Any]] = {
    "id_course": UUID,
    "created_at": _moment,
    "start_date": _moment,
    "end_date": _moment,
}
