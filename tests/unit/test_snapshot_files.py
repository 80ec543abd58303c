"""Files that are no snapshot, and what becomes of a query and of a row on the way to one."""

import json
import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import pytest
from structlog.testing import CapturingLogger

from bot.stores import snapshot as snapshot_module
from bot.stores.course_search import Probe, Term
from bot.stores.courses import CourseFilter
from bot.stores.snapshot import LexiconCounts, Snapshot
from bot.stores.snapshot_conditions import lexemes, meets, says
from bot.stores.snapshot_rows import FORMAT, TABLES, course_of

ID = UUID("00000000-0000-4000-8000-000000000001")
PROBE = Probe([Term(0, "'vent'", 1, 1)], *["'vent'"] * 4, asked=1)


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> CapturingLogger:
    logger = CapturingLogger()
    monkeypatch.setattr(snapshot_module, "log", logger)
    return logger


def empty_snapshot(path: Path, version: int = FORMAT) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as file:
        file.executescript(f"{TABLES} PRAGMA user_version = {version}")
        file.execute("INSERT INTO about VALUES (1, 2, '2026-03-02T12:00:00+00:00', 0.5, 0)")


def of_an_older_format(path: Path) -> None:
    empty_snapshot(path, FORMAT - 1)


def of_a_later_format(path: Path) -> None:
    empty_snapshot(path, FORMAT + 1)


