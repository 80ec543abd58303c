"""Importing a catalogue file: in batches, in one transaction, all of it or nothing."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlalchemy.exc import DataError, IntegrityError

from bot.services import database
from bot.services.reading_ahead import read_ahead
from bot.services.transfer.belongings import save_belongings
from bot.services.transfer.courses import save_courses
from bot.services.transfer.errors import ImportUnderway, RefusedByDatabase
from bot.services.transfer.formats import open_source
from bot.services.transfer.kinds import BELONGINGS, COURSE, Row
from bot.services.transfer.reports import Report
from bot.services.transfer.runs import By, Run
from bot.stores import course_rows, patience

_BATCH_ROWS = 1000
# A batch of long texts is smaller: what the database does with it takes time and memory.
_BATCH_CHARACTERS = 2_000_000
_LONGEST_ACTOR = 255

Progress = Callable[[float], None]


def import_catalogue(
    path: Path,
    by: By = By.EITHER,
    *,
    dry_run: bool = False,
    skip_bad: bool = False,
    on_progress: Progress = lambda _done: None,
) -> Report:
    """Add what ``path`` has more than the catalogue, change what differs, delete nothing.

    A dry run, and one with bad rows, writes everything and takes it back: so the database has
    had its say. ``on_progress`` hears how much is done, 0 to 1.

    Raises:
        UnreadableFile: when the file as a whole cannot be read.
        ImportUnderway: when another import is running.
        RefusedByDatabase: when the database refuses a value that looked right.
        StoreUnavailable: when the database is away.
    """
    given: list[patience.Patience] = []

    def work() -> Report:
        given.append(patience.wait_longer())
        if not course_rows.take_turn():
            raise ImportUnderway
        report = _import(path, Run(by, _actor(path)), on_progress)
        report.written = not dry_run and (skip_bad or not report.bad)
        if not report.written:
            database.release()
        return report

    try:
        return database.write(work)
    except (DataError, IntegrityError) as error:
        raise RefusedByDatabase(_refusal(error)) from error
    finally:
        database.release()
        for each in given:
            each.end()


def save_rows(rows: Iterable[Row], run: Run) -> None:
    """Write one batch of ``rows``: courses, then what belongs to them."""
    batch = list(rows)
    for row in batch:
        if row.problems:
            run.report.refuse(row, *row.problems)
    courses = [row for row in batch if row.kind is COURSE]
    if courses:
        save_courses(courses, run)
    for kind in BELONGINGS:
        of_kind = [row for row in batch if row.kind is kind]
        if of_kind:
            save_belongings(kind, of_kind, run)


def _import(path: Path, run: Run, on_progress: Progress) -> Report:
    with open_source(path) as source, closing(read_ahead(_batches(source.rows))) as batches:
        run.report.notice = source.notice
        for batch in batches:
            save_rows(batch, run)
            on_progress(source.progress())
    return run.report


def _batches(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """Cut ``rows`` into batches; a course stays together with what stands in it."""
    batch: list[Row] = []
    characters = 0
    for number, row in enumerate(rows):
        row.number = number
        is_full = len(batch) >= _BATCH_ROWS or characters >= _BATCH_CHARACTERS
        if is_full and row.course is None:
            yield batch
            batch, characters = [], 0
        batch.append(row)
        characters += sum(map(_length, row.values.values()))
    if batch:
        yield batch


def _length(value: Any) -> int:
    return len(value) if isinstance(value, str) else 0


def _actor(path: Path) -> str:
    name = path.name.encode("utf-8", "replace").decode()
    return f"import {name}"[:_LONGEST_ACTOR]


def _refusal(error: DataError | IntegrityError) -> str:
    reason = str(error.orig).strip().splitlines()[0]
    return f"The database refused a value, so nothing was written: {reason}"
