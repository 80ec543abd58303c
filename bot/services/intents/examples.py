"""Labelled messages: the editable examples, and files of ``text,intent`` rows."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from bot.errors import Unusable
from bot.models.understanding import Intent

_DATA = Path(__file__).parents[2] / "data" / "intents"
EXAMPLES = _DATA / "examples"
VALIDATION = _DATA / "validation.csv"


class Example(NamedTuple):
    """A message and what it asks for."""

    text: str
    intent: Intent


def own_examples() -> list[Example]:
    """The messages of ``bot/data/intents/examples/<intent>.txt``, one a line."""
    return [
        Example(line, intent)
        for intent in Intent
        for line in _lines(EXAMPLES / f"{intent.lower()}.txt")
    ]


def _lines(path: Path) -> Iterator[str]:
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("# "):
            yield line.strip()


def read_labelled(path: Path) -> list[Example]:
    """The rows of a CSV file with the columns ``text`` and ``intent``.

    Raises:
        Unusable: naming the first row that cannot be used, and why.
    """
    return [
        Example(row["text"], _intent(row["intent"], number))
        for number, row in enumerate(read_rows(path, ("text", "intent")), 2)
    ]


def read_rows(path: Path, columns: Sequence[str]) -> list[dict[str, str]]:
    """The rows of a CSV file in UTF-8 that has these columns.

    Raises:
        Unusable: when a column is missing, or a row does not fit the header.
    """
    with path.open(encoding="utf-8-sig", newline="") as file:
        try:
            return list(_checked(csv.DictReader(file, strict=True), columns))
        except (csv.Error, UnicodeDecodeError) as error:
            raise Unusable(f"{path.name} is no CSV file in UTF-8: {error}.") from error


def _checked(reader: "csv.DictReader[str]", columns: Sequence[str]) -> Iterable[dict[str, str]]:
    missing = [name for name in columns if name not in (reader.fieldnames or ())]
    if missing:
        raise Unusable(f"The first line must name the columns {', '.join(columns)}.")
    for row in reader:
        if any(row[name] is None for name in columns):
            raise Unusable(f"Line {reader.line_num} has fewer cells than the header.")
        yield row


def _intent(name: str, line: int) -> Intent:
    try:
        return Intent(name.strip().upper())
    except ValueError as error:
        known = ", ".join(Intent)
        raise Unusable(f"Line {line}: {name!r} is no intent. The intents are {known}.") from error
