"""The catalogue as internal tools ask for it: lists, searches, one course, figures."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from threading import get_ident
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask_migrate import upgrade
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event

from bot.errors import NotFound
from bot.extensions import db
from bot.models.catalogue import Course
from bot.services import catalogue
from bot.services.catalogue import PriceRange, watch
from tests.stores.handmade import MESSY_ROWS, run_sql
from tests.support.apps import AppMaker
from tests.support.school import MESSY_COURSE, School, in_days

YESTERDAY, SOON, LATER = in_days(-1), in_days(20), in_days(200)


@pytest.fixture(scope="module")
def app(
    new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Flask]:
    """An app on a migrated database of this file's own."""
    maker = AppMaker(tmp_path_factory.mktemp("functions"))
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


@contextmanager
def statements() -> Iterator[list[str]]:
    """The SQL that this thread runs meanwhile."""
    seen: list[str] = []
    asking = get_ident()

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if get_ident() == asking:
            seen.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    yield seen
    event.remove(db.engine, "before_cursor_execute", note)


def names(courses: list[Course]) -> list[str | None]:
    return [course.name for course in courses]


def by_text(text: str, limit: int = 10) -> list[str | None]:
    return [found.course.name for found in catalogue.search_courses_by_text(text, limit)]


def by_keyword(keyword: str, limit: int = 20) -> list[str | None]:
    return names(catalogue.search_courses_by_keyword(keyword, limit))


def three_courses(school: School) -> None:
    school.add(
        "A",
        short_description="Automatización",
        level="Intermediate",
        status="Active",
        currency="MXN",
        price="4,500.00",
        start_date=LATER,
        modality="Online",
    )
    school.add(
        "B",
        level=" INTERMEDIO",
        status="archived",
        language="Español",
        currency=" mxn",
        price="$299",
        start_date=SOON,
        modality="En línea",
    )
    school.add(
        "C", modality="Híbrido", status="active ", audience_category="Ventas", price="Gratis"
    )


# Lists


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        (None, ["A", "B", "C"]),
        ({}, ["A", "B", "C"]),
        ({"level": "", "q": "", "status": None}, ["A", "B", "C"]),
        ({"level": "intermedio"}, ["A", "B"]),
        ({"level": "avanzado"}, []),
        ({"modality": "hybrid"}, ["C"]),
        ({"status": "ACTIVE"}, ["A", "C"]),
        ({"language": "spanish"}, ["B"]),
        ({"audience": "ventas"}, ["C"]),
        ({"currency": "Mxn"}, ["A", "B"]),
        ({"min_price": Decimal(300)}, ["A"]),
        ({"max_price": Decimal(299)}, ["B", "C"]),
        ({"min_price": Decimal(1), "max_price": Decimal(4500)}, ["A", "B"]),
        ({"q": "automatizaciones"}, ["A"]),
        ({"q": "¿de la?"}, []),
        ({"level": "intermedio", "currency": "MXN", "max_price": Decimal(300)}, ["B"]),
        ({"level": "intermedio", "modality": "presencial"}, []),
    ],
    ids=str,
)
def test_a_list_holds_what_meets_every_filter(
    filters: dict[str, Any] | None, found: list[str], school: School
) -> None:
    three_courses(school)
    assert names(catalogue.get_all_courses(filters)) == found


def test_a_list_ends_at_its_limit_and_without_one_at_a_hundred(school: School) -> None:
    for number in range(103):
        school.add(f"Curso {number:03d}")
    assert names(catalogue.get_all_courses(None, 2)) == ["Curso 000", "Curso 001"]
    assert names(catalogue.get_all_courses({"modality": "online"}, limit=0)) == []
    assert len(catalogue.get_all_courses()) == 100


@pytest.mark.parametrize(
    "level", ["intermedio", "INTERMEDIO", " Intermediate ", "intermediate", "medio"]
)
def test_a_level_is_found_in_spanish_or_english_and_any_case(level: str, school: School) -> None:
    three_courses(school)
    assert names(catalogue.get_courses_by_level(level)) == ["A", "B"]
    assert names(catalogue.get_courses_by_level(level, limit=1)) == ["A"]


