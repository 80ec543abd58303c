"""The catalogue as JSON: ``{"courses": [...]}`` or a bare list of courses.

The file is read and written course by course. Lists that belong to a course stand in it; the
activities and elements of a session may also stand in their session.
"""

import json
import os
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, TextIO, cast

from bot.services.transfer.encodings import encoding_of, notice_of
from bot.services.transfer.errors import UnreadableFile
from bot.services.transfer.json_stream import BrokenJson, items
from bot.services.transfer.kinds import (
    ACTIVITY,
    BELONGINGS,
    COURSE,
    ELEMENT,
    KINDS,
    SESSION,
    Batch,
    Kind,
    Problem,
    Row,
    read_row,
)
from bot.services.transfer.sources import Source, check_columns

__all__ = ["KINDS", "read", "write"]

_LISTS: Mapping[Kind, Mapping[str, Kind]] = {
    COURSE: {kind.name: kind for kind in BELONGINGS},
    SESSION: {kind.name: kind for kind in (ACTIVITY, ELEMENT)},
}


@contextmanager
def read(path: Path) -> Generator[Source]:
    """Open a JSON catalogue.

    Raises:
        UnreadableFile: when it is no JSON, or of another shape.
    """
    encoding = encoding_of(path)
    size = path.stat().st_size
    with path.open(encoding=encoding, newline="") as file:
        raw = file.buffer
        yield Source(
            _rows(path.name, file),
            lambda: min(1.0, os.lseek(raw.fileno(), 0, os.SEEK_CUR) / size),
            notice_of(path, encoding),
        )


def write(path: Path, batches: Iterable[Batch]) -> None:
    """Write the courses of ``batches`` with what belongs to them."""
    with path.open("w", encoding="utf-8") as file:
        separator = '{"courses": [\n'
        for batch in batches:
            for course in _nested(batch):
                file.write(separator)
                json.dump(course, file, ensure_ascii=False, indent=1, default=_plain)
                separator = ",\n"
        file.write('{"courses": []}\n' if separator.startswith("{") else "\n]}\n")


def _nested(batch: Batch) -> Iterator[dict[str, Any]]:
    """Each course of ``batch`` with its lists."""
    course_of = {row["id_session"]: row["id_course_fk"] for row in batch[SESSION]}
    for course in batch[COURSE]:
        course.update({kind.name: [] for kind in BELONGINGS})
    by_id = {course["id_course"]: course for course in batch[COURSE]}
    for kind in BELONGINGS:
        for row in batch[kind]:
            owner = row[kind.course] if kind.course else course_of[row["id_session_fk"]]
            by_id[owner][kind.name].append(row)
    return iter(batch[COURSE])


def _plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _rows(name: str, file: TextIO) -> Iterator[Row]:
    try:
        for number, item in enumerate(items(file, COURSE.name), 1):
            yield from _course(number, item)
    except BrokenJson as error:
        raise UnreadableFile(f"{name} cannot be read as JSON: {error}.") from error


def _course(number: int, item: Any) -> Iterator[Row]:
    """The row of one course, and the rows of what belongs to it."""
    row = _row(COURSE, f"course {number}", item)
    yield row
    yield from _within(row, item, row, None)


def _within(parent: Row, item: Any, course: Row, session: Row | None) -> Iterator[Row]:
    """The rows of the lists in ``item``; a list that is none is a problem of ``parent``."""
    if not isinstance(item, dict):
        return
    for name, kind in _LISTS.get(parent.kind, {}).items():
        listed = cast(dict[str, Any], item).get(name)
        if listed is None:
            continue
        if not isinstance(listed, list):
            parent.problems.append(Problem(parent.place, name, "is not a list", "Write [...]."))
            continue
        for number, inner in enumerate(cast(list[Any], listed), 1):
            row = _row(kind, f"{parent.place}, {kind.singular} {number}", inner)
            row.course, row.session = course, session
            yield row
            yield from _within(row, inner, course, row)


def _row(kind: Kind, place: str, item: Any) -> Row:
    if not isinstance(item, dict):
        wrong, mend = "is not an object", 'Write {"name": ..., ...}.'
        return Row(kind, place, {}, [Problem(place, "", wrong, mend)])
    lists = _LISTS.get(kind, {})
    cells = {name: cell for name, cell in cast(dict[str, Any], item).items() if name not in lists}
    check_columns(kind, list(cells), place[0].upper() + place[1:])
    return read_row(kind, place, cells.items(), keep_empty_text=True)
