"""Course queries. Every function runs a fixed number of statements."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import product
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Select,
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
from bot.models.catalogue import Course, CourseBonus, CourseSearch, CourseSession

NOT_OFFERED = ("archived", "archivado", "inactive", "inactivo", "cancelled", "cancelado", "draft")
"""Statuses, in lower case, that a lead is never shown."""

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


def find_with_bonuses(id_course: UUID) -> tuple[Course, list[str]] | None:
    """One course and what comes with it, in the order it was entered; one statement."""
    contents = func.array_agg(aggregate_order_by(CourseBonus.content, CourseBonus.id_bond))
    of_course = select(contents).where(CourseBonus.id_courses_fk == Course.id_course)
    query = select(Course, of_course.scalar_subquery()).where(Course.id_course == id_course)
    row = db.session.execute(query).one_or_none()
    return (row[0], row[1] or []) if row else None


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