@pytest.mark.parametrize(
    ("modality", "found"),
    [
        ("online", ["A", "B"]),
        ("EN LINEA", ["A", "B"]),
        ("virtual", ["A", "B"]),
        ("híbrido", ["C"]),
        ("Hybrid", ["C"]),
        ("in-person", []),
        ("por correo", []),
    ],
)
def test_a_modality_is_found_in_spanish_or_english_and_any_case(
    modality: str, found: list[str], school: School
) -> None:
    three_courses(school)
    assert names(catalogue.get_courses_by_modality(modality)) == found


# Searches


def test_a_text_finds_its_courses_best_first(school: School) -> None:
    school.add("Fotografía", short_description="Con algo de Excel")
    school.add("Excel con IA")
    school.add("Yoga")
    found = catalogue.search_courses_by_text("hola, quiero un curso de excel")
    assert [item.course.name for item in found] == ["Excel con IA", "Fotografía"]
    assert found[0].score > found[1].score > 0


@pytest.mark.parametrize(
    "text",
    ["excel", "EXCÉL", "exel", "curzo de exel", "kiero aprender ecxel x favor", "hojas de cálculo"],
)
def test_a_text_is_understood_however_it_is_typed(text: str, school: School) -> None:
    school.add("Excel con IA")
    school.add("Fotografía")
    assert by_text(text) == ["Excel con IA"]


@pytest.mark.parametrize(
    "text", ["", "  ", "de la", "hola", "buceo", "¿?", "🤿", "\x00", "\ud800", "%s & | ! <-> :* '"]
)
def test_a_text_that_asks_for_nothing_that_is_taught_finds_nothing(
    text: str, school: School
) -> None:
    school.add("Excel con IA")
    assert by_text(text) == []
    assert by_keyword(text) == []


@pytest.mark.parametrize("search", [by_text, by_keyword])
def test_a_search_shows_only_what_is_on_offer(
    search: Callable[[str], list[str | None]], school: School
) -> None:
    school.add("Excel de ayer", start_date=datetime(2020, 1, 1), end_date=YESTERDAY)
    school.add("Excel archivado", status="Archivado")
    school.add("Excel en borrador", status="draft")
    school.add("Excel con IA", status="upcoming")
    assert search("excel") == ["Excel con IA"]


@pytest.mark.parametrize("search", [by_text, by_keyword])
@pytest.mark.parametrize("limit", [0, 1, 3])
def test_a_search_ends_at_its_limit(
    limit: int, search: Callable[[str, int], list[str | None]], school: School
) -> None:
    for number in range(5):
        school.add(f"Excel {number}")
    assert len(search("excel", limit)) == limit


def test_a_text_as_long_as_a_letter_is_searched(school: School) -> None:
    school.add("Excel con IA")
    assert by_text("quiero un curso de excel. " + "Les cuento mi historia. " * 400)
    assert by_keyword("excel " * 2000) == ["Excel con IA"]


@pytest.mark.parametrize(
    ("keyword", "found"),
    [
        ("excel", {"Excel y finanzas", "Excel avanzado", "Oficina"}),
        ("excel finanzas", {"Excel y finanzas"}),
        ("FINANZAS, excel", {"Excel y finanzas"}),
        ("macros para el Excel", {"Excel avanzado"}),
        ("macro", {"Excel avanzado"}),
        ("excel correos", {"Oficina"}),
        ("excel ventas", set()),
        ("excel buceo", set()),
        ("excel finanzas macros", set()),
        ("excel avanzado", {"Excel avanzado"}),
        ("oficina presencial", {"Oficina"}),
        ("finanzas presencial", set()),
    ],
)
def test_a_keyword_finds_what_has_every_word(keyword: str, found: set[str], school: School) -> None:
    school.add("Excel y finanzas", level="principiante")
    school.add("Excel avanzado", long_descrption="Programa tus macros", level="Advanced")
    school.add("Oficina", short_description="Excel, correos y agenda", modality="presencial")
    school.add("Ventas")
    assert set(by_keyword(keyword)) == found


def test_what_has_every_word_is_not_crowded_out_by_what_has_one(school: School) -> None:
    for number in range(5):
        school.add(f"Excel {number}")
        school.add(f"Python {number}")
    both = school.add("Datos para todos")
    school.add_session(both, 1, "Una semana de Excel")
    school.add_session(both, 2, "Una semana de Python")
    assert by_keyword("excel python") == ["Datos para todos"]
    assert by_keyword("excel python", limit=1) == ["Datos para todos"]


