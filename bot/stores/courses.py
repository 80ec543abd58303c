"""Course queries. Every function runs a fixed number of statements."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import product
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Select,
    case,
    cast,
    func,
    literal,
    or_,
    select,
    union_all,
)
from sqlalchemy.dialects.postgresql import TSQUERY, aggregate_order_by
from sqlalchemy.orm import selectinload

from bot.extensions import db
from bot.models.catalogue import (
    Course,
    CourseActivity,
    CourseBonus,
    CourseElement,
    CourseInDepth,
    CourseSearch,
    CourseSession,
    ElementLink,
    SessionOutline,
)

NOT_OFFERED = ("archived", "archivado", "inactive", "inactivo", "cancelled", "cancelado", "draft")
"""Statuses, in lower case, that a lead is never shown."""

_KNOWN_YEARS = ("0001-01-01", "9999-12-31")

SORTS: dict[str, Any] = {
    "name": Course.name,
    "price": CourseSearch.amount,
    "start_date": CourseSearch.starts,
    "created_at": Course.created_at,
    "level": Course.level,
}


@dataclass(frozen=True, slots=True)
class CourseFilter:
    """Which courses are wanted; what is empty does not matter.

    Texts are plain (lower case, no accents), and any one of several spellings fits. ``words`` is
    a tsquery of lexemes. ``offered`` leaves out what no lead may be shown.
    """

    levels: Sequence[str] = ()
    modalities: Sequence[str] = ()
    languages: Sequence[str] = ()
    currencies: Sequence[str] = ()
    status: str | None = None
    audience: str | None = None
    min_price: Decimal | None = None
    max_price: Decimal | None = None
    words: str | None = None
    offered: bool = False

    def __bool__(self) -> bool:
        """Whether it leaves anything out."""
        return self != CourseFilter()


def find_in_depth(id_course: UUID) -> CourseInDepth | None:
    """One course with its bonuses, sessions and elements, in their order; one statement."""
    parts = (_bonuses(), _sessions(), _elements())
    query = select(Course, *(part.scalar_subquery() for part in parts))
    row = db.session.execute(query.where(Course.id_course == id_course)).one_or_none()
    if row is None:
        return None
    parts: tuple[Any, ...] = tuple(row)
    course, bonuses, sessions, elements = parts
    return CourseInDepth(
        course,
        _list(bonuses),
        [session_outline(session) for session in _list(sessions)],
        [ElementLink(*element) for element in _list(elements)],
    )


def _list(gathered: list[Any] | None) -> list[Any]:
    """What an aggregate found; of nothing it makes a null."""
    return gathered or []


def session_outline(row: Sequence[Any]) -> SessionOutline:
    """A session as it comes as JSON: number, title, aim, moment, minutes, items."""
    number, title, objective, at, minutes, items = row
    moment = datetime.fromisoformat(at) if at else None
    return SessionOutline(number, title, objective, moment, minutes, tuple(items or ()))


def of_ids(ids: Sequence[UUID]) -> list[Course]:
    """The courses with these ids that a lead may be shown, in the order of ``ids``."""
    query = _indexed().where(Course.id_course.in_(ids), *offered())
    return sorted(db.session.scalars(query), key=lambda course: ids.index(course.id_course))


def _bonuses() -> Select[Any]:
    contents = func.array_agg(aggregate_order_by(CourseBonus.content, CourseBonus.id_bond))
    return select(contents).where(CourseBonus.id_courses_fk == Course.id_course)


def _sessions() -> Select[Any]:
    """A session without a number or a title has nothing to be called by."""
    titles = func.json_agg(
        aggregate_order_by(CourseActivity.title_item, CourseActivity.item_session)
    )
    scheduled = CourseSession.scheduled_at
    items = select(titles).where(CourseActivity.id_session_fk == CourseSession.id_session)
    session = func.json_build_array(
        CourseSession.session_index,
        CourseSession.title,
        CourseSession.objective,
        # Years that Python does not know are no day to tell anybody.
        case((scheduled.between(*_KNOWN_YEARS), scheduled)),
        CourseSession.duration_minutes,
        items.scalar_subquery(),
    )
    sessions = func.json_agg(aggregate_order_by(session, CourseSession.session_index))
    return select(sessions).where(
        CourseSession.id_course_fk == Course.id_course,
        CourseSession.session_index.is_not(None),
        CourseSession.title.is_not(None),
    )


def _elements() -> Select[Any]:
    element = func.json_build_array(CourseElement.description_url, CourseElement.url_test)
    elements = func.json_agg(
        aggregate_order_by(element, CourseSession.session_index, CourseElement.id_element)
    )
    of_course = select(elements).join_from(
        CourseElement, CourseSession, CourseElement.id_session_fk == CourseSession.id_session
    )
    return of_course.where(CourseSession.id_course_fk == Course.id_course)


def find_complete(id_course: UUID) -> Course | None:
    """One course with its sessions, their activities and elements, and its bonuses."""
    sessions = selectinload(Course.sessions)
    return db.session.get(
        Course,
        id_course,
        options=[
            sessions.selectinload(CourseSession.activities),
            sessions.selectinload(CourseSession.elements),
            selectinload(Course.bonuses),
        ],
        populate_existing=True,
    )


def upcoming(
    wanted: CourseFilter,
    limit: int,
    preferred: CourseFilter | None = None,
    without: Collection[UUID] = (),
) -> list[Course]:
    """Courses that fit: the next to begin, then those without a date, then those under way.

    What is ``preferred`` comes in front of the rest; what is ``without`` does not come.
    """
    now, starts = func.localtimestamp(), CourseSearch.starts
    turns = (
        (starts >= now, starts.asc()),
        (starts.is_(None), CourseSearch.id_course.asc()),
        (starts < now, starts.desc()),
    )
    left_out = [CourseSearch.id_course.not_in(without)] if without else []
    stages = [
        select(CourseSearch.id_course, literal(number).label("stage"))
        .where(when, *_conditions(each), *left_out)
        .order_by(order)
        .limit(limit)
        .subquery()
        for number, (each, (when, order)) in enumerate(
            product([preferred, wanted] if preferred else [wanted], turns)
        )
    ]
    every = union_all(*(select(stage) for stage in stages)).subquery()
    found = select(every.c.id_course, func.min(every.c.stage).label("stage"))
    found = found.group_by(every.c.id_course).subquery()
    # Before PostgreSQL 17 infinite timestamps could not be subtracted.
    far = func.abs(func.extract("epoch", CourseSearch.starts) - func.extract("epoch", now))
    query = _indexed().join(found, found.c.id_course == Course.id_course)
    query = query.order_by(found.c.stage, far, Course.id_course).limit(limit)
    return list(db.session.scalars(query))


def page(wanted: CourseFilter, sort: str, offset: int, limit: int) -> tuple[list[Course], int]:
    """One page of the filtered catalogue, and how many courses match in all.

    ``sort`` is a key of :data:`SORTS`, with ``-`` in front for the other direction.
    """
    query = _indexed().where(*_conditions(wanted))
    total = db.session.scalar(select(func.count()).select_from(query.subquery())) or 0
    key = SORTS[sort.removeprefix("-")]
    order = key.desc() if sort.startswith("-") else key.asc()
    ordered = query.order_by(order.nulls_last(), Course.id_course)
    return list(db.session.scalars(ordered.offset(offset).limit(limit))), total


def count(wanted: CourseFilter | None = None) -> int:
    """How many courses there are; with ``wanted``, how many of these."""
    query = select(func.count()).select_from(Course)
    if wanted:
        query = select(func.count()).select_from(CourseSearch).where(*_conditions(wanted))
    return db.session.scalar(query) or 0


def tally(column: str, offered_only: bool = False) -> list[tuple[str | None, int]]:
    """Each value of ``column``, as the school typed it, with how many courses carry it."""
    field = getattr(Course, column)
    query = select(field, func.count()).group_by(field).order_by(field)
    if offered_only:
        query = query.join(CourseSearch, CourseSearch.id_course == Course.id_course)
        query = query.where(*offered())
    return [(value, number) for value, number in db.session.execute(query)]


def price_ranges() -> list[tuple[str | None, Decimal, Decimal]]:
    """Lowest and highest readable price of the courses on offer, by currency (``USD``)."""
    currency = func.upper(CourseSearch.currency)
    query = (
        select(currency, func.min(CourseSearch.amount), func.max(CourseSearch.amount))
        .where(*offered(), CourseSearch.amount.is_not(None))
        .group_by(currency)
        .order_by(currency)
    )
    rows: Sequence[Any] = db.session.execute(query).all()
    return [(code, low, high) for code, low, high in rows if low is not None and high is not None]


def known_ids() -> set[str]:
    """The ids of all courses."""
    return {str(id_course) for id_course in db.session.scalars(select(Course.id_course))}


def offered() -> tuple[ColumnElement[bool], ...]:
    """What holds for the index row of a course that a lead may be shown."""
    return (
        func.coalesce(CourseSearch.status, "").not_in(NOT_OFFERED),
        or_(CourseSearch.ends.is_(None), CourseSearch.ends >= func.localtimestamp()),
    )


def _indexed() -> Select[Course]:
    return select(Course).join(CourseSearch, CourseSearch.id_course == Course.id_course)


def _conditions(wanted: CourseFilter) -> list[ColumnElement[bool]]:
    one_of = (
        (CourseSearch.level, wanted.levels),
        (CourseSearch.modality, wanted.modalities),
        (CourseSearch.language, wanted.languages),
        (CourseSearch.currency, wanted.currencies),
    )
    same = ((CourseSearch.status, wanted.status), (CourseSearch.audience, wanted.audience))
    conditions = [column.in_(values) for column, values in one_of if values]
    conditions += [column == value for column, value in same if value]
    if wanted.min_price is not None:
        conditions.append(literal(wanted.min_price) <= CourseSearch.amount)
    if wanted.max_price is not None:
        conditions.append(literal(wanted.max_price) >= CourseSearch.amount)
    if wanted.words:
        conditions.append(CourseSearch.document.bool_op("@@")(cast(wanted.words, TSQUERY)))
    if wanted.offered:
        conditions.extend(offered())
    return conditions
