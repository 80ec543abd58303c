"""Courses for a person: which ones, in what order, and the reasons that a lead reads."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask_migrate import upgrade
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.services.catalogue import Recommendation, get_recommended_courses, watch
from config import ROOT
from tests.stores.handmade import MESSY_ROWS, run_sql
from tests.support.apps import AppMaker
from tests.support.school import MESSY_COURSE, School, in_days

SOON, LATER, LAST_WEEK = in_days(20), in_days(200), in_days(-7)


@pytest.fixture(scope="module")
def app(
    new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Flask]:
    """An app on a migrated database of this file's own."""
    maker = AppMaker(tmp_path_factory.mktemp("recommendations"))
    app = maker(DATABASE_URL=new_database())
    with app.app_context():
        upgrade()
    yield app
    maker.close()


@pytest.fixture
def school(app: Flask) -> Iterator[School]:
    """A school without courses, and an app that has not looked at it yet."""
    with app.app_context():
        watch.init_app(app)
        school = School()
        yield school
        school.close()


def names(found: list[Recommendation]) -> list[str | None]:
    return [item.course.name for item in found]


def recommended(*interests: str, **known: Any) -> list[str | None]:
    return names(get_recommended_courses(interests, **known))


def reasons(found: list[Recommendation], name: str) -> tuple[str, ...]:
    return next(item.reasons for item in found if item.course.name == name)


# What fits, and why


FITTING = [
    (
        {"user_interests": ["marketing"]},
        {"name": "Marketing digital"},
        {"name": "Fotografía"},
        "porque te interesa marketing",
    ),
    (
        {"pains": ["los reportes"]},
        {"name": "Reportes automáticos"},
        {"name": "Fotografía"},
        "te ayuda con los reportes",
    ),
    (
        {"role": "contadora"},
        {"name": "IA para contadores"},
        {"name": "IA para abogados"},
        "va con tu trabajo (contadora)",
    ),
    (
        {"user_level": "principiante"},
        {"level": "principiante"},
        {"level": "avanzado"},
        "va con tu nivel (principiante)",
    ),
    (
        {"user_level": "BÁSICO"},
        {"level": " Beginner"},
        {"level": "Advanced"},
        "va con tu nivel (principiante)",
    ),
    (
        {"modality": "online"},
        {"modality": "online"},
        {"modality": "presencial"},
        "es online, como prefieres",
    ),
    (
        {"modality": "In-person"},
        {"modality": "Presencial"},
        {"modality": "en línea"},
        "es presencial, como prefieres",
    ),
    (
        {"budget": Decimal(300), "currency": "USD"},
        {"price": "$299", "currency": "usd"},
        {"price": "$301", "currency": "USD"},
        "entra en tu presupuesto",
    ),
    (
        {"budget": Decimal(4500), "currency": "MXN"},
        {"price": "4,500.00", "currency": " MXN"},
        {"price": "4,500.01", "currency": "MXN"},
        "entra en tu presupuesto",
    ),
    (
        {"budget": Decimal(300)},
        {"price": "299", "currency": "USD"},
        {"price": "4,500", "currency": "MXN"},
        "entra en tu presupuesto",
    ),
    (
        {"budget": Decimal(0), "currency": "USD"},
        {"price": "Gratis", "currency": "USD"},
        {"price": "1", "currency": "USD"},
        "entra en tu presupuesto",
    ),
    ({}, {"start_date": SOON}, {"start_date": LATER}, "empieza pronto"),
]


@pytest.mark.parametrize(("known", "fits", "fits_not", "reason"), FITTING)
def test_what_fits_comes_first_and_says_why(
    known: dict[str, Any],
    fits: dict[str, Any],
    fits_not: dict[str, Any],
    reason: str,
    school: School,
) -> None:
    other = school.add(**{"name": "Taller de lunes", **fits_not})
    fitting = school.add(**{"name": "Seminario nocturno", **fits})
    first, *others = get_recommended_courses(**known)
    assert first.course.id_course == fitting
    assert reason in first.reasons
    assert [item.course.id_course for item in others] in ([], [other])
    assert all(reason not in item.reasons for item in others)