# One course


def course_with_sessions(school: School, number: int) -> UUID:
    """A course whose parts are entered the wrong way round."""
    id_course = school.add("Excel con IA")
    for index in range(number, 0, -1):
        id_session = school.add_session(id_course, index, f"Sesión {index}")
        for place in (3, 1, 2):
            school.add_activity(id_course, id_session, place, f"Tema {index}.{place}")
        for part in (1, 2):
            school.add_element(id_session, f"https://example.com/{index}/{part}")
    for content in ("Plantillas", "Comunidad", "Asesoría"):
        school.add_bonus(id_course, content)
    return id_course


def test_a_course_comes_with_all_its_parts_in_order(school: School) -> None:
    other = course_with_sessions(school, 1)
    course = catalogue.get_course_complete_info(course_with_sessions(school, 3))
    assert [session.title for session in course.sessions] == ["Sesión 1", "Sesión 2", "Sesión 3"]
    for number, session in enumerate(course.sessions, 1):
        titles = [activity.title_item for activity in session.activities]
        assert titles == [f"Tema {number}.{place}" for place in (1, 2, 3)]
        links = [element.url_test for element in session.elements]
        assert links == [f"https://example.com/{number}/{part}" for part in (1, 2)]
    assert [bonus.content for bonus in course.bonuses] == ["Plantillas", "Comunidad", "Asesoría"]
    assert len(catalogue.get_course_complete_info(other).sessions) == 1


def test_thirty_sessions_cost_as_many_statements_as_one(school: School) -> None:
    short, long = course_with_sessions(school, 1), course_with_sessions(school, 30)
    costs = []
    for id_course, number in ((short, 1), (long, 30)):
        db.session.expunge_all()
        with statements() as seen:
            course = catalogue.get_course_complete_info(id_course)
            parts = [(session.activities, session.elements) for session in course.sessions]
            text = catalogue.format_detailed_course_for_chat(course)
        assert len(parts) == number
        assert f"{number}. Sesión {number}" in text
        costs.append(len(seen))
    assert costs[0] == costs[1] <= 5


def test_a_course_is_read_anew_after_somebody_changed_it(app: Flask, school: School) -> None:
    id_course = course_with_sessions(school, 1)
    assert catalogue.get_course_complete_info(id_course).name == "Excel con IA"
    with app.app_context():
        db.session.get_one(Course, id_course).name = "Excel con macros"
        db.session.commit()
    db.session.rollback()
    assert catalogue.get_course_complete_info(id_course).name == "Excel con macros"


def test_a_course_that_does_not_exist_is_not_found(school: School) -> None:
    school.add("Excel con IA")
    with pytest.raises(NotFound):
        catalogue.get_course_complete_info(UUID(int=10**9))


def test_a_course_is_complete_with_parts_that_lack_what_they_should_have(school: School) -> None:
    id_course = school.add(None)
    for index, title in ((None, None), (2, ""), (-1, "Antes"), (2, "Repetida")):
        school.add_session(id_course, index, title)
    school.add_bonus(id_course, "")
    school.add_bonus(None, "De nadie")
    course = catalogue.get_course_complete_info(id_course)
    assert [session.session_index for session in course.sessions] == [-1, 2, 2, None]
    assert [bonus.content for bonus in course.bonuses] == [""]
    assert "None" not in catalogue.format_detailed_course_for_chat(course)


# Figures


def test_statistics_count_every_course_once(school: School) -> None:
    three_courses(school)
    school.add("D", level=None, status="", audience_category="Ventas")
    school.add("E", level="", status=None)
    statistics = catalogue.get_course_statistics()
    assert statistics["total"] == 5
    for group in ("by_level", "by_modality", "by_status", "by_audience"):
        assert sum(statistics[group].values()) == 5
    assert statistics["by_level"]["Intermediate"] == 1
    assert statistics["by_audience"]["Ventas"] == 2


