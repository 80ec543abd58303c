"""Course queries. Every function runs a fixed number of statements."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Numeric,
    Select,
    case,
    cast,
    func,
    insert,
    literal,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import InstrumentedAttribute, selectinload

from bot.extensions import db
from bot.models.base import Model
from bot.models.catalogue import Course, CourseBonus, CourseSearch, CourseSession

NOT_OFFERED = ("archived", "archivado", "inactive", "inactivo", "cancelled", "cancelado", "draft")
"""Statuses, in lower case, that a lead is never shown."""

_LONGEST_NUMBER = 18
_NUMBER = func.substring(Course.price, "^[^0-9]*([0-9]+(?:[.,][0-9]+)*)[^0-9]*$")
AMOUNT = case(
    (func.length(_NUMBER) > _LONGEST_NUMBER, None),
    (
        _NUMBER.regexp_match(r"^\d{1,3}([.]\d{3})*(,\d{1,2})?$|^\d+,\d{1,2}$"),
        cast(func.replace(func.replace(_NUMBER, ".", ""), ",", "."), Numeric),
    ),
    (
        _NUMBER.regexp_match(r"^\d{1,3}(,\d{3})*([.]\d+)?$|^\d+([.]\d+)?$"),
        cast(func.replace(_NUMBER, ",", ""), Numeric),
    ),
    (func.lower(Course.price).regexp_match("^(gratis|gratuito|free)$"), 0),
    else_=None,
)
"""The price as a number; null where the text is not clearly one.

It reads what :func:`bot.services.money.amount` reads; a test holds the two together.
"""

SORTS: dict[str, Any] = {
    "name": Course.name,
    "price": AMOUNT,
    "start_date": Course.start_date,
    "created_at": Course.created_at,
    "level": Course.level,
}


@dataclass(frozen=True, slots=True)
class CourseFilter:
    """Which courses to list; spellings are lower case, and any one of them fits."""

    levels: Sequence[str] = ()
    modalities: Sequence[str] = ()
    status: str | None = None
    language: str | None = None
    audience: str | None = None
    currency: str | None = None
    min_price: Decimal | None = None
    max_price: Decimal | None = None
    words: Sequence[str] = ()


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


def bonuses(id_course: UUID) -> list[str]:
    """What comes with a course, in the order it was entered."""
    query = select(CourseBonus.content).where(CourseBonus.id_courses_fk == id_course)
    return list(db.session.scalars(query.order_by(CourseBonus.id_bond)))


def search(words: Sequence[str], limit: int) -> list[tuple[Course, float]]:
    """Courses on offer that match any of ``words``, best first, each with its rank above 0.

    ``words`` are single words of letters and digits; accents and inflection do not matter.
    """
    query = _tsquery(words)
    rank = func.ts_rank(CourseSearch.document, query)
    found = db.session.execute(
        _on_offer()
        .join(CourseSearch, CourseSearch.id_course == Course.id_course)
        .add_columns(rank)
        .where(CourseSearch.document.bool_op("@@")(query))
        .order_by(rank.desc(), Course.start_date, Course.name)
        .limit(limit)
    )
    return [(course, rank) for course, rank in found]


def upcoming(limit: int) -> list[Course]:
    """Courses on offer, those that begin first in front."""
    query = _on_offer().order_by(Course.start_date.asc().nulls_last(), Course.name).limit(limit)
    return list(db.session.scalars(query))


def page(wanted: CourseFilter, sort: str, offset: int, limit: int) -> tuple[list[Course], int]:
    """One page of the filtered catalogue, and how many courses match in all.

    ``sort`` is a key of :data:`SORTS`, with ``-`` in front for the other direction.
    """
    query = select(Course).where(*_conditions(wanted))
    total = db.session.scalar(select(func.count()).select_from(query.subquery())) or 0
    key = SORTS[sort.removeprefix("-")]
    order = key.desc() if sort.startswith("-") else key.asc()
    ordered = query.order_by(order.nulls_last(), Course.id_course)
    return list(db.session.scalars(ordered.offset(offset).limit(limit))), total


def count() -> int:
    """How many courses there are, on offer or not."""
    return db.session.scalar(select(func.count()).select_from(Course)) or 0


def tally(column: str) -> list[tuple[str | None, int]]:
    """Each value of ``column``, as the school typed it, with how many courses carry it."""
    field = getattr(Course, column)
    rows = db.session.execute(select(field, func.count()).group_by(field).order_by(field))
    return [(value, number) for value, number in rows]


def price_ranges() -> list[tuple[str | None, Decimal, Decimal]]:
    """Lowest and highest readable price of the courses on offer, by currency."""
    query = (
        select(Course.currency, func.min(AMOUNT), func.max(AMOUNT))
        .where(*_offer_conditions(), AMOUNT.is_not(None))
        .group_by(Course.currency)
        .order_by(Course.currency)
    )
    return [(currency, low, high) for currency, low, high in db.session.execute(query)]


def known_ids() -> set[str]:
    """The ids of all courses."""
    return {str(id_course) for id_course in db.session.scalars(select(Course.id_course))}


def add_rows(table: type[Model], rows: list[dict[str, Any]]) -> None:
    """Insert rows in batches."""
    if rows:
        db.session.execute(insert(table), rows)


def _on_offer() -> Select[Course]:
    return select(Course).where(*_offer_conditions())


def _offer_conditions() -> tuple[ColumnElement[bool], ...]:
    status = func.lower(func.trim(func.coalesce(Course.status, "")))
    return (
        status.not_in(NOT_OFFERED),
        or_(Course.end_date.is_(None), Course.end_date >= func.localtimestamp()),
    )


def _conditions(wanted: CourseFilter) -> list[ColumnElement[bool]]:
    conditions = [
        _same(column, value)
        for column, value in (
            (Course.status, wanted.status),
            (Course.language, wanted.language),
            (Course.audience_category, wanted.audience),
            (Course.currency, wanted.currency),
        )
        if value
    ]
    if wanted.levels:
        conditions.append(_plain(Course.level).in_(wanted.levels))
    if wanted.modalities:
        conditions.append(_plain(Course.modality).in_(wanted.modalities))
    if wanted.min_price is not None:
        conditions.append(literal(wanted.min_price) <= AMOUNT)
    if wanted.max_price is not None:
        conditions.append(literal(wanted.max_price) >= AMOUNT)
    if wanted.words:
        document = CourseSearch.document.bool_op("@@")(_tsquery(wanted.words))
        conditions.append(Course.id_course.in_(select(CourseSearch.id_course).where(document)))
    return conditions


def _plain(column: InstrumentedAttribute[Any]) -> ColumnElement[str]:
    return func.lower(func.trim(column))


def _same(column: InstrumentedAttribute[Any], value: str) -> ColumnElement[bool]:
    return _plain(column) == value.strip().lower()


def _tsquery(words: Sequence[str]) -> ColumnElement[Any]:
    return func.to_tsquery("spanish", func.brenda_fold(" | ".join(words)))