def test_each_course_is_given_the_reasons_that_hold_for_it(school: School) -> None:
    school.add("Marketing con IA", level="intermedio", price="299", currency="USD")
    school.add("Excel y finanzas", level="principiante", price="999", currency="USD")
    found = get_recommended_courses(
        ["marketing"], "principiante", role="contadora", pains=["el excel"], budget=Decimal(300)
    )
    assert reasons(found, "Marketing con IA") == (
        "porque te interesa marketing",
        "entra en tu presupuesto",
    )
    assert set(reasons(found, "Excel y finanzas")) == {
        "te ayuda con el excel",
        "va con tu trabajo (contadora)",
        "va con tu nivel (principiante)",
    }


def test_more_that_fits_ranks_higher(school: School) -> None:
    school.add("Marketing presencial", modality="presencial", level="avanzado")
    school.add("Marketing en casa", modality="online", level="avanzado")
    school.add("Marketing desde cero", modality="online", level="principiante")
    found = recommended("marketing", user_level="principiante", modality="online")
    assert found == ["Marketing desde cero", "Marketing en casa", "Marketing presencial"]


def test_an_interest_counts_more_than_a_trade(school: School) -> None:
    school.add("Finanzas con IA")
    school.add("Fotografía con IA")
    assert recommended("fotografía", role="finanzas") == ["Fotografía con IA", "Finanzas con IA"]


@pytest.mark.parametrize("said", ["EXCEL", "exel", "hojas de cálculo", "curso de Excel"])
def test_an_interest_is_understood_however_it_is_put(said: str, school: School) -> None:
    school.add("Fotografía")
    school.add("Excel para todos")
    first = get_recommended_courses([said])[0]
    assert first.course.name == "Excel para todos"
    assert first.reasons == (f"porque te interesa {said}",)


def test_an_interest_that_was_told_in_several_spellings_is_one_reason(school: School) -> None:
    school.add("Excel para todos")
    (found,) = get_recommended_courses(["excel", "Excel", " excel "])
    assert [reason.lower() for reason in found.reasons] == ["porque te interesa excel"]


def test_a_word_that_nearly_every_course_has_is_no_reason_for_any(school: School) -> None:
    for subject in ("ventas", "marketing", "diseño", "finanzas", "música", "derecho", "turismo"):
        school.add(f"IA para {subject}")
    school.add("IA para veterinarias")
    found = get_recommended_courses(["buceo con ia"])
    assert [item.reasons for item in found] == [(), (), ()]
    first, *others = get_recommended_courses(["ia para veterinarias"])
    assert (first.course.name, *first.reasons) == (
        "IA para veterinarias",
        "porque te interesa ia para veterinarias",
    )
    assert all(item.reasons == () for item in others)


def test_a_course_of_something_near_is_not_said_to_be_of_the_interest(school: School) -> None:
    school.add("Fotografía")
    school.add("Análisis de datos")
    first = get_recommended_courses(["power bi"])[0]
    assert first.course.name == "Análisis de datos"
    assert "porque te interesa power bi" not in first.reasons


# Money


@pytest.mark.parametrize(
    "price",
    [
        {"price": "9,000", "currency": "MXN"},
        {"price": "desde 9000", "currency": "USD"},
        {"price": "consultar", "currency": "USD"},
        {"price": None, "currency": "USD"},
        {"price": "", "currency": None},
    ],
    ids=str,
)
def test_a_price_that_cannot_be_compared_speaks_neither_for_nor_against(
    price: dict[str, Any], school: School
) -> None:
    school.add("Taller de lunes", **price)
    school.add("Seminario nocturno")
    found = get_recommended_courses(budget=Decimal(300), currency="USD")
    assert names(found) == ["Taller de lunes", "Seminario nocturno"]
    assert [item.reasons for item in found] == [(), ()]