def test_statistics_tell_the_prices_on_offer_by_currency(school: School) -> None:
    for price in ("4,500.00", "$299", "consultar", None):
        school.add(price=price, currency="MXN")
    school.add(price="99", currency="usd")
    school.add(price="1", currency="USD", status="archived")
    school.add(price="2", currency="USD", end_date=YESTERDAY)
    assert catalogue.get_course_statistics()["prices"] == [
        PriceRange("MXN", Decimal(299), Decimal(4500)),
        PriceRange("USD", Decimal(99), Decimal(99)),
    ]


def test_the_summary_tells_what_is_on_offer_and_what_begins_next(school: School) -> None:
    three_courses(school)
    school.add("D", start_date=SOON, level="avanzado", end_date=LATER)
    school.add("E", start_date=YESTERDAY)
    summary = catalogue.get_course_catalog_summary()
    assert (summary.total, summary.on_offer) == (5, 4)
    assert (summary.next_course, summary.next_start) == ("D", SOON)
    assert set(summary.levels) == {"Intermediate", "avanzado"}
    assert set(summary.modalities) == {"Online", "Híbrido", "online"}
    assert summary.audiences == ["Ventas"]
    assert PriceRange("MXN", Decimal(4500), Decimal(4500)) in summary.prices


def test_the_summary_names_no_start_where_none_is_to_come(school: School) -> None:
    school.add("Sin fecha")
    school.add("Ya empezó", start_date=YESTERDAY, end_date=LATER)
    summary = catalogue.get_course_catalog_summary()
    assert (summary.next_course, summary.next_start) == (None, None)


def test_options_are_what_courses_have(school: School) -> None:
    three_courses(school)
    school.add("D", level="", modality="", language=None)
    options = catalogue.get_available_options()
    assert {key: set(values) for key, values in options.items()} == {
        "levels": {"Intermediate", " INTERMEDIO"},
        "modalities": {"Online", "En línea", "Híbrido"},
        "languages": {"Español"},
        "audiences": {"Ventas"},
    }


def test_an_empty_catalogue_has_figures_too(school: School) -> None:
    assert catalogue.get_all_courses() == []
    assert catalogue.get_course_statistics()["total"] == 0
    assert catalogue.get_course_catalog_summary().on_offer == 0
    assert not any(catalogue.get_available_options().values())


# As schools type it


def _ask_for_everything(text: str) -> None:
    for course in catalogue.get_all_courses():
        assert catalogue.get_course_complete_info(course.id_course) is course
        catalogue.format_detailed_course_for_chat(course)
    catalogue.search_courses_by_text(text)
    catalogue.search_courses_by_keyword(text)
    catalogue.get_courses_by_level("básico")
    catalogue.get_courses_by_modality("online")
    catalogue.get_all_courses({"q": text, "min_price": Decimal(1), "max_price": Decimal(9)})
    total = catalogue.get_course_statistics()["total"]
    assert catalogue.get_course_catalog_summary().total == total
    catalogue.get_available_options()


@pytest.mark.parametrize("date", ["20270-01-12", "infinity", "-infinity", "0044-03-15 BC"])
def test_a_date_that_cannot_be_keeps_nothing_else_from_being_read(
    date: str, app: Flask, school: School
) -> None:
    id_course = school.add("Excel con IA")
    school.add_session(id_course, 1, "Tablas")
    school.add("Excel con macros")
    run_sql(
        app.extensions["config"].database_url,
        f"UPDATE ai_courses SET start_date = '{date}' WHERE id_course = '{id_course}';"
        f"UPDATE ai_course_session SET scheduled_at = '{date}'",
    )
    _ask_for_everything("excel")
    assert "Excel con macros" in by_text("excel")
    assert "Excel con macros" in names(catalogue.get_all_courses())


def test_rows_that_people_made_by_hand_are_read(app: Flask, school: School) -> None:
    run_sql(app.extensions["config"].database_url, MESSY_ROWS)
    _ask_for_everything("automatización con ia")
    assert by_text("automatización") == ["Automatización con IA"]
    assert len(catalogue.get_all_courses()) == 3


@settings(
    max_examples=30,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(courses=st.lists(MESSY_COURSE, max_size=5), said=st.text(max_size=20))
def test_no_catalogue_is_too_messy(
    courses: list[dict[str, Any]], said: str, app: Flask, school: School
) -> None:
    school.close()
    watch.init_app(app)
    if courses:
        school.add_messy(courses)
    _ask_for_everything(said)
