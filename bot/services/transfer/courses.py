"""The courses of a batch: which course of the database each row means, and saving them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from bot.services.transfer.kinds import COURSE, Row
from bot.services.transfer.runs import By, Run, folded_name
from bot.services.transfer.saving import Changed, save
from bot.stores import audit, course_rows

_TWICE_MEND = "Keep one of the two rows."


def save_courses(rows: Sequence[Row], run: Run) -> None:
    """Write the courses among ``rows`` that can be written, and note each in the audit."""
    for row in rows:
        _identify(row, run)
        _refuse_a_second_one(row, run)
    wanted = [row for row in rows if not row.refused]
    columns = list(dict.fromkeys(name for row in wanted for name in row.values))
    found = course_rows.find_rows(COURSE.table, COURSE.key, [row.id for row in wanted], columns)
    for row in wanted:
        _refuse_anothers_id(row, row.id in found, run)
    saved = save([row for row in wanted if not row.refused], found, run)
    for row in (*saved.created, *(one.row for one in saved.changed)):
        run.learn_name(row)
    if run.actor is not None:
        course_rows.note_created(run.actor, [row.id for row in saved.created])
        audit.record([_entry(one, run.actor) for one in saved.changed])


def _identify(row: Row, run: Run) -> None:
    """Decide the id that ``row`` is stored under; whether it is there is not known yet."""
    if row.refused:
        return
    name = (row.values.get("name") or "").strip()
    if run.by is By.ID and row.file_id is None:
        run.refuse(row, COURSE.key, "is empty", "Give the id, or leave out '--by id'.")
    elif _goes_by_name(row, run):
        if name:
            _find_by_name(row, name, run)
        else:
            run.refuse(row, "name", "is empty", "Fill it in.")
    else:
        row.id = row.file_id


def _goes_by_name(row: Row, run: Run) -> bool:
    return run.by is By.NAME or (run.by is By.EITHER and row.file_id is None)


def _find_by_name(row: Row, name: str, run: Run) -> None:
    known, row.id = run.courses_named(name)
    if known and row.id is None:
        mend = "Give the id_course of the one you mean"
        mend += " and leave out '--by name'." if run.by is By.NAME else "."
        run.refuse(row, "name", "is the name of several courses in the database", mend)
    elif not known:
        row.id = row.file_id or run.new_id()
    elif row.file_id not in (None, row.id):
        run.stored_ids[row.file_id] = row.id


def _refuse_a_second_one(row: Row, run: Run) -> None:
    """One course may be in a file once, whether rows mean it by id or by name."""
    if row.refused:
        return
    name = folded_name(row.values.get("name") or "")
    by_name = _goes_by_name(row, run)
    twin = run.place_of("name", name) or (by_name and run.place_of("name beside id", name))
    if name and twin:
        run.refuse(row, "name", f"is the same as in {twin}", _TWICE_MEND)
    elif earlier := run.place_of(COURSE.key, row.id):
        run.refuse(row, COURSE.key, f"is the same course as in {earlier}", _TWICE_MEND)
    else:
        run.remember(row, "name" if by_name else "name beside id", name)
        run.remember(row, COURSE.key, row.id)


def _refuse_anothers_id(row: Row, is_there: bool, run: Run) -> None:
    """A new name with the id of a course that is there under another name."""
    if is_there and _goes_by_name(row, run):
        known, stored = run.courses_named(row.values["name"])
        if not known or stored != row.id:
            wrong = "belongs to a course of another name in the database"
            run.refuse(row, COURSE.key, wrong, "Leave the id empty, or leave out '--by name'.")


def _entry(one: Changed, actor: str) -> dict[str, Any]:
    """What the audit keeps of a changed course, in values that JSON has."""
    changes = {
        name: [_in_json(before), _in_json(after)]
        for name, (before, after) in one.differences.items()
    }
    return {"actor": actor, "action": "update", "id_course": one.row.id, "changes": changes}


def _in_json(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
