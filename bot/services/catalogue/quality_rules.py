"""What is wrong with a course: each kind of problem, how much it hurts, and what mends it."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, lru_cache

from babel.numbers import list_currencies

from bot.services import money, vocabulary
from bot.services.spanish import plain
from bot.stores.course_quality import CourseRecord
from bot.stores.courses import NOT_OFFERED

_ACTIVE = frozenset({"active", "activo"})
_UPCOMING = frozenset({"upcoming", "proximamente", "proximo"})
_NOT_ON_SALE = _UPCOMING | frozenset(NOT_OFFERED)
_STATUSES = _ACTIVE | _NOT_ON_SALE
_MINUTES_OF_A_SHORT_COURSE = 60
_TOLERANCE = 0.1


class Severity(StrEnum):
    """``error``: recommendations or answers suffer. ``hint``: a person should look at it."""

    ERROR = "error"
    HINT = "hint"


@dataclass(frozen=True, slots=True)
class Check:
    """One kind of problem; ``found`` tells what a course has instead, for a person to read."""

    kind: str
    severity: Severity
    title: str
    mend: str
    is_wrong: Callable[[CourseRecord], bool]
    found: Callable[[CourseRecord], str] = lambda _course: ""


def _is_blank(text: str | None) -> bool:
    return not (text or "").strip()


@lru_cache(maxsize=4096)
def _plain(text: str | None) -> str:
    return plain(text or "").strip()


def _is_strange(text: str | None, known: Collection[str]) -> bool:
    return not _is_blank(text) and _plain(text) not in known


def _spellings(table: Mapping[str, Sequence[str]]) -> frozenset[str]:
    return frozenset(spelling for known in table.values() for spelling in known)


_LEVELS = _spellings(vocabulary.LEVELS)
_MODALITIES = _spellings(vocabulary.MODALITIES)


@cache
def _currencies() -> frozenset[str]:
    return frozenset(code.lower() for code in list_currencies())


def _has_unreadable_price(course: CourseRecord) -> bool:
    return not _is_blank(course.price) and money.amount(course.price) is None


def _costs_nobody_knows_what(course: CourseRecord) -> bool:
    return _is_blank(course.currency) and bool(money.amount(course.price))


def _names_two_currencies(course: CourseRecord) -> bool:
    price, code = course.price or "", (course.currency or "").strip().upper()
    return bool(code and money.amount(price)) and money.says_another_currency(price, code)


def _has_namesakes(course: CourseRecord) -> bool:
    return course.offered and course.namesakes > 1 and not _is_blank(course.name)


def _ends_before_it_starts(course: CourseRecord) -> bool:
    return bool(course.start_date and course.end_date and course.end_date < course.start_date)


def _is_over_but_active(course: CourseRecord) -> bool:
    return course.over and _plain(course.status) in _ACTIVE | _UPCOMING


def _is_short(course: CourseRecord) -> bool:
    minutes = course.total_duration_min
    return minutes is not None and minutes < _MINUTES_OF_A_SHORT_COURSE


def _counts_other_sessions(course: CourseRecord) -> bool:
    return course.sessions > 0 and course.session_count != course.sessions


def _lasts_another_time(course: CourseRecord) -> bool:
    if course.minutes is None or course.timed != course.sessions or _is_short(course):
        return False
    total, minutes = course.total_duration_min, float(course.minutes)
    return total is not None and abs(total - minutes) > _TOLERANCE * minutes


def _counts_badly(course: CourseRecord) -> bool:
    first, last = course.first_index, course.last_index
    if not course.sessions or first is None or last is None:
        return course.sessions > 0
    in_a_row = last - first + 1 == course.sessions == course.indexes
    return not in_a_row or first not in {0, 1}


CHECKS: tuple[Check, ...] = (
    Check(
        "not_indexed",
        Severity.ERROR,
        "missing from the search index",
        "No search finds it. In psql: "
        "SELECT brenda_index_courses(array_agg(id_course)) FROM ai_courses;",
        lambda course: not course.indexed,
    ),
    Check(
        "no_name",
        Severity.ERROR,
        "no name",
        "Fill name: people see the word Curso instead.",
        lambda course: _is_blank(course.name),
    ),
    Check(
        "duplicated_name",
        Severity.ERROR,
        "the name of another course on offer",
        "Tell them apart in name, or archive the one that is out of use.",
        _has_namesakes,
        lambda course: f"{course.namesakes} courses",
    ),
    Check(
        "no_description",
        Severity.ERROR,
        "no description",
        "Fill short_description, which people read, or at least long_descrption.",
        lambda course: not course.described,
    ),
    Check(
        "no_level",
        Severity.ERROR,
        "no level",
        f"Fill level: {', '.join(vocabulary.LEVELS)}.",
        lambda course: _is_blank(course.level),
    ),
    Check(
        "unknown_level",
        Severity.ERROR,
        "a level that nobody knows",
        f"Write level as one of: {', '.join(vocabulary.LEVELS)}.",
        lambda course: _is_strange(course.level, _LEVELS),
        lambda course: repr(course.level),
    ),
    Check(
        "no_modality",
        Severity.ERROR,
        "no modality",
        f"Fill modality: {', '.join(vocabulary.MODALITIES)}.",
        lambda course: _is_blank(course.modality),
    ),
    Check(
        "unknown_modality",
        Severity.ERROR,
        "a modality that nobody knows",
        f"Write modality as one of: {', '.join(vocabulary.MODALITIES)}.",
        lambda course: _is_strange(course.modality, _MODALITIES),
        lambda course: repr(course.modality),
    ),
    Check(
        "no_price",
        Severity.ERROR,
        "no price",
        "Fill price, with Gratis for what costs nothing.",
        lambda course: _is_blank(course.price),
    ),
    Check(
        "unreadable_price",
        Severity.ERROR,
        "a price that is not clearly one number",
        "Write price as 4500 or 4,500.00: no filter by price finds it as it is.",
        _has_unreadable_price,
        lambda course: repr(course.price),
    ),
    Check(
        "no_currency",
        Severity.ERROR,
        "a price without a currency",
        "Fill currency with a code such as MXN or USD.",
        _costs_nobody_knows_what,
        lambda course: repr(course.price),
    ),
    Check(
        "unknown_currency",
        Severity.ERROR,
        "a currency that is no ISO 4217 code",
        "Write currency as a code such as MXN or USD.",
        lambda course: _is_strange(course.currency, _currencies()),
        lambda course: repr(course.currency),
    ),
    Check(
        "contradictory_currency",
        Severity.ERROR,
        "a price that names another currency than the column",
        "Write price as a number alone, and currency as what it is in.",
        _names_two_currencies,
        lambda course: f"{course.price!r} in {course.currency!r}",
    ),
    Check(
        "unknown_status",
        Severity.ERROR,
        "a status that nobody knows",
        "It is on offer. Write status as active, upcoming, archived, inactive, draft or cancelled.",
        lambda course: _is_strange(course.status, _STATUSES),
        lambda course: repr(course.status),
    ),
    Check(
        "past_but_active",
        Severity.ERROR,
        "past, and still marked active",
        "Nobody is shown it. Set the next start_date and end_date, or status to archived.",
        _is_over_but_active,
        lambda course: f"{course.status}, ended {course.end_date:%Y-%m-%d}",
    ),
    Check(
        "ends_before_start",
        Severity.ERROR,
        "an end before the start",
        "Mend start_date or end_date.",
        _ends_before_it_starts,
        lambda course: f"{course.start_date:%Y-%m-%d} to {course.end_date:%Y-%m-%d}",
    ),
    Check(
        "short_duration",
        Severity.ERROR,
        "a duration under an hour, which probably means hours",
        "Write total_duration_min in minutes: 12 hours are 720. Until then it is not shown.",
        _is_short,
        lambda course: f"{course.total_duration_min} min",
    ),
    Check(
        "session_count",
        Severity.HINT,
        "a session_count that is not the number of its sessions",
        "Correct session_count, or enter the sessions that are missing.",
        _counts_other_sessions,
        lambda course: f"session_count {course.session_count}, {course.sessions} rows",
    ),
    Check(
        "session_minutes",
        Severity.HINT,
        "a duration that its sessions do not add up to",
        "Correct total_duration_min, or duration_minutes of its sessions.",
        _lasts_another_time,
        lambda course: f"{course.total_duration_min} min, sessions {course.minutes} min",
    ),
    Check(
        "session_order",
        Severity.HINT,
        "sessions that are not numbered 1, 2, 3 …",
        "Number session_index from 1, without gaps or repetitions.",
        _counts_badly,
        lambda course: f"{course.sessions} rows, {course.first_index} to {course.last_index}",
    ),
    Check(
        "no_purchase_link",
        Severity.HINT,
        "no purchase link",
        "Fill purchase_url: whoever wants to buy gets no link.",
        lambda course: _is_blank(course.purchase_url) and _plain(course.status) not in _NOT_ON_SALE,
    ),
    Check(
        "no_language",
        Severity.HINT,
        "no language",
        "Fill language: no filter by language finds it.",
        lambda course: _is_blank(course.language),
    ),
)
"""Every kind of problem, those that hurt most first."""