def test_what_costs_more_than_the_budget_comes_later_but_comes(school: School) -> None:
    school.add("Marketing caro", price="900", currency="USD")
    school.add("Marketing", price="200", currency="USD")
    known = {"budget": Decimal(300), "currency": "USD"}
    assert recommended("marketing", **known) == ["Marketing", "Marketing caro"]


# Shown, refused, and out of sight

ASKED = [("excel",), (), ("buceo",)]
"""A subject that is taught, none, and one that is not taught."""


def test_what_was_shown_comes_after_what_was_not(school: School) -> None:
    seen = school.add("Excel básico")
    school.add("Excel con macros")
    assert recommended("excel") == ["Excel básico", "Excel con macros"]
    assert recommended("excel", shown=[seen]) == ["Excel con macros", "Excel básico"]


def test_what_was_refused_never_comes_back(school: School) -> None:
    refused = school.add("Excel básico", start_date=SOON)
    school.add("Fotografía", start_date=LATER)
    for interests in ASKED:
        assert recommended(*interests, refused=[refused]) == ["Fotografía"]


def test_who_refused_everything_is_recommended_nothing(school: School) -> None:
    refused = [school.add("Excel básico"), school.add("Excel con macros")]
    assert recommended("excel", refused=refused) == []


@pytest.mark.parametrize(
    "gone",
    [{"status": status} for status in ("archived", " Archivado", "INACTIVE", "draft", "cancelado")]
    + [{"start_date": datetime(2020, 1, 1), "end_date": datetime(2020, 2, 1)}],
    ids=str,
)
def test_an_archived_or_past_course_is_never_recommended(
    gone: dict[str, Any], school: School
) -> None:
    school.add("Excel", **gone)
    assert [recommended(*interests) for interests in ASKED] == [[], [], []]
    school.add("Excel para hoy", status="active")
    assert [recommended(*interests) for interests in ASKED] == [["Excel para hoy"]] * 3


# A choice


def test_three_editions_of_one_course_take_one_place_while_others_fit(school: School) -> None:
    for month in ("enero", "febrero", "marzo"):
        school.add(f"Excel con IA - {month}", level="principiante")
    school.add("Finanzas con Excel", level="avanzado")
    school.add("Reportes que se hacen solos", short_description="Con Excel", level="avanzado")
    first, *others = recommended("excel", user_level="principiante")
    assert first == "Excel con IA - enero"
    assert set(others) == {"Finanzas con Excel", "Reportes que se hacen solos"}
    assert len(set(recommended("excel", limit=10))) == 5


def test_editions_come_all_the_same_when_nothing_else_fits(school: School) -> None:
    for month in ("enero", "febrero", "marzo"):
        school.add(f"Excel con IA - {month}")
    school.add("Fotografía")
    assert len(recommended("excel")) == 3


def test_courses_are_no_copies_because_the_name_of_one_is_in_the_other(school: School) -> None:
    school.add("Marketing con IA")
    school.add("Automatización con IA para Marketing")
    school.add("Fotografía de producto", short_description="Para tu marketing")
    assert set(recommended("marketing", limit=2)) == {
        "Marketing con IA",
        "Automatización con IA para Marketing",
    }


@pytest.mark.parametrize(("limit", "number"), [(0, 0), (1, 1), (4, 4), (50, 5)])
def test_there_are_never_more_than_asked_for(limit: int, number: int, school: School) -> None:
    for subject in ("ventas", "marketing", "finanzas", "derecho", "turismo"):
        school.add(f"Excel para {subject}")
    for interests in ASKED:
        assert len(recommended(*interests, limit=limit)) == number
        assert len(recommended(*interests)) == 3


