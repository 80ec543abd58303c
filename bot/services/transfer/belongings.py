"""What belongs to courses: to which course and session each row goes, and which row it is."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from bot.services.transfer.kinds import (
    ACTIVITY,
    COURSE,
    COURSE_NAME,
    ELEMENT,
    SESSION,
    SESSION_INDEX,
    Kind,
    Row,
    has_counted_key,
)
from bot.services.transfer.runs import By, Run
from bot.services.transfer.saving import save
from bot.stores import course_rows

_ACTIVITY_OF_ELEMENT = "id_activity_fk"


def save_belongings(kind: Kind, rows: Sequence[Row], run: Run) -> None:
    """Write the ``rows``, all of one ``kind``, that can be written.

    What they belong to was saved before. The number of statements does not depend on theirs.
    """
    for row in rows:
        _find_course(row, run)
    _check([row for row in rows if row.course is None], kind.course or "", COURSE, run)
    if kind.session:
        _find_sessions(kind, rows, run)
    if kind is ELEMENT:
        _translate(rows, _ACTIVITY_OF_ELEMENT, run)
        _check(rows, _ACTIVITY_OF_ELEMENT, ACTIVITY, run)
    found = _find(kind, _good(rows), run)
    for row in _good(rows):
        _refuse_a_second_one(row, run)
        if row.id not in found:
            _complete(row)
    save(_good(rows), found, run)


def _good(rows: Sequence[Row]) -> list[Row]:
    return [row for row in rows if not row.refused]


# The course


def _find_course(row: Row, run: Run) -> None:
    """Set ``course_id``, where the row says it; a row that is known by its id need not."""
    name = row.values.pop(COURSE_NAME, None)
    if row.refused:
        return
    column = row.kind.course
    given = row.values.get(column) if column else None
    if row.course is not None:
        _go_with_owner(row, row.course, given, run)
    elif given is not None:
        row.course_id = run.stored_id(given)
    elif name is not None:
        _find_course_named(row, name, run)
    if column and row.course_id is not None:
        row.values[column] = row.course_id


def _go_with_owner(row: Row, owner: Row, given: UUID | None, run: Run) -> None:
    if owner.refused or (row.session is not None and row.session.refused):
        run.report.refuse(row)
    elif given is not None and given not in (owner.file_id, owner.id):
        wrong = f"is not the id of the course it stands in, {owner.place}"
        run.refuse(row, row.kind.course or "", wrong, "Leave it out, or move the entry.")
    else:
        row.course_id = owner.id


def _find_course_named(row: Row, name: str, run: Run) -> None:
    known, row.course_id = run.courses_named(name)
    if row.course_id is None:
        wrong = "is the name of several courses" if known else "is the name of no course"
        mend = f"Give {row.kind.course or SESSION_INDEX} instead."
        run.refuse(row, COURSE_NAME, wrong, mend if known else "Compare it with the courses.")


def _check(rows: Sequence[Row], column: str, target: Kind, run: Run) -> None:
    """Refuse rows whose ``column`` points to nothing that is in the database by now."""
    pointing = [row for row in _good(rows) if row.values.get(column) is not None]
    ids = [row.values[column] for row in pointing]
    there = course_rows.find_rows(target.table, target.key, ids, [])
    for row in pointing:
        if row.values[column] not in there:
            _refuse_unknown(row, column, target, run)


def _refuse_unknown(row: Row, column: str, target: Kind, run: Run) -> None:
    wrong = f"names no {target.singular} of the file that was taken, nor of the database"
    run.refuse(row, column, wrong, f"Give the {target.key} of a {target.singular}.")


# The session


def _find_sessions(kind: Kind, rows: Sequence[Row], run: Run) -> None:
    """Set the session of each row: the one it stands in, else by id, else by course and index."""
    column = kind.session or ""
    indexes = {row: row.values.pop(SESSION_INDEX, None) for row in rows}
    for row in _good(rows):
        if row.session is not None:
            row.values[column] = row.session.id
        elif row.values.get(column) is not None:
            row.values[column] = run.stored_id(row.values[column])
    lost = [
        row
        for row in _good(rows)
        if row.values.get(column) is None and row.course_id and indexes[row] is not None
    ]
    _find_sessions_by_index(column, lost, indexes, run)
    _check_sessions(column, _good(rows), run)


def _find_sessions_by_index(
    column: str, rows: Sequence[Row], indexes: Mapping[Row, Any], run: Run
) -> None:
    by_index = _by_parts(SESSION, SESSION.known_by, [row.course_id for row in rows], [])
    for row in rows:
        sessions = by_index[row.course_id, indexes[row]]
        if len(sessions) == 1:
            row.values[column] = sessions[0][SESSION.key]
        else:
            wrong = f"fits {len(sessions)} sessions of the course"
            run.refuse(row, SESSION_INDEX, wrong, f"Give {column} instead.")


def _check_sessions(column: str, rows: Sequence[Row], run: Run) -> None:
    """Refuse rows of no session; the others belong to the course of their session."""
    pointing = [row for row in rows if row.values.get(column) is not None]
    ids = [row.values[column] for row in pointing]
    sessions = course_rows.find_rows(SESSION.table, SESSION.key, ids, ["id_course_fk"])
    for row in pointing:
        session = sessions.get(row.values[column])
        if session is None:
            _refuse_unknown(row, column, SESSION, run)
        elif row.course_id is None:
            row.course_id = session["id_course_fk"]


def _translate(rows: Sequence[Row], column: str, run: Run) -> None:
    for row in _good(rows):
        if row.values.get(column) is not None:
            row.values[column] = run.stored_id(row.values[column])


# The row itself


def _find(kind: Kind, rows: Sequence[Row], run: Run) -> dict[Any, Mapping[str, Any]]:
    """Decide the id of each row, and return the rows that are in the database by their ids."""
    columns = list(dict.fromkeys((*kind.known_by, *(name for row in rows for name in row.values))))
    ids = [row.file_id for row in rows if row.file_id is not None]
    found = course_rows.find_rows(kind.table, kind.key, ids, columns)
    lost = [row for row in rows if not _is_found(row, found, run)]
    parents = [row.values.get(kind.known_by[0]) for row in lost]
    alike = _by_parts(kind, kind.known_by, [one for one in parents if one is not None], columns)
    for row in lost:
        twins = alike[tuple(row.values.get(name) for name in kind.known_by)]
        _settle(row, twins, run)
        found |= {twin[kind.key]: twin for twin in twins}
    return found


def _is_found(row: Row, found: Mapping[Any, Mapping[str, Any]], run: Run) -> bool:
    """Whether the id of the file decides, be the row there or new; then it has that id."""
    before = found.get(row.file_id)
    if has_counted_key(row.kind):
        # Such numbers mean something in one database only: elsewhere they are another course's.
        parent = row.kind.known_by[0]
        decides = before is not None and row.values.get(parent, before[parent]) == before[parent]
    else:
        decides = before is not None or (row.file_id is not None and run.by is not By.NAME)
    row.id = row.file_id if decides else None
    return decides


def _settle(row: Row, twins: Sequence[Mapping[str, Any]], run: Run) -> None:
    """The id of a row that has none to go by: that of its only twin, or a new one."""
    kind = row.kind
    empty = [name for name in kind.known_by if row.values.get(name) is None]
    if empty and row.file_id is None:
        run.refuse(row, empty[0], "is empty", f"Fill it in, or give the {kind.key}.")
    elif len(twins) > 1:
        wrong = f"fits {len(twins)} {kind.name} that are alike"
        run.refuse(row, kind.known_by[-1], wrong, f"Give the {kind.key}.")
    elif twins:
        row.id = twins[0][kind.key]
        if row.file_id is not None:
            run.stored_ids[row.file_id] = row.id
    elif not has_counted_key(kind):
        row.id = row.file_id or run.new_id()


def _complete(row: Row) -> None:
    """A new row also gets the course of its session, as the table asks for both."""
    column = row.kind.course
    if column and row.values.get(column) is None:
        row.values[column] = row.course_id


def _by_parts(
    kind: Kind, parts: Sequence[str], parents: Sequence[Any], columns: Sequence[str]
) -> Mapping[tuple[Any, ...], list[Mapping[str, Any]]]:
    """The rows of these ``parents`` by the values of ``parts``, the first being the parent."""
    by_parts: defaultdict[tuple[Any, ...], list[Mapping[str, Any]]] = defaultdict(list)
    wanted = list(dict.fromkeys((*parts, *columns)))
    for row in course_rows.find_rows(kind.table, parts[0], parents, wanted, kind.key).values():
        by_parts[tuple(row[name] for name in parts)].append(row)
    return by_parts


def _refuse_a_second_one(row: Row, run: Run) -> None:
    parts = tuple(row.values.get(name) for name in row.kind.known_by)
    keys = [(row.kind.name, row.id)] if row.id is not None else []
    if row.file_id is None:
        keys.append((row.kind.name, parts))
    if earlier := next(filter(None, (run.place_of(*key) for key in keys)), None):
        run.refuse(row, "", f"is the same {row.kind.singular} as {earlier}", "Keep one of the two.")
        return
    for key in keys:
        run.remember(row, *key)
