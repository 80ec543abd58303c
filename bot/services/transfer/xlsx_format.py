"""The catalogue as an Excel workbook: a sheet ``courses`` and one for each kind of belongings.

Texts are written as text, so that none is taken for a formula, a number or a link.
"""

import re
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, BinaryIO

from bot.services.transfer.errors import UnreadableFile, UnwritableFile
from bot.services.transfer.kinds import COURSE, KINDS, Batch, Kind, Row
from bot.services.transfer.sources import Source, flat_row, header_of, is_blank

if TYPE_CHECKING:
    from python_calamine import CalamineSheet, CalamineWorkbook
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

__all__ = ["KINDS", "read", "write"]

# https://support.microsoft.com/office/1672b34d-7043-467e-8e27-269d656771c3
_LONGEST_CELL = 32_767
_MOST_ROWS = 1_048_576
_LARGEST_EXACT = 2**53
# Before that day Excel counts a 29 February 1900 that never was.
_FIRST_EXACT_DAY = datetime(1900, 3, 1)
_COLUMN_WIDTH = 18
# XML has no word for these two.
_UNWRITABLE = re.compile("[\ufffe\uffff]")


@contextmanager
def read(path: Path) -> Generator[Source]:
    """Open a workbook. Without a sheet ``courses`` the first sheet holds the courses.

    Raises:
        UnreadableFile: when it is no workbook, or a header does not fit.
    """
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        with path.open("rb") as file:
            workbook = CalamineWorkbook.from_filelike(file)
        sheets = _sheets(workbook)
    except CalamineError as error:
        raise UnreadableFile(f"{path.name} is not an Excel workbook (.xlsx): {error}.") from error
    with workbook:
        counted = _Counted(sheets)
        yield Source(counted.rows(), counted.progress)


def write(path: Path, batches: Iterable[Batch]) -> None:
    """Write ``batches`` into a new workbook, row by row; memory does not grow with it.

    Raises:
        UnwritableFile: when Excel has no room for a text, or for so many rows.
    """
    from xlsxwriter.exceptions import FileCreateError

    # Opened here, so that a bad path fails before the work. Whatever fails later, the folder takes
    # the parts of the workbook with it, which XlsxWriter would leave behind.
    with path.open("wb") as file, TemporaryDirectory() as parts:
        try:
            _write(file, parts, batches)
        except FileCreateError as error:
            raise UnwritableFile(f"The workbook cannot be written: {error}.") from error


def _write(file: BinaryIO, parts: str, batches: Iterable[Batch]) -> None:
    from xlsxwriter import Workbook

    with Workbook(file, {"constant_memory": True, "tmpdir": parts}) as workbook:
        date_format = workbook.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        bold = workbook.add_format({"bold": True})
        sheets = {
            kind: _Sheet(workbook.add_worksheet(kind.name), kind, bold, date_format)
            for kind in KINDS
        }
        for batch in batches:
            for kind, rows in batch.items():
                for row in rows:
                    sheets[kind].add(row)


class _Counted:
    """The rows of all sheets, with how far the reading is."""

    def __init__(self, sheets: "Mapping[Kind, CalamineSheet]") -> None:
        self._sheets = sheets
        self._total = sum(sheet.height for sheet in sheets.values()) or 1
        self._read = 0

    def rows(self) -> Iterator[Row]:
        for kind, sheet in self._sheets.items():
            yield from self._rows_of(kind, sheet)

    def progress(self) -> float:
        return min(1.0, self._read / self._total)

    def _rows_of(self, kind: Kind, sheet: "CalamineSheet") -> Iterator[Row]:
        header: list[str] | None = None
        # Row 1 is the sheet's first, used or not, as Excel shows it.
        for number, cells in enumerate(sheet.iter_rows(), 1):
            self._read += 1
            if is_blank(cells):
                continue
            if header is None:
                header = header_of(kind, cells, f"The header of the sheet {sheet.name!r}")
                continue
            place = f"row {number}" if kind is COURSE else f"sheet {sheet.name}, row {number}"
            yield flat_row(kind, place, header, cells)
        if header is None and kind is COURSE:
            raise UnreadableFile(f"The sheet {sheet.name!r} is empty: it needs a header.")


def _sheets(workbook: "CalamineWorkbook") -> "dict[Kind, CalamineSheet]":
    names = {name.strip().lower(): name for name in reversed(workbook.sheet_names)}
    found = {kind: names[kind.name] for kind in KINDS if kind.name in names}
    if COURSE not in found:
        free = [name for name in workbook.sheet_names if name not in found.values()]
        if not free:
            raise UnreadableFile("The workbook has no sheet 'courses'.")
        found = {COURSE: free[0]} | found
    return {kind: workbook.get_sheet_by_name(name) for kind, name in found.items()}


class _Sheet:
    """One sheet that is being written, row after row."""

    def __init__(self, sheet: "Worksheet", kind: Kind, bold: "Format", dates: "Format") -> None:
        self._sheet = sheet
        self._kind = kind
        self._dates = dates
        self._next = 1
        sheet.freeze_panes(1, 0)
        sheet.set_column(0, len(kind.columns) - 1, _COLUMN_WIDTH)
        for number, name in enumerate(kind.columns):
            sheet.write_string(0, number, name, bold)

    def add(self, row: Mapping[str, Any]) -> None:
        if self._next == _MOST_ROWS:
            raise UnwritableFile(
                f"There are more {self._kind.name} than a sheet has rows; export to .json."
            )
        for column, (name, value) in enumerate(row.items()):
            self._write(column, name, value)
        self._next += 1

    def _write(self, column: int, name: str, value: Any) -> None:
        if value is None or value == "":
            return
        if isinstance(value, int) and abs(value) < _LARGEST_EXACT:
            self._sheet.write_number(self._next, column, value)
        elif isinstance(value, datetime) and _is_exact(value):
            self._sheet.write_datetime(self._next, column, value, self._dates)
        else:
            self._write_text(column, name, value)

    def _write_text(self, column: int, name: str, value: Any) -> None:
        written = value.isoformat() if isinstance(value, datetime) else str(value)
        if _units(written) > _LONGEST_CELL or _UNWRITABLE.search(written):
            raise UnwritableFile(
                f"Excel cannot keep the {name} in row {self._next + 1} of {self._kind.name}: "
                f"{len(written)} characters (the limit is {_LONGEST_CELL}) or one that Excel "
                "does not know. Export to .json."
            )
        self._sheet.write_string(self._next, column, written)


def _units(written: str) -> int:
    """Its length as Excel counts it, in UTF-16."""
    return len(written) + sum(char > "\uffff" for char in written)


def _is_exact(value: datetime) -> bool:
    """Whether an Excel date keeps it to the second and without a time zone to lose."""
    return value.tzinfo is None and value.microsecond == 0 and value >= _FIRST_EXACT_DAY
