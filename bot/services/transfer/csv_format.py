"""Courses as CSV: one line a course, the columns of ``ai_courses``."""

import csv
import os
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, TextIO

from bot.services.transfer.encodings import encoding_of, notice_of
from bot.services.transfer.errors import UnreadableFile
from bot.services.transfer.kinds import COURSE, Batch, Row
from bot.services.transfer.sources import Source, flat_row, header_of, is_blank

KINDS = (COURSE,)
"""What a CSV holds; there is no place for what belongs to a course."""

_DELIMITERS = ",;\t"
# A cell that is longer than a book is a quotation mark that nobody closed.
_LONGEST_CELL = 5_000_000


@contextmanager
def read(path: Path) -> Generator[Source]:
    """Open a CSV: UTF-8, UTF-16 or Windows-1252; comma, semicolon or tab.

    Raises:
        UnreadableFile: when it is no such file, or its header does not fit.
    """
    encoding = encoding_of(path)
    size = path.stat().st_size
    with path.open(encoding=encoding, newline="") as file:
        csv.field_size_limit(_LONGEST_CELL)
        lines = _Lines(path, file)
        raw = file.buffer
        yield Source(
            lines.rows(),
            lambda: min(1.0, os.lseek(raw.fileno(), 0, os.SEEK_CUR) / size),
            notice_of(path, encoding),
        )


def write(path: Path, batches: Iterable[Batch]) -> None:
    """Write the courses of ``batches``; an empty cell is NULL."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COURSE.columns)
        for batch in batches:
            writer.writerows(map(_cell, row.values()) for row in batch[COURSE])


class _Lines:
    """The lines of one file, counted as a spreadsheet and as a text editor count them."""

    def __init__(self, path: Path, file: TextIO) -> None:
        self._name = path.name
        first = _first_line(path.name, file)
        self._reader = csv.reader(file, delimiter=_delimiter(first), strict=True)

    def rows(self) -> Iterator[Row]:
        header: list[str] | None = None
        for place, cells in self._records():
            if is_blank(cells):
                continue
            if header is None:
                header = header_of(COURSE, cells, f"The header of {self._name}")
                continue
            yield flat_row(COURSE, place, header, cells)

    def _records(self) -> Iterator[tuple[str, list[str]]]:
        number = 0
        while True:
            line = self._reader.line_num + 1
            try:
                cells = next(self._reader)
            except StopIteration:
                return
            except csv.Error as error:
                raise UnreadableFile(
                    f"{self._name} is not a CSV from line {line} on: {error}. Look for a quotation "
                    "mark that is missing, or not doubled inside a text."
                ) from error
            number += 1
            yield (f"row {number}" if number == line else f"row {number} (line {line})"), cells


def _first_line(name: str, file: TextIO) -> str:
    """The first line that holds anything; the file is back at its start afterwards."""
    line = next((line for line in iter(file.readline, "") if line.strip()), "")
    if not line:
        raise UnreadableFile(f"{name} is empty.")
    file.seek(0)
    return line


def _delimiter(line: str) -> str:
    """The separator that finds the most known columns in the header, else the most cells."""

    def fit(delimiter: str) -> tuple[int, int]:
        cells = [cell.strip('" \r\n\t').lower() for cell in line.split(delimiter)]
        return sum(cell in COURSE.readers for cell in cells), len(cells)

    return max(_DELIMITERS, key=fit)


def _cell(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
