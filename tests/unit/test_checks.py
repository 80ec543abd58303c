"""Each kind of problem is found where it is, and nowhere else."""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from bot.services.catalogue.checks import wrong_with
from bot.services.catalogue.quality_rules import CHECKS
from bot.stores.course_quality import CourseRecord
from bot.stores.courses import NOT_OFFERED

GOOD = CourseRecord(
    id_course=UUID(int=1),
    name="Python",
    level="Intermedio",
    modality="Online",
    status="Active",
    language="Español",
    price="4,500.00",
    currency="MXN",
    purchase_url="https://example.com/python",
    start_date=datetime(2031, 1, 1),
    end_date=datetime(2031, 3, 1),
    session_count=8,
    total_duration_min=960,
    described=True,
    indexed=True,
    offered=True,
    over=False,
    namesakes=1,
    sessions=8,
    timed=8,
    minutes=Decimal(960),
    first_index=1,
    last_index=8,
    indexes=8,
)
NO_SESSIONS: dict[str, Any] = {
    "sessions": 0,
    "timed": 0,
    "minutes": None,
    "first_index": None,
    "last_index": None,
    "indexes": 0,
}


def kinds(**values: Any) -> list[str]:
    return [check.kind for check in wrong_with(replace(GOOD, **values))]


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("not_indexed", {"indexed": False}),
        ("no_name", {"name": None}),
        ("no_name", {"name": " \n"}),
        ("duplicated_name", {"namesakes": 2}),
        ("no_description", {"described": False}),
        ("no_level", {"level": None}),
        ("no_level", {"level": " "}),
        ("unknown_level", {"level": "Experto++"}),
        ("no_modality", {"modality": ""}),
        ("unknown_modality", {"modality": "Zoom o algo así"}),
        ("no_price", {"price": None}),
        ("no_price", {"price": ""}),
        ("unreadable_price", {"price": "consultar"}),
        ("unreadable_price", {"price": "desde 299"}),
        ("unreadable_price", {"price": "299/mes"}),
        ("no_currency", {"currency": None}),
        ("no_currency", {"currency": " "}),
        ("unknown_currency", {"currency": "pesos"}),
        ("unknown_currency", {"currency": "MXP$"}),
        ("contradictory_currency", {"price": "USD 299"}),
        ("unknown_status", {"status": "publicado"}),
        ("past_but_active", {"over": True}),
        ("past_but_active", {"over": True, "status": "Próximamente", "offered": False}),
        ("ends_before_start", {"end_date": datetime(2030, 12, 31)}),
        ("short_duration", {"total_duration_min": 12}),
        ("short_duration", {"total_duration_min": 0}),
        ("session_count", {"session_count": 10}),
        ("session_count", {"session_count": None}),
        ("session_minutes", {"total_duration_min": 480}),
        ("session_minutes", {"minutes": Decimal(800)}),
        ("session_order", {"last_index": 9}),
        ("session_order", {"indexes": 7, "last_index": 7}),
        ("session_order", {"first_index": 2, "last_index": 9}),
        ("session_order", {"first_index": None, "last_index": None, "indexes": 0}),
        ("no_purchase_link", {"purchase_url": None}),
        ("no_language", {"language": ""}),
    ],
    ids=str,
)
def test_a_problem_is_found_alone(kind: str, values: dict[str, Any]) -> None:
    assert kinds(**values) == [kind]


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"level": "AVANZADO"},
        {"level": " basic "},
        {"level": "Básico"},
        {"modality": "In-person"},
        {"modality": "HÍBRIDO"},
        {"price": "$299", "currency": "usd"},
        {"price": "Gratis", "currency": None},
        {"price": "0", "currency": None},
        {"price": "4500 pesos"},
        {"status": None},
        {"status": "Próximamente", "purchase_url": None},
        {"status": "archived", "purchase_url": None, "over": True},
        {"namesakes": 3, "offered": False},
        {"start_date": None, "end_date": None},
        {"start_date": datetime(2031, 1, 1), "end_date": datetime(2031, 1, 1)},
        {"total_duration_min": 60, **NO_SESSIONS},
        {"total_duration_min": None},
        {"total_duration_min": 1000},
        {"timed": 7, "minutes": Decimal(840), "total_duration_min": 5000},
        {"first_index": 0, "last_index": 7},
        {"session_count": 12, **NO_SESSIONS},
    ],
    ids=str,
)
def test_what_is_right_is_left_alone(values: dict[str, Any]) -> None:
    assert kinds(**values) == []


@pytest.mark.parametrize("status", NOT_OFFERED)
def test_every_status_that_keeps_a_course_from_leads_is_known(status: str) -> None:
    assert kinds(status=status.upper()) == []


def test_a_course_may_have_several_problems() -> None:
    assert kinds(level=None, price=None, language=None) == ["no_level", "no_price", "no_language"]


def test_nothing_that_is_unknown_breaks_a_check() -> None:
    empty = dict.fromkeys(
        (name for name in GOOD.__slots__ if isinstance(getattr(GOOD, name), str | datetime)), None
    )
    bare = replace(GOOD, **empty, session_count=None, total_duration_min=None, **NO_SESSIONS)
    assert all(isinstance(check.found(bare), str) for check in wrong_with(bare))


def test_every_kind_has_its_own_name_a_title_and_a_mend() -> None:
    assert len({check.kind for check in CHECKS}) == len(CHECKS)
    assert all(check.title and check.mend for check in CHECKS)
