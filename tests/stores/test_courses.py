"""Course queries: what fits, in what order, and what a price in free text amounts to."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import func, insert, select, text

from bot.extensions import db
from bot.models.catalogue import (
    Course,
    CourseActivity,
    CourseBonus,
    CourseElement,
    CourseSession,
    ElementLink,
    SessionOutline,
)
from bot.services.money import amount
from bot.stores import courses
from bot.stores.courses import CourseFilter
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
    "🔥 $299 USD 🔥",
    "sin costo",
    "Sin Cargo.",
    "GRATUITA 🎁",
    "gratis por hoy",
    "4 500",
    "4 500,50",
    "4\u00a0500.00",
    "4\u202f500",
    "4'500",
    "12'345,678",
    "1 234 567",
    "299 399",
    "120 000",
    "120 500 000",
    "MXN 4,500",
    "mxn4500",
    "4500 pesos",
    "4,500.00 pesos mexicanos",
    "4500 M.N.",
    "US$ 299",
    "u$s299",
    "S/. 299",
    "S/299",
    "Bs. 700",
    "299 dlls.",
    "Dólares 299",
    "Precio: $4,500 (IVA incluido)",
    "$4,500 + IVA",
    "Pago único: 299",
    "desde 299",
    "299/mes",
    "299 al mes",
    "299 cada uno",
    "299s/iva",
    "4usd500",
    "299 USD o 4500 MXN",
    "20%",
    "3 cuotas",
    "4k",
    "4 mil",
    "4500.-",
    "299,-",
    "299-",
    "0.500",
    "0,500",
    "4500.000",
    "299." + "0" * 20,
    "$" + " " * 58 + "9",
    "$" + " " * 59 + "9",
    "\x1f299",
    "ＭＸＮ 299",
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


GONE = [
    *({"status": status} for status in ("archived", "Archivado", " INACTIVE ", "draft")),
    {"end_date": datetime(2020, 1, 1)},
]
"""What keeps a course from being offered."""


@pytest.mark.parametrize("gone", GONE, ids=str)
def test_what_is_not_on_offer_is_left_out_where_only_offers_are_wanted(
    gone: dict[str, Any],
) -> None:
    _add(name="Python antiguo", **gone)
    _add(name="Python")
    offered = CourseFilter(offered=True)
    assert _names(courses.upcoming(offered, 5)) == ["Python"]
    assert _names(courses.page(offered, "name", 0, 5)[0]) == ["Python"]
    assert (courses.count(), courses.count(offered)) == (2, 1)


@pytest.mark.parametrize(
    "kept",
    [
        *({"status": status} for status in (None, "", "Active", "activo", "Próximamente")),
        {"start_date": datetime(2020, 1, 1), "end_date": datetime.now() + timedelta(days=2)},
    ],
    ids=lambda kept: " and ".join(kept),
)
def test_everything_else_is_on_offer(kept: dict[str, Any]) -> None:
    _add(name="Python", **kept)
    assert _names(courses.upcoming(CourseFilter(offered=True), 5)) == ["Python"]


def test_the_next_to_begin_comes_first_then_what_has_no_date_then_what_has_begun() -> None:
    _add(name="Hace mucho", start_date=datetime(2020, 1, 1))
    _add(name="Hace poco", start_date=datetime(2021, 1, 1))
    _add(name="Sin fecha")
    _add(name="Marzo", start_date=datetime(2031, 3, 1))
    _add(name="Enero", start_date=datetime(2031, 1, 1))
    order = ["Enero", "Marzo", "Sin fecha", "Hace poco", "Hace mucho"]
    for limit in range(6):
        assert _names(courses.upcoming(CourseFilter(), limit)) == order[:limit]


def test_upcoming_courses_are_those_that_fit() -> None:
    _three_courses()
    assert _names(courses.upcoming(CourseFilter(currencies=("mxn",)), 5)) == ["B", "A"]
    assert _names(courses.upcoming(CourseFilter(currencies=("eur",)), 5)) == []


def test_what_is_preferred_comes_in_front_and_what_is_known_does_not_come() -> None:
    _three_courses()
    preferred = CourseFilter(modalities=("hibrido",))
    assert _names(courses.upcoming(CourseFilter(), 5, preferred)) == ["C", "B", "A"]
    known = [course.id_course for course in courses.upcoming(preferred, 1)]
    assert _names(courses.upcoming(CourseFilter(), 5, preferred, known)) == ["B", "A"]


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        (CourseFilter(), ["A", "B", "C"]),
        (CourseFilter(levels=("intermedio", "intermediate")), ["A", "B"]),
        (CourseFilter(levels=("intermediate",)), ["A"]),
        (CourseFilter(modalities=("hibrido", "hybrid")), ["C"]),
        (CourseFilter(status="active"), ["A", "C"]),
        (CourseFilter(languages=("espanol", "es")), ["B"]),
        (CourseFilter(audience="ventas"), ["C"]),
        (CourseFilter(currencies=("mxn",)), ["A", "B"]),
        (CourseFilter(min_price=Decimal(300)), ["A"]),
        (CourseFilter(max_price=Decimal(299)), ["B", "C"]),
        (CourseFilter(max_price=Decimal(0)), ["C"]),
        (CourseFilter(min_price=Decimal(1), max_price=Decimal("4500.00")), ["A", "B"]),
        (CourseFilter(words="'automatiz'"), ["A"]),
        (CourseFilter(words="'automatiz' | 'vent'"), ["A", "C"]),
        (CourseFilter(words="'automatiz'", currencies=("usd",)), []),
        (CourseFilter(words="'automatiz'", currencies=("usd", "mxn")), ["A"]),
        (CourseFilter(offered=True), ["A", "C"]),
    ],
    ids=str,
)
def test_a_page_holds_the_courses_that_fit_every_filter(
    wanted: CourseFilter, names: list[str]
) -> None:
    _three_courses()
    found, total = courses.page(wanted, "name", 0, 10)
    assert (_names(found), total) == (names, len(names))
    assert courses.count(wanted) == len(names)


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
    assert "".join(map(str, _names(found))) == names


def test_a_page_begins_where_it_is_asked_to_and_tells_how_many_there_are() -> None:
    _three_courses()
    found, total = courses.page(CourseFilter(), "name", 1, 1)
    assert (_names(found), total) == (["B"], 3)
    assert courses.page(CourseFilter(), "name", 10, 5) == ([], 3)


@pytest.mark.parametrize("price", PRICES, ids=repr)
def test_a_price_amounts_to_the_same_in_the_database_and_here(price: str | None) -> None:
    assert db.session.scalar(select(func.brenda_amount(price))) == amount(price)


def test_price_ranges_leave_out_what_is_no_clear_price() -> None:
    for price in ("4,500.00", "$299", "consultar", None):
        _add(price=price, currency="MXN")
    _add(price="99", currency="USD")
    _add(price="1", currency="USD", status="archived")
    assert courses.price_ranges() == [
        ("MXN", Decimal(299), Decimal(4500)),
        ("USD", Decimal(99), Decimal(99)),
    ]


def test_each_value_is_told_as_it_is_typed_with_how_many_courses_have_it() -> None:
    _three_courses()
    _add(name="D", level="Intermediate", modality="Online")
    assert courses.tally("level") == [(" INTERMEDIO", 1), ("Intermediate", 2), (None, 1)]
    assert courses.tally("modality", offered_only=True) == [("Híbrido", 1), ("Online", 2)]


def test_a_course_comes_with_its_bonuses_in_the_order_of_entry() -> None:
    _add(name="A")
    (id_course,) = (course.id_course for course in courses.upcoming(CourseFilter(), 1))
    for content in ("Plantillas", "Comunidad"):
        bonus = {"content": content, "type_bond": "extra", "emisor": "Escuela"}
        db.session.execute(insert(CourseBonus).values(bonus | {"id_courses_fk": id_course}))
    found = courses.find_in_depth(id_course)
    assert found
    assert (found.course.name, found.bonuses) == ("A", ["Plantillas", "Comunidad"])
    assert courses.find_in_depth(uuid4()) is None


def test_a_course_comes_with_its_sessions_in_order_and_what_is_known_of_each() -> None:
    id_course = _add(name="A")
    evening = datetime(2031, 1, 8, 19, 30)
    _add_session(id_course, 3, "Cierre")
    second = _add_session(id_course, 2, "Tablas", objective="Resumir datos", duration_minutes=90)
    _add_session(id_course, 1, "Inicio", scheduled_at=evening, duration_minutes=60)
    for place, title in ((2, "Ejercicio"), (1, "Filtros"), (3, "Gráficas")):
        _add_item(id_course, second, place, title)
    found = courses.find_in_depth(id_course)
    assert found
    assert found.sessions == [
        SessionOutline(1, "Inicio", None, evening, 60, ()),
        SessionOutline(
            2, "Tablas", "Resumir datos", None, 90, ("Filtros", "Ejercicio", "Gráficas")
        ),
        SessionOutline(3, "Cierre", None, None, None, ()),
    ]


def test_a_session_without_a_title_or_a_number_is_left_out() -> None:
    id_course = _add(name="A")
    _add_session(id_course, 1, None)
    _add_session(id_course, None, "Sin número")
    _add_session(id_course, 2, "Completa")
    found = courses.find_in_depth(id_course)
    assert found
    assert [session.title for session in found.sessions] == ["Completa"]


@pytest.mark.parametrize("moment", ["infinity", "-infinity", "0044-03-15 BC", "12000-01-01"])
def test_a_session_at_no_day_that_can_be_told_comes_without_a_day(moment: str) -> None:
    id_course = _add(name="A")
    id_session = _add_session(id_course, 1, "Inicio")
    statement = "UPDATE ai_course_session SET scheduled_at = :moment WHERE id_session = :id"
    db.session.execute(text(statement), {"moment": moment, "id": id_session})
    found = courses.find_in_depth(id_course)
    assert found
    assert [(each.title, each.at) for each in found.sessions] == [("Inicio", None)]


def test_a_course_comes_with_its_elements_in_the_order_of_their_sessions() -> None:
    id_course = _add(name="A")
    sessions = [_add_session(id_course, number, f"Sesión {number}") for number in (2, 1)]
    for id_session, name in zip(sessions, ("segunda", "primera"), strict=True):
        _add_element(id_session, f"Clase {name}", f"https://example.com/{name}")
    found = courses.find_in_depth(id_course)
    assert found
    assert found.elements == [
        ElementLink("Clase primera", "https://example.com/primera"),
        ElementLink("Clase segunda", "https://example.com/segunda"),
    ]


def test_a_course_comes_with_nothing_of_another_one() -> None:
    id_course, other = _add(name="A"), _add(name="B")
    id_session = _add_session(other, 1, "De otro")
    _add_item(other, id_session, 1, "Tema")
    _add_element(id_session, "Clase", "https://example.com/otra")
    bonus = {"content": "Plantillas", "type_bond": "extra", "emisor": "Escuela"}
    db.session.execute(insert(CourseBonus).values(bonus | {"id_courses_fk": other}))
    found = courses.find_in_depth(id_course)
    assert found
    assert (found.course.name, found.bonuses, found.sessions, found.elements) == ("A", [], [], [])


def test_courses_of_ids_come_in_the_order_of_the_ids() -> None:
    ids = [_add(name=name) for name in "ABC"]
    for order in ([0, 1, 2], [2, 0, 1], [1], []):
        found = courses.of_ids([ids[place] for place in order])
        assert _names(found) == ["ABC"[place] for place in order]


@pytest.mark.parametrize("gone", GONE, ids=str)
def test_a_course_that_is_not_on_offer_is_not_among_those_of_ids(gone: dict[str, Any]) -> None:
    ids = [_add(name="Python antiguo", **gone), _add(name="Python")]
    assert _names(courses.of_ids(ids)) == ["Python"]


def test_an_id_that_no_course_has_is_passed_over() -> None:
    assert _names(courses.of_ids([uuid4(), _add(name="A"), uuid4()])) == ["A"]


def _add(**values: Any) -> UUID:
    row = {"id_course": uuid4(), "modality": "Online"} | values
    db.session.execute(insert(Course).values(row))
    return row["id_course"]


def _add_session(id_course: UUID, number: int | None, title: str | None, **values: Any) -> UUID:
    row = {"id_session": uuid4(), "id_course_fk": id_course, "session_index": number}
    db.session.execute(insert(CourseSession).values(row | {"title": title} | values))
    return row["id_session"]


def _add_item(id_course: UUID, id_session: UUID, place: int, title: str) -> None:
    row = {"id_course_fk": id_course, "id_session_fk": id_session, "item_session": place}
    db.session.execute(
        insert(CourseActivity).values(row | {"item_type": "subtema", "title_item": title})
    )


def _add_element(id_session: UUID, name: str, url: str) -> None:
    row = {"id_session_fk": id_session, "item_type": "video", "description_url": name}
    db.session.execute(insert(CourseElement).values(row | {"url_test": url}))


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


def _names(found: Iterable[Course]) -> list[str | None]:
    return [course.name for course in found]