@pytest.mark.parametrize(
    ("known", "reason"),
    [
        ({"user_level": "avanzado"}, "va con tu nivel (avanzado)"),
        ({"modality": "presencial"}, "es presencial, como prefieres"),
        ({"user_interests": ["excel"], "user_level": "avanzado"}, "va con tu nivel (avanzado)"),
        (
            {"user_interests": ["excel"], "modality": "presencial"},
            "es presencial, como prefieres",
        ),
    ],
    ids=str,
)
def test_what_fits_is_found_behind_many_that_do_not(
    known: dict[str, Any], reason: str, school: School
) -> None:
    for number in range(60):
        school.add(f"Excel, grupo {number}", level="principiante", start_date=in_days(3 + number))
    far = {"level": "avanzado", "modality": "presencial", "start_date": LATER}
    school.add("Modelos financieros en Excel", **far)
    first = get_recommended_courses(**known)[0]
    assert first.course.name == "Modelos financieros en Excel"
    assert reason in first.reasons


# Nothing to go by


@pytest.mark.parametrize(
    "known",
    [
        {},
        {"user_interests": ["buceo"]},
        {"user_interests": ["de", "para el"], "pains": ["no sé"], "role": "astronauta"},
        {"user_interests": ["", "  "], "user_level": " ", "modality": "", "role": ""},
        {"user_interests": ["🤿🤿", "' \\ % & | ! <-> :*", "\x00", "\ud800", "á" * 9999]},
        {"currency": "USD"},
    ],
    ids=lambda known: str(known).encode("ascii", "replace").decode()[:60],
)
def test_who_is_not_known_or_not_served_is_shown_the_next_to_begin(
    known: dict[str, Any], school: School
) -> None:
    school.add("Ya empezó", start_date=LAST_WEEK)
    school.add("Sin fecha")
    school.add("En verano", start_date=LATER)
    school.add("Este mes", start_date=SOON)
    school.add("Mes próximo", start_date=in_days(30))
    found = recommended(*known.pop("user_interests", ()), **known, limit=5)
    assert found == ["Este mes", "Mes próximo", "En verano", "Sin fecha", "Ya empezó"]


def test_of_two_that_fit_the_same_the_next_to_begin_comes_first(school: School) -> None:
    school.add("Excel", start_date=LAST_WEEK)
    school.add("Excel", start_date=in_days(40))
    school.add("Excel", start_date=in_days(10))
    found = get_recommended_courses(["excel"])
    starts = [item.course.start_date for item in found if item.course.start_date]
    assert [start > LAST_WEEK for start in starts] == [True, True, False]
    assert starts[0] < starts[1]


def test_an_empty_catalogue_has_nothing_to_recommend(school: School) -> None:
    assert recommended() == []
    assert recommended("excel", user_level="avanzado", budget=Decimal(1)) == []


# The same again

PROGRAM = """
from bot import create_app
from bot.services.catalogue import get_recommended_courses

with create_app().app_context():
    for item in get_recommended_courses(["marketing", "excel"], "avanzado", limit=20):
        print(item.course.id_course, item.score, *item.reasons, sep="|")
"""


def test_equal_input_gives_an_equal_list_in_every_process(
    app: Flask, school: School, tmp_path: Path
) -> None:
    for number in range(12):
        level = ("avanzado", "principiante")[number % 2]
        school.add("Marketing y Excel" if number % 3 else "Excel y marketing", level=level)
    here = [_line(item) for item in _asked_as_the_program()]
    assert here == [_line(item) for item in _asked_as_the_program()]
    others = [_started(app, tmp_path, seed) for seed in ("1", "2")]
    assert [_finished(process) for process in others] == [here, here]


def _asked_as_the_program() -> list[Recommendation]:
    return get_recommended_courses(["marketing", "excel"], "avanzado", limit=20)


def _line(item: Recommendation) -> str:
    return "|".join([str(item.course.id_course), str(item.score), *item.reasons])


def _started(app: Flask, folder: Path, seed: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        env={
            "PATH": os.environ["PATH"],
            "DATABASE_URL": app.extensions["config"].database_url,
            "INSTANCE_DIR": str(folder / seed),
            "LOG_LEVEL": "ERROR",
            "PYTHONHASHSEED": seed,
            "PYTHONIOENCODING": "utf-8",
        },
    )


def _finished(process: "subprocess.Popen[str]") -> list[str]:
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    return output.splitlines()


# What others ask for

POPULAR = "es de los que más nos piden"


