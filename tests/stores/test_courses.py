"""Course queries: what is found, in what order, and what a price in free text amounts to."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import insert, select

from bot.extensions import db
from bot.models.catalogue import Course
from bot.services.money import amount
from bot.stores import courses
from bot.stores.courses import AMOUNT, CourseFilter
from tests.support.apps import AppMaker

PRICES = (
    None,
    "",
    " ",
    "0",
    "4000",
    "$299",
    "$ 299 USD",
    "USD299.00",
    "4,500.00",
    "$4,500",
    "4.500",
    "4.500,00",
    "1.299,00 €",
    "299,5",
    "299,50",
    "299.5",
    "299.500",
    "299,500",
    "1234,56",
    "1234.56",
    "1,234,567.89",
    "1.234.567,89",
    "1.234.567",
    "12,34,56",
    "1.2.3",
    "1,2,3",
    "1,234.5.6",
    "1 299",
    "de 3000 a 4000",
    "3 x 1500",
    "3000-4000",
    "gratis",
    "Gratis",
    "GRATUITO",
    "free",
    " gratis",
    "gratis!",
    "consultar",
    "precio\n299",
    "299\n",
    "299\n300",
    "-299",
    "+299",
    "٤٠٠",
    "４００",
    "²99",
    "½",
    "€",
    "$.99",
    "99.",
    "99,",
    ".",
    "1e5",
    "0.1",
    "007",
    "9" * 18,
    "9" * 19,
    "9" * 300,
    "Ⅷ",
    "299 🎯",
)


@pytest.fixture(scope="module")
def without_courses(
    new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Flask]:
    """An app on a migrated database without courses; no test here commits anything to it."""
    maker = AppMaker(tmp_path_factory.mktemp("courses"))
    app = maker(DATABASE_URL=new_database())
    with app.app_context():
        upgrade()
    yield app
    maker.close()


@pytest.fixture(autouse=True)
def _rolled_back(without_courses: Flask) -> Iterator[None]:
    with without_courses.app_context():
        yield
        db.session.rollback()


@pytest.mark.parametrize("word", ["automatizacion", "automatización", "automatizaciones"])
@pytest.mark.parametrize(
    "name", ["Automatización con IA", "AUTOMATIZACION CON IA", "Automatizaciones útiles"]
)
def test_accents_plurals_and_capitals_do_not_matter(name: str, word: str) -> None:
    _add(name=name)
    _add(name="Fotografía")
    assert _found(word) == [name]


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("Diseño de prompts", "diseno"),
        ("Diseño de prompts", "prompt"),
        ("Análisis de datos", "analisis"),
        ("Diseño de un prompt", "prompts"),
        ("Chatbots que venden", "chatbot"),
        ("Dashboards y workflows", "dashboard"),
        ("Dashboards y workflows", "workflow"),
        ("Programación en Python", "programaciones"),
        ("Excel y ChatGPT", "chatgpt"),
        ("Canción con IA", "canciones"),
        ("Inglés técnico", "ingles"),
        ("Ética y gestión", "GESTIÓN"),
    ],
)
def test_a_word_is_found_however_people_type_it(name: str, word: str) -> None:
    _add(name=name)
    assert _found(word) == [name]


def test_description_and_audience_are_searched_too() -> None:
    _add(name="Uno", short_description="Automatización de reportes")
    _add(name="Dos", long_descrption="Verás automatizaciones")
    _add(name="Tres", audience_category="Gente de ventas")
    _add(name="Cuatro", short_description="Fotografía")
    assert sorted(_found("automatización")) == ["Dos", "Uno"]
    assert _found("gente") == ["Tres"]


def test_a_name_ranks_before_a_summary_and_a_summary_before_a_description() -> None:
    often = "automatización, automatizaciones y más automatización " * 20
    _add(name="Largo", long_descrption=often)
    _add(name="Corto", short_description=often)
    _add(name="Automatización")
    assert _found("automatizacion") == ["Automatización", "Corto", "Largo"]


def test_any_of_several_words_fits_and_more_of_them_rank_higher() -> None:
    _add(name="Python")
    _add(name="Python y Excel")
    _add(name="Fotografía")
    assert _found("excel", "python") == ["Python y Excel", "Python"]


def test_every_rank_is_above_nought_and_the_limit_holds() -> None:
    for number in range(5):
        _add(name=f"Python {number}")
    found = courses.search(["python"], 3)
    assert len(found) == 3
    assert all(rank > 0 for _, rank in found)


def test_words_that_mean_nothing_find_nothing() -> None:
    _add(name="Python para todos")
    assert _found("para") == []
    assert courses.search([], 3) == []


@pytest.mark.parametrize(
    "gone",
    [{"status": status} for status in ("archived", "Archivado", " INACTIVE ", "draft")]
    + [{"end_date": datetime(2020, 1, 1)}],
    ids=str,
)
def test_what_is_not_on_offer_is_never_shown(gone: dict[str, Any]) -> None:
    _add(name="Python antiguo", **gone)
    _add(name="Python")
    assert _found("python") == ["Python"]
    assert [course.name for course in courses.upcoming(5)] == ["Python"]


@pytest.mark.parametrize("status", [None, "", "Active", "activo", "Próximamente"])
def test_every_other_status_is_on_offer(status: str | None) -> None:
    _add(name="Python", status=status)
    assert _found("python") == ["Python"]


def test_a_course_that_runs_until_tomorrow_is_still_on_offer() -> None:
    tomorrow = datetime.now() + timedelta(days=2)
    _add(name="Python", start_date=datetime(2020, 1, 1), end_date=tomorrow)
    assert _found("python") == ["Python"]


def test_upcoming_courses_come_by_date_and_those_without_one_last() -> None:
    _add(name="Sin fecha")
    _add(name="Marzo", start_date=datetime(2031, 3, 1))
    _add(name="Enero", start_date=datetime(2031, 1, 1))
    assert [course.name for course in courses.upcoming(5)] == ["Enero", "Marzo", "Sin fecha"]


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        (CourseFilter(), ["A", "B", "C"]),
        (CourseFilter(levels=("intermedio", "intermediate")), ["A", "B"]),
        (CourseFilter(modalities=("híbrido",)), ["C"]),
        (CourseFilter(status=" ACTIVE "), ["A", "C"]),
        (CourseFilter(language="español"), ["B"]),
        (CourseFilter(audience="ventas"), ["C"]),
        (CourseFilter(currency="mxn"), ["A", "B"]),
        (CourseFilter(min_price=Decimal(300)), ["A"]),
        (CourseFilter(max_price=Decimal(299)), ["B", "C"]),
        (CourseFilter(min_price=Decimal(1), max_price=Decimal("4500.00")), ["A", "B"]),
        (CourseFilter(words=("automatizaciones",)), ["A"]),
        (CourseFilter(words=("automatizaciones",), currency="usd"), []),
    ],
    ids=str,
)
def test_a_page_holds_the_courses_that_fit_every_filter(
    wanted: CourseFilter, names: list[str]
) -> None:
    _three_courses()
    found, total = courses.page(wanted, "name", 0, 10)
    assert ([course.name for course in found], total) == (names, len(names))


@pytest.mark.parametrize(
    ("sort", "names"),
    [
        ("name", "ABC"),
        ("-name", "CBA"),
        ("price", "CBA"),
        ("-price", "ABC"),
        ("start_date", "BAC"),
        ("-start_date", "ABC"),
        ("level", "BAC"),
        ("-level", "ABC"),
    ],
)
def test_a_page_is_sorted_both_ways_with_nothing_known_last(sort: str, names: str) -> None:
    _three_courses()
    found, _ = courses.page(CourseFilter(), sort, 0, 10)
    assert "".join(course.name or "" for course in found) == names


def test_a_page_begins_where_it_is_asked_to_and_tells_how_many_there_are() -> None:
    _three_courses()
    found, total = courses.page(CourseFilter(), "name", 1, 1)
    assert ([course.name for course in found], total) == (["B"], 3)
    assert courses.page(CourseFilter(), "name", 10, 5) == ([], 3)


@pytest.mark.parametrize("price", PRICES, ids=repr)
def test_a_price_amounts_to_the_same_in_the_database_and_here(price: str | None) -> None:
    _add(name="Python", price=price)
    assert db.session.scalar(select(AMOUNT)) == amount(price)


def test_price_ranges_leave_out_what_is_no_clear_price() -> None:
    for price in ("4,500.00", "$299", "consultar", None):
        _add(price=price, currency="MXN")
    _add(price="99", currency="USD")
    _add(price="1", currency="USD", status="archived")
    assert courses.price_ranges() == [
        ("MXN", Decimal(299), Decimal(4500)),
        ("USD", Decimal(99), Decimal(99)),
    ]


def _add(**values: Any) -> None:
    db.session.execute(insert(Course).values({"modality": "Online"} | values))


def _three_courses() -> None:
    _add(
        name="A",
        short_description="Automatización",
        level="Intermediate",
        status="Active",
        currency="MXN",
        price="4,500.00",
        start_date=datetime(2031, 2, 1),
    )
    _add(
        name="B",
        level=" INTERMEDIO",
        status="archived",
        language="Español",
        currency=" mxn",
        price="$299",
        start_date=datetime(2031, 1, 1),
    )
    _add(name="C", modality="Híbrido", status="active ", audience_category="Ventas", price="Gratis")


def _found(*words: str) -> list[str | None]:
    return [course.name for course, _ in courses.search(words, 10)]