def cut_short(path: Path) -> None:
    empty_snapshot(path)
    os.truncate(path, path.stat().st_size // 2)


def overwritten(path: Path) -> None:
    empty_snapshot(path)
    size = path.stat().st_size
    path.write_bytes(path.read_bytes()[:100] + b"\xff" * (size - 100))


def without_tables(path: Path) -> None:
    with closing(sqlite3.connect(path)) as file:
        file.execute(f"PRAGMA user_version = {FORMAT}")


def noted_badly(path: Path) -> None:
    empty_snapshot(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as file:
        file.execute("UPDATE about SET taken_at = 'ayer'")


def without_a_note(path: Path) -> None:
    empty_snapshot(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as file:
        file.execute("DELETE FROM about")


UNUSABLE: dict[str, Callable[[Path], object]] = {
    "empty": Path.touch,
    "text": lambda path: path.write_text("{}"),
    "zeros": lambda path: path.write_bytes(bytes(8192)),
    "a folder": Path.mkdir,
    "older format": of_an_older_format,
    "later format": of_a_later_format,
    "cut short": cut_short,
    "overwritten": overwritten,
    "without tables": without_tables,
    "noted badly": noted_badly,
    "without a note": without_a_note,
}


def assert_holds_nothing(snapshot: Snapshot) -> None:
    assert not snapshot.exists()
    assert (snapshot.about(), snapshot.mark()) == (None, None)
    assert snapshot.search(PROBE, 5) == []
    assert snapshot.upcoming(CourseFilter(), 5) == []
    assert snapshot.find_in_depth(ID) is None
    assert bonuses_in(snapshot, ID) == []
    assert snapshot.lexicon_counts() == LexiconCounts()


def test_a_file_that_is_missing_holds_nothing_and_nobody_complains(
    tmp_path: Path, log: CapturingLogger
) -> None:
    assert_holds_nothing(Snapshot(tmp_path / "no" / "catalogue.sqlite"))
    assert log.calls == []


@pytest.mark.parametrize("spoil", UNUSABLE.values(), ids=UNUSABLE)
def test_a_file_that_is_of_no_use_holds_nothing(
    tmp_path: Path, log: CapturingLogger, spoil: Callable[[Path], object]
) -> None:
    path = tmp_path / "catalogue.sqlite"
    spoil(path)
    assert_holds_nothing(Snapshot(path))
    assert {call.args[0] for call in log.calls} == {"catalogue_snapshot_not_read"}


@pytest.mark.parametrize("spoil", [of_an_older_format, overwritten, noted_badly])
def test_a_damaged_file_is_logged_once_until_another_takes_its_place(
    tmp_path: Path, log: CapturingLogger, spoil: Callable[[Path], object]
) -> None:
    path = tmp_path / "catalogue.sqlite"
    spoil(path)
    for _ in range(3):
        assert not Snapshot(path).exists()
    assert len(log.calls) == 1
    empty_snapshot(tmp_path / "new")
    (tmp_path / "new").replace(path)
    assert Snapshot(path).mark() == (1, 2)
    assert taken_at(Snapshot(path)) == datetime(2026, 3, 2, 12, tzinfo=UTC)
    assert len(log.calls) == 1


def test_a_snapshot_without_courses_finds_none(tmp_path: Path, log: CapturingLogger) -> None:
    empty_snapshot(tmp_path / "catalogue.sqlite")
    snapshot = Snapshot(tmp_path / "catalogue.sqlite")
    assert snapshot.exists()
    assert snapshot.search(PROBE, 5) == []
    assert snapshot.upcoming(CourseFilter(levels=("basico",), words="'vent'"), 5) == []
    assert snapshot.find_in_depth(ID) is None
    assert snapshot.lexicon_counts() == LexiconCounts()
    assert log.calls == []


@pytest.mark.parametrize("name", ["con espacios", "cien%25", "qué?mode=rwc", "#1"])
def test_a_folder_may_have_any_name(tmp_path: Path, name: str) -> None:
    path = tmp_path / name / "catalogue.sqlite"
    path.parent.mkdir()
    empty_snapshot(path)
    assert Snapshot(path).exists()


def test_reading_leaves_the_file_and_its_folder_as_they_are(tmp_path: Path) -> None:
    path = tmp_path / "catalogue.sqlite"
    empty_snapshot(path)
    before = path.read_bytes()
    assert Snapshot(path).exists()
    assert (path.read_bytes(), list(tmp_path.iterdir())) == (before, [path])


@pytest.mark.parametrize(
    ("tsquery", "query"),
    [
        ("'vent'", '"vent"'),
        ("'recurs' <1> 'human'", '"recurs" AND "human"'),
        ("('a') <2> ('b')", '( "a" ) AND ( "b" )'),
        ("('a') | ('b' <1> 'c') & 'd'", '( "a" ) OR ( "b" AND "c" ) AND "d"'),
        ("'it''s' | 'a\"b'", '"it\'s" OR "a""b"'),
        ("'and' | '(' | '<1>'", '"and" OR "(" OR "<1>"'),
    ],
)
def test_a_tsquery_becomes_a_query_of_sqlite(tsquery: str, query: str) -> None:
    assert says(tsquery)[1] == [query]
    with closing(sqlite3.connect(":memory:")) as file:
        file.executescript(TABLES)
        file.execute(f"SELECT * FROM said WHERE {says(tsquery)[0]}", [query]).fetchall()


def test_an_empty_tsquery_finds_nothing() -> None:
    assert says("") == ("0", [])


def test_the_lexemes_of_a_tsquery_come_in_order() -> None:
    assert lexemes("('recurs' <1> 'human') <2> ('it''s')") == ["recurs", "human", "it's"]


def test_what_is_not_wanted_is_no_condition() -> None:
    assert meets(CourseFilter(offered=True)) == []


def test_every_wish_is_a_condition() -> None:
    wanted = CourseFilter(
        levels=("basico", "principiante"),
        modalities=("online",),
        languages=("español",),
        currencies=("mxn",),
        status="activo",
        audience="ventas",
        min_price=Decimal(0),
        max_price=Decimal("4500.50"),
        words="'vent'",
    )
    values = [value for _, values in meets(wanted) for value in values]
    assert values == [
        *("online", "español", "mxn", 0.0, 4500.5, "basico", "principiante", "activo", "ventas"),
        '"vent"',
    ]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2031-01-01T10:30:00", datetime(2031, 1, 1, 10, 30)),
        ("2031-01-01T10:30:00.123456", datetime(2031, 1, 1, 10, 30, 0, 123456)),
        ("2031-01-01T10:30:00.5", datetime(2031, 1, 1, 10, 30, 0, 500000)),
        ("infinity", None),
        ("-infinity", None),
        ("0044-03-15T00:00:00 BC", None),
        ("294276-12-31T23:59:59", None),
        (None, None),
    ],
)
def test_a_moment_that_python_does_not_know_is_none(
    written: str | None, read: datetime | None
) -> None:
    row = {"id_course": str(ID), "name": "Ventas", "start_date": written, "unknown": 1}
    course = course_of(json.dumps(row))
    assert (course.id_course, course.name, course.start_date) == (ID, "Ventas", read)
    assert (course.level, course.bonuses) == (None, [])


def bonuses_in(snapshot, id_course):
    """What comes with a course of the snapshot."""
    found = snapshot.find_in_depth(id_course)
    return found.bonuses if found else []


def taken_at(snapshot):
    about = snapshot.about()
    return about and about.taken_at
