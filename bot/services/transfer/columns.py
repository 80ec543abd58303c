"""From a cell of a file to the value of a column.

A cell is whatever a format gives: text from a CSV, numbers, dates and truth values from XLSX,
whole numbers and truth values from JSON. Free text stays as it is, to the last space.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Column, DateTime, Integer, SmallInteger, Uuid

_LONGEST_QUOTE = 60
_WHOLE = re.compile(r"[+-]?[0-9]{1,30}(?:\.0*)?")
_DAY_FIRST = re.compile(
    r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})(?:[ T]([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?)?"
)
_MOMENT_MEND = "Write it as 2027-01-12 or 2027-01-12T10:00:00, or with the day first as 12/01/2027."
_ID_MEND = "Give an id like 123e4567-e89b-42d3-a456-426614174000, or leave the cell empty."


class BadCell(ValueError):
    """A cell that its column cannot take: what is wrong, and how to mend it."""

    def __init__(self, wrong: str, mend: str) -> None:
        super().__init__(wrong)
        self.wrong = wrong
        self.mend = mend


@dataclass(frozen=True, slots=True)
class CellReader:
    """A column of a file; ``read`` raises BadCell. ``blank_is_skipped``: the database fills it."""

    read: Callable[[Any], Any]
    blank_is_skipped: bool = False


def reader_of(column: Column[Any]) -> CellReader:
    """How cells of the table column ``column`` are read."""
    has_default = column.server_default is not None or column.primary_key
    return CellReader(_function_for(column), has_default and not column.primary_key)


def quoted(value: object) -> str:
    """``value`` as a message shows it: in quotes, shortened, without control characters."""
    shown = repr(str(value))
    return shown if len(shown) <= _LONGEST_QUOTE else f"{shown[:_LONGEST_QUOTE]}…'"


def text(cell: Any) -> str:
    """Free text, verbatim; a number as people write it, a date in ISO form."""
    value = cell if isinstance(cell, str) else _written(cell)
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise BadCell("holds half a character (a lone surrogate)", "Type it again.") from error
    if "\x00" in value:
        raise BadCell("holds a NUL character, or half of one", "Delete or retype it.")
    return value


def whole(bits: int) -> Callable[[Any], int]:
    """Reads whole numbers of ``bits`` bits with a sign."""
    highest = 2 ** (bits - 1) - 1
    lowest = -highest - 1
    mend = f"Give a whole number from {lowest} to {highest}, without units."

    def read(cell: Any) -> int:
        number = _number(cell)
        if number is None:
            raise BadCell(f"{quoted(cell)} is not a whole number", mend)
        if not lowest <= number <= highest:
            raise BadCell(f"{quoted(cell)} is out of range", mend)
        if number != int(number):
            raise BadCell(f"{quoted(cell)} is not a whole number", mend)
        return int(number)

    return read


def moment(cell: Any) -> datetime:
    """A local date and time, without a time zone; a date alone is its midnight."""
    value = _moment(cell)
    if value.tzinfo is not None:
        raise BadCell(
            f"{quoted(cell)} has a time zone; this column is the school's local time",
            "Leave the time zone out.",
        )
    return value


def instant(cell: Any) -> datetime:
    """A date and time with a time zone; without one it is UTC."""
    value = _moment(cell)
    return value if value.tzinfo else value.replace(tzinfo=UTC)


def identifier(cell: Any) -> UUID:
    """A UUID in any of its spellings."""
    try:
        return UUID(cell.strip())
    except (AttributeError, ValueError) as error:
        raise BadCell(f"{quoted(cell)} is not a UUID", _ID_MEND) from error


def _function_for(column: Column[Any]) -> Callable[[Any], Any]:
    kind = column.type
    if isinstance(kind, DateTime):
        return instant if kind.timezone else moment
    for sort, function in _BY_TYPE:
        if isinstance(kind, sort):
            return function
    return text


# The order matters: small and big integers are integers too.
_BY_TYPE: tuple[tuple[type[Any], Callable[[Any], Any]], ...] = (
    (Uuid, identifier),
    (SmallInteger, whole(16)),
    (BigInteger, whole(64)),
    (Integer, whole(32)),
)


def _written(cell: Any) -> str:
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, datetime) and cell.time() == time.min:
        return cell.date().isoformat()
    if isinstance(cell, date | time):
        return cell.isoformat()
    if isinstance(cell, int | timedelta):
        return str(cell)
    raise BadCell("is a list or an object", "Give a text or a number.")


def _number(cell: Any) -> int | float | None:
    if isinstance(cell, bool):
        return None
    if isinstance(cell, int):
        return cell
    if isinstance(cell, float):
        return cell if cell == cell else None  # noqa: PLR0124 - only NaN differs from itself
    if isinstance(cell, str) and _WHOLE.fullmatch(cell.strip()):
        return int(cell.strip().partition(".")[0])
    return None


def _moment(cell: Any) -> datetime:
    if isinstance(cell, datetime):
        return cell
    if isinstance(cell, date):
        return datetime.combine(cell, time.min)
    try:
        return _parsed(cell.strip())
    except (AttributeError, ValueError) as error:
        raise BadCell(f"{quoted(cell)} is not a date", _MOMENT_MEND) from error


def _parsed(written: str) -> datetime:
    day_first = _DAY_FIRST.fullmatch(written)
    if not day_first:
        return datetime.fromisoformat(written)
    day, month, year, hour, minute, second = (int(part or 0) for part in day_first.groups())
    return datetime(year, month, day, hour, minute, second)
