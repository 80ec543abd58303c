"""Compares rows of a file with those of the database and writes what differs."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from bot.services.transfer.kinds import COURSE, Kind, Row, has_counted_key
from bot.services.transfer.runs import Run
from bot.stores import course_rows

Differences = dict[str, tuple[Any, Any]]


class Changed(NamedTuple):
    """A row that differs from what the database has under its id."""

    row: Row
    differences: Differences
    before: Mapping[str, Any]


class Saved(NamedTuple):
    """The rows of a batch that were not in the database as they are in the file."""

    created: list[Row]
    changed: list[Changed]


def save(rows: Sequence[Row], found: Mapping[Any, Mapping[str, Any]], run: Run) -> Saved:
    """Insert or update ``rows`` of one kind, in three statements at most.

    ``found`` has the rows of the database by id, with every column that ``rows`` name. A row
    whose ``id`` is not among them is new. A row that lacks what it needs is refused.
    """
    created: list[Row] = []
    changed: list[Changed] = []
    for row in rows:
        before = found.get(row.id)
        differences = {} if before is None else _differences(row, before)
        if (missing := _missing(row, before, differences)) is not None:
            run.refuse(row, missing, "is empty", "Fill it in.")
        elif before is None:
            created.append(row)
            run.report.note_new(row)
        elif differences:
            changed.append(Changed(row, differences, before))
            run.report.note_changed(row, differences)
        else:
            run.report.note_unchanged(row)
    _insert(created)
    _update(changed)
    return Saved(created, changed)


def _differences(row: Row, before: Mapping[str, Any]) -> Differences:
    """Column → (before, after). Most files cannot tell an empty text from none: it stays."""
    return {
        name: (before[name], value)
        for name, value in row.values.items()
        if value != before[name] and not (value is None and before[name] == "")
    }


def _missing(row: Row, before: object, differences: Differences) -> str | None:
    """A column that may not be empty, and is or would be."""
    for name in sorted(row.kind.required):
        if before is None:
            value = row.values.get(name)
        elif name in differences:
            value = differences[name][1]
        else:
            continue
        if value is None or (row.kind is COURSE and not value.strip()):
            return name
    return None


def _insert(rows: Sequence[Row]) -> None:
    if not rows:
        return
    kind = rows[0].kind
    names = dict.fromkeys(name for row in rows for name in row.values)
    blank = {name: _default(kind, name) for name in names}
    keys = ({} if has_counted_key(kind) else {kind.key: row.id} for row in rows)
    course_rows.insert_rows(
        kind.table, [blank | row.values | key for row, key in zip(rows, keys, strict=True)]
    )


def _default(kind: Kind, name: str) -> Any:
    """For a row that leaves out a column which others of its batch have."""
    return datetime.now(UTC) if kind.readers[name].blank_is_skipped else None


def _update(changed: Sequence[Changed]) -> None:
    """Rows of a file have the same columns as a rule, so that there is one group."""
    groups: dict[tuple[str, ...], list[Changed]] = defaultdict(list)
    for one in changed:
        groups[tuple(one.row.values)].append(one)
    for group in groups.values():
        kind = group[0].row.kind
        touched = list(dict.fromkeys(name for one in group for name in one.differences))
        rows = [{kind.key: one.row.id} | _final(one, touched) for one in group]
        course_rows.update_rows(kind.table, kind.key, rows)


def _final(one: Changed, names: Sequence[str]) -> dict[str, Any]:
    after = {name: value for name, (_, value) in one.differences.items()}
    return {name: after.get(name, one.before[name]) for name in names}
