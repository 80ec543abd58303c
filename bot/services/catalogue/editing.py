"""Courses made, changed and archived by people, each time with a note of who did what."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID, uuid4

from sqlalchemy.exc import IntegrityError

from bot.errors import Conflict, NotFound, Unusable
from bot.models.catalogue import (
    AuditEntry,
    Course,
    CourseActivity,
    CourseBonus,
    CourseElement,
    CourseSession,
)
from bot.services import database
from bot.stores import audit, courses
from bot.stores import course_writes as store

T = TypeVar("T")
Row = dict[str, Any]
Check = Callable[[Course], None]
"""Raises when the course is not the one that the caller has seen."""


def create_course(given: Mapping[str, Any], actor: str) -> Course:
    """Add a course, with its ``sessions`` and ``bonuses`` when they are given.

    ``given`` holds columns of ``ai_courses``; ``id_course`` may be among them. A session may hold
    ``activities`` and ``elements``. What is not numbered is numbered as it is listed.

    Raises:
        Conflict: when the id is taken, or a course of this name and start is not archived.
        Unusable: when it would end before it starts.
    """
    values: Row = {"id_course": uuid4(), **given}
    sessions: list[Row] = values.pop("sessions", [])
    bonuses: list[Row] = values.pop("bonuses", [])
    id_course: UUID = values["id_course"]
    _refuse_reversed_dates(values)

    def create() -> Course:
        _refuse_twin(values)
        store.insert_rows(Course, [values])
        _insert_sessions(id_course, sessions)
        store.insert_rows(CourseBonus, [{**bonus, "id_courses_fk": id_course} for bonus in bonuses])
        made = {**values, "sessions": len(sessions) or None, "bonuses": len(bonuses) or None}
        audit.record([_entry("create", actor, id_course, {}, made)])
        return _complete(id_course)

    return _commit(create)


def update_course(id_course: UUID, changes: Mapping[str, Any], actor: str, check: Check) -> Course:
    """Change the columns in ``changes``, and nothing when they have these values already.

    Raises:
        NotFound: when there is no such course.
        Conflict: when a course of this name and start is not archived.
        Unusable: when it would end before it starts.
    """

    def change() -> Course:
        course = _locked(id_course, check)
        new = {
            column: value for column, value in changes.items() if getattr(course, column) != value
        }
        _refuse_what_cannot_be(course, new)
        _change(course, new, "update", actor)
        return _complete(id_course)

    return _commit(change)


def archive_course(id_course: UUID, actor: str, check: Check) -> None:
    """Take a course out of use. Nothing is deleted; archiving it again changes nothing.

    Raises:
        NotFound: when there is no such course.
    """

    def archive() -> None:
        course = _locked(id_course, check)
        if not _is_archived(course.status):
            _change(course, {"status": store.ARCHIVED[0]}, "archive", actor)

    _commit(archive)


def history(id_course: UUID, limit: int) -> Sequence[AuditEntry]:
    """The last ``limit`` changes to a course, newest first.

    Raises:
        NotFound: when nothing was ever noted about it.
    """
    entries = database.read(lambda: audit.history(id_course, limit))
    if not entries:
        raise NotFound(f"No change to a course with the id {id_course} was ever noted.")
    return entries


def _commit(work: Callable[[], T]) -> T:
    try:
        return database.write(work)
    except IntegrityError as error:
        raise Conflict(
            "The database refuses this: an id in it is taken, or it breaks another of its rules."
        ) from error


def _locked(id_course: UUID, check: Check) -> Course:
    """The course as it is and, because its row is locked, stays until the transaction ends."""
    if not store.lock(id_course):
        raise NotFound(f"There is no course with the id {id_course}.")
    course = _complete(id_course)
    check(course)
    return course


def _complete(id_course: UUID) -> Course:
    course = courses.find_complete(id_course)
    if course is None:
        raise NotFound(f"There is no course with the id {id_course}.")
    return course


def _change(course: Course, new: Row, action: str, actor: str) -> None:
    if new:
        before = {column: getattr(course, column) for column in new}
        store.change(course.id_course, new)
        audit.record([_entry(action, actor, course.id_course, before, new)])


def _refuse_what_cannot_be(course: Course, new: Row) -> None:
    """Only what the change brings about: a course may be odd from before."""
    columns = ("name", "start_date", "end_date", "status")
    after: Row = {column: new.get(column, getattr(course, column)) for column in columns}
    if new.keys() & {"start_date", "end_date"}:
        _refuse_reversed_dates(after)
    is_another = new.keys() & {"name", "start_date"} or _is_archived(course.status)
    if is_another and not _is_archived(after["status"]):
        _refuse_twin({**after, "id_course": course.id_course})


def _refuse_reversed_dates(values: Mapping[str, Any]) -> None:
    start, end = values.get("start_date"), values.get("end_date")
    if start and end and end < start:
        raise Unusable(problems={"end_date": ["Must not be before start_date."]})


def _refuse_twin(values: Mapping[str, Any]) -> None:
    """Of two writers of one name the second waits here, and then sees what the first stored."""
    name = values.get("name")
    if not name:
        return
    store.lock_name(name)
    if store.has_twin(name, values.get("start_date"), values["id_course"]):
        raise Conflict("A course with this name and start_date is there and not archived.")


def _is_archived(status: str | None) -> bool:
    return (status or "").strip().lower() in store.ARCHIVED


def _insert_sessions(id_course: UUID, sessions: Sequence[Row]) -> None:
    """Parents first: rows refer to the keys of their parents."""
    rows = [
        {"id_session": uuid4(), "session_index": place, **session, "id_course_fk": id_course}
        for place, session in enumerate(sessions, 1)
    ]
    activities = [item for row in rows for item in _activities(row)]
    elements = [item for row in rows for item in _elements(row)]
    store.insert_rows(CourseSession, rows)
    store.insert_rows(CourseActivity, activities)
    store.insert_rows(CourseElement, elements)


def _activities(session: Row) -> list[Row]:
    keys = {"id_session_fk": session["id_session"], "id_course_fk": session["id_course_fk"]}
    given: list[Row] = session.pop("activities", [])
    return [
        {"id_activity": uuid4(), "item_session": place, **item, **keys}
        for place, item in enumerate(given, 1)
    ]


def _elements(session: Row) -> list[Row]:
    """Rows of one moment are read in the order of their ids, so those rise."""
    given: list[Row] = session.pop("elements", [])
    ids = sorted(uuid4() for _ in given)
    return [
        {"id_element": id_element, **item, "id_session_fk": session["id_session"]}
        for id_element, item in zip(ids, given, strict=True)
    ]


def _entry(
    action: str, actor: str, id_course: UUID, before: Mapping[str, Any], after: Mapping[str, Any]
) -> Row:
    changes = {
        column: [_plain(before.get(column)), _plain(value)]
        for column, value in after.items()
        if before.get(column) != value
    }
    return {"actor": actor, "action": action, "id_course": id_course, "changes": changes}


def _plain(value: Any) -> Any:
    """As JSON has it."""
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value