def test_of_two_that_fit_the_same_the_one_that_more_leads_ask_for_comes_first(
    school: School,
) -> None:
    school.add("Excel con macros")
    asked_for = school.add("Excel con tablas")
    school.discuss(asked_for, leads=3)
    assert recommended("excel") == ["Excel con tablas", "Excel con macros"]
    assert recommended() == ["Excel con tablas", "Excel con macros"]


def test_what_fits_better_is_not_overtaken_by_what_is_popular(school: School) -> None:
    school.add("Excel con macros", level="principiante")
    school.discuss(school.add("Excel con tablas", level="avanzado"), leads=500)
    found = recommended("excel", user_level="principiante")
    assert found == ["Excel con macros", "Excel con tablas"]


def test_a_lead_counts_once_however_much_was_said(school: School) -> None:
    school.discuss(school.add("Excel con macros"), leads=1, messages=50)
    school.discuss(school.add("Excel con tablas"), leads=2)
    found = get_recommended_courses(["excel"])
    assert names(found) == ["Excel con tablas", "Excel con macros"]
    assert all(POPULAR not in item.reasons for item in found)


@pytest.mark.parametrize(("days_ago", "counts"), [(0, True), (89, True), (91, False)])
def test_what_was_said_longer_ago_than_ninety_days_does_not_count(
    days_ago: int, counts: bool, school: School
) -> None:
    school.add("Excel con macros")
    school.discuss(school.add("Excel con tablas"), leads=6, days_ago=days_ago)
    found = get_recommended_courses(["excel"])
    assert (names(found)[0] == "Excel con tablas") is counts
    assert (POPULAR in reasons(found, "Excel con tablas")) is counts


@pytest.mark.parametrize(("leads", "is_told"), [(4, False), (5, True), (200, True)])
def test_that_a_course_is_popular_is_told_from_five_leads_on(
    leads: int, is_told: bool, school: School
) -> None:
    school.discuss(school.add("Excel con tablas"), leads=leads)
    for known in ({"user_interests": ["excel"]}, {}):
        (found,) = get_recommended_courses(**known)
        assert (POPULAR in found.reasons) is is_told


def test_talk_about_a_course_that_is_gone_does_not_matter(school: School) -> None:
    school.add("Excel con macros")
    school.discuss(UUID(int=10**9), leads=9)
    assert recommended("excel") == ["Excel con macros"]


# As schools type it


@pytest.mark.parametrize("date", ["20270-01-12", "infinity", "-infinity", "0044-03-15 BC"])
def test_a_date_that_cannot_be_keeps_no_other_course_away(
    date: str, app: Flask, school: School
) -> None:
    mistaken = school.add("Excel con IA")
    school.add("Excel con macros")
    run_sql(
        app.extensions["config"].database_url,
        f"UPDATE ai_courses SET start_date = '{date}' WHERE id_course = '{mistaken}'",
    )
    for interests in ASKED:
        assert "Excel con macros" in recommended(*interests)


def test_rows_that_people_made_by_hand_are_read(app: Flask, school: School) -> None:
    run_sql(app.extensions["config"].database_url, MESSY_ROWS)
    found = get_recommended_courses(
        ["automatización", "100% «IA»"],
        "básico",
        modality="Híbrido",
        budget=Decimal(5000),
        currency="MXN",
        limit=10,
    )
    assert "Automatización con IA" in names(found)
    assert len(recommended(limit=10)) >= 2


@settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(courses=st.lists(MESSY_COURSE, min_size=1, max_size=6), said=st.none() | st.text())
def test_no_catalogue_is_too_messy_to_recommend_from(
    courses: list[dict[str, Any]], said: str | None, app: Flask, school: School
) -> None:
    school.close()
    watch.init_app(app)
    school.add_messy(courses)
    for interests in ((), ("excel", said or "")):
        found = get_recommended_courses(
            interests, said, role=said, modality=said, budget=Decimal(9), currency=said, limit=6
        )
        assert len(found) <= len(courses)
        assert all(isinstance(reason, str) for item in found for reason in item.reasons)
