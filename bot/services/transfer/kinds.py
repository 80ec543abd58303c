"""The five kinds of rows in a catalogue file, and one such row."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, cast
from uuid import UUID

from sqlalchemy import Integer, Table

from bot.models.base import Model
from bot.models.catalogue import (
    Course,
    CourseActivity,
    CourseBonus,
    CourseElement,
    CourseSession,
)
from bot.services.transfer.columns import BadCell, CellReader, reader_of, text, whole

COURSE_NAME = "course"
"""A column of files only: the name of the course a row belongs to, where it has no id for it."""

SESSION_INDEX = "session_index"
"""In the rows of a session, which session of the course, where they have no id for it."""


@dataclass(frozen=True, slots=True, eq=False)
class Kind:
    """Rows of one table. ``name`` is that of the JSON list and of the sheet.

    ``known_by`` finds a row that has no id: the parent's column first. ``course`` and ``session``
    are the columns that point to the parents.
    """

    name: str
    singular: str
    table: Table
    readers: Mapping[str, CellReader]
    key: str
    required: frozenset[str]
    known_by: tuple[str, ...] = ()
    course: str | None = None
    session: str | None = None

    @property
    def columns(self) -> list[str]:
        """The columns of the table, in its order."""
        return list(self.table.columns.keys())


class Problem(NamedTuple):
    """One thing that is wrong with one row. ``column`` is empty when it is the whole row."""

    place: str
    column: str
    wrong: str
    mend: str


@dataclass(slots=True, eq=False)
class Row:
    """One row of a file, its cells read. ``place`` is where the user finds it in the file.

    ``course`` and ``session`` are the rows that this one was nested in. ``id`` is the row's id in
    the database, once that is decided. ``number`` is the row's turn in the whole file.
    """

    kind: Kind
    place: str
    values: dict[str, Any]
    problems: list[Problem] = field(default_factory=list[Problem])
    course: "Row | None" = None
    session: "Row | None" = None
    course_id: UUID | None = None
    id: Any = None
    file_id: Any = None
    number: int = 0
    refused: bool = False

    @property
    def label(self) -> str:
        """What people call it: its name or title, else its place."""
        names = ("name", "title", "title_item", "content", "url_test")
        return next((self.values[name] for name in names if self.values.get(name)), self.place)


def read_row(
    kind: Kind, place: str, cells: Iterable[tuple[str, Any]], keep_empty_text: bool = False
) -> Row:
    """Read the named ``cells`` of one row; an empty cell is None.

    Where ``keep_empty_text`` is set, an empty text is one of its own, as JSON has it.
    """
    row = Row(kind, place, {})
    for name, cell in cells:
        reader = kind.readers[name]
        try:
            value = _value(reader, cell, keep_empty_text)
        except BadCell as error:
            row.problems.append(Problem(place, name, error.wrong, error.mend))
            continue
        if value is not None or not reader.blank_is_skipped:
            row.values[name] = value
    row.file_id = row.values.pop(kind.key, None)
    return row


def _value(reader: CellReader, cell: Any, keep_empty_text: bool) -> Any:
    if cell is None:
        return None
    if reader.read is not text and isinstance(cell, str) and not cell.strip():
        return None
    if cell == "" and not keep_empty_text:
        return None
    return reader.read(cell)


def _kind(name: str, singular: str, model: type[Model], required: str = "", **more: Any) -> Kind:
    table = cast(Table, model.__table__)
    (key,) = table.primary_key.columns.keys()
    own = {column.name: reader_of(column) for column in table.columns}
    return Kind(
        name, singular, table, own | _references(more), key, frozenset(required.split()), **more
    )


def _references(more: Mapping[str, Any]) -> dict[str, CellReader]:
    """The columns of files only, for a kind of rows that belong to a course."""
    by_name = {COURSE_NAME: CellReader(text, blank_is_skipped=True)} if more else {}
    by_index = {SESSION_INDEX: CellReader(whole(16), blank_is_skipped=True)}
    return by_name | (by_index if more.get("session") else {})


COURSE = _kind("courses", "course", Course, "name modality")
SESSION = _kind(
    "sessions",
    "session",
    CourseSession,
    "id_course_fk",
    known_by=("id_course_fk", "session_index"),
    course="id_course_fk",
)
ACTIVITY = _kind(
    "activities",
    "activity",
    CourseActivity,
    "id_course_fk id_session_fk item_session item_type title_item",
    known_by=("id_session_fk", "item_session", "title_item"),
    course="id_course_fk",
    session="id_session_fk",
)
BONUS = _kind(
    "bonuses",
    "bonus",
    CourseBonus,
    "id_courses_fk content type_bond emisor",
    known_by=("id_courses_fk", "content"),
    course="id_courses_fk",
)
ELEMENT = _kind(
    "elements",
    "element",
    CourseElement,
    "id_session_fk item_type url_test description_url",
    known_by=("id_session_fk", "url_test"),
    session="id_session_fk",
)

Batch = Mapping[Kind, list[dict[str, Any]]]
"""Some courses and what belongs to them, as rows of their tables."""

KINDS = (COURSE, SESSION, ACTIVITY, BONUS, ELEMENT)
"""Every kind, parents before what belongs to them."""

BELONGINGS = KINDS[1:]


def has_counted_key(kind: Kind) -> bool:
    """Whether the database numbers the rows itself and takes no id from outside."""
    return isinstance(kind.table.columns[kind.key].type, Integer)
