"""Picking among courses that were built here: by price, length, start, level, and by trouble."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from bot.models.catalogue import Course, CourseInDepth, SessionOutline
from bot.services.catalogue.choosing import beyond, cheapest_elsewhere, ranked, solving
from tests.support.apps import AppMaker

MEASURES = ("cheapest", "dearest", "shortest", "longest", "soonest", "easiest", "hardest")
YESTERDAY, SOON, LATER = (datetime.now() + timedelta(days=days) for days in (-1, 20, 200))


def course(number: int, **known: Any) -> Course:
    return Course(id_course=UUID(int=number), name=f"Curso {number}", **known)


def priced(*prices: tuple[str | None, str | None]) -> list[Course]:
    pairs = enumerate(prices, 1)
    return [course(number, price=price, currency=code) for number, (price, code) in pairs]


def numbers(courses: list[Course]) -> list[int]:
    return [found.id_course.int for found in courses]


# The most of something


@pytest.mark.parametrize(
    ("most", "order"),
    [
        ("cheapest", [3, 1, 2]),
        ("dearest", [2, 1, 3]),
        ("shortest", [2, 3, 1]),
        ("longest", [1, 3, 2]),
        ("soonest", [2, 1]),
        ("easiest", [3, 1, 2]),
        ("hardest", [2, 1, 3]),
    ],
)
def test_the_most_of_it_stands_in_front(most: str, order: list[int]) -> None:
    courses = [
        course(1, price="$299", total_duration_min=900, start_date=LATER, level="Intermedio"),
        course(2, price="1,299.00", total_duration_min=60, start_date=SOON, level="advanced"),
        course(3, price="99 ", total_duration_min=300, start_date=YESTERDAY, level="Básico"),
    ]
    assert numbers(ranked(courses, most)) == order


@pytest.mark.parametrize("most", MEASURES)
def test_what_is_not_known_of_a_course_leaves_it_out(most: str) -> None:
    blank = [
        course(1),
        course(2, price="", total_duration_min=0, level=""),
        course(3, price="a consultar", level="según el grupo", start_date=YESTERDAY),
    ]
    assert ranked(blank, most) == []
    assert ranked([], most) == []
    assert beyond(blank, blank[0], most) == []


def test_courses_alike_stay_in_their_order() -> None:
    courses = priced(("199", "USD"), ("99", "USD"), ("199", "USD"), ("99", "USD"))
    assert numbers(ranked(courses, "cheapest")) == [2, 4, 1, 3]


def test_what_costs_nothing_is_the_cheapest() -> None:
    assert numbers(ranked(priced(("199", "USD"), ("Gratis", "USD")), "cheapest")) == [2, 1]


# Currencies


def test_prices_are_compared_in_the_currency_of_most() -> None:
    courses = priced(("4500", "MXN"), ("199", "USD"), ("299", " usd "), ("100", None))
    assert numbers(ranked(courses, "cheapest")) == [2, 3]
    assert numbers(ranked(courses, "dearest")) == [3, 2]


def test_of_two_currencies_alike_the_first_counts() -> None:
    assert numbers(ranked(priced(("4500", "MXN"), ("199", "USD")), "cheapest")) == [1]


def test_a_price_that_is_not_known_gives_no_vote_for_its_currency() -> None:
    courses = priced(("consultar", "USD"), (None, "USD"), ("4500", "MXN"))
    assert numbers(ranked(courses, "cheapest")) == [3]


def test_the_currency_matters_for_prices_only() -> None:
    courses = [
        course(1, currency="USD", total_duration_min=90),
        course(2, currency="MXN", total_duration_min=60),
    ]
    assert numbers(ranked(courses, "shortest")) == [2, 1]


def test_the_cheapest_in_each_other_currency_is_named_too() -> None:
    courses = priced(
        ("199", "USD"),
        ("4500", "MXN"),
        ("3500", "mxn"),
        ("800", "PEN"),
        ("consultar", "COP"),
        ("5", None),
    )
    assert numbers(cheapest_elsewhere(courses, courses[0])) == [3, 4]
    assert cheapest_elsewhere(courses[:1], courses[0]) == []
    assert cheapest_elsewhere([], courses[0]) == []


# More so than the course at hand


@pytest.mark.parametrize(
    ("most", "found"),
    [
        ("cheapest", [3]),
        ("dearest", [4, 2]),
        ("shortest", [2]),
        ("longest", [4, 3]),
        ("soonest", [2]),
        ("easiest", [3]),
        ("hardest", [2]),
    ],
)
def test_only_what_is_more_so_than_the_course_at_hand_is_found(most: str, found: list[int]) -> None:
    here = course(
        1, price="199", total_duration_min=120, start_date=LATER, level="intermedio", currency="USD"
    )
    others = [
        course(2, price="249", total_duration_min=60, start_date=SOON, level="avanzado"),
        course(3, price="99", total_duration_min=300, start_date=YESTERDAY, level="basic"),
        course(4, price="999", total_duration_min=900, start_date=LATER, level="medio"),
        course(5, price="199", total_duration_min=120, start_date=None, level="intermedio"),
    ]
    for other in others:
        other.currency = "USD"
    assert numbers(beyond([here, *others], here, most)) == found


def test_a_course_is_not_cheaper_than_itself() -> None:
    here, again = course(1, price="199", currency="USD"), course(1, price="99", currency="USD")
    assert beyond([here, again], here, "cheapest") == []


def test_a_price_in_another_currency_is_neither_cheaper_nor_dearer() -> None:
    here, *others = priced(("199", "USD"), ("99", "MXN"), ("4500", "MXN"), ("1", None))
    assert beyond(others, here, "cheapest") == []
    assert beyond(others, here, "dearest") == []


@given(st.lists(st.integers(min_value=0, max_value=10**6) | st.none(), max_size=12))
def test_the_cheapest_first_is_the_dearest_last(amounts: list[int | None]) -> None:
    courses = priced(*((None if each is None else str(each), "USD") for each in amounts))
    known = sorted(each for each in amounts if each is not None)
    assert [int(each.price or "") for each in ranked(courses, "cheapest")] == known
    assert [int(each.price or "") for each in ranked(courses, "dearest")] == known[::-1]


@given(st.lists(st.integers(min_value=1, max_value=999), min_size=1, max_size=12))
def test_nothing_is_beyond_the_first_and_all_that_differ_are_beyond_the_last(
    minutes: list[int],
) -> None:
    courses = [course(n, total_duration_min=length) for n, length in enumerate(minutes)]
    order = ranked(courses, "shortest")
    shorter = sum(length < max(minutes) for length in minutes)
    assert beyond(courses, order[0], "shortest") == []
    assert beyond(courses, order[-1], "shortest") == order[:shorter]


# Sessions about a trouble


@pytest.fixture(scope="module")
def app(shared_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """An app whose catalogue is the demo's; the courses here are not in it."""
    maker = AppMaker(tmp_path_factory.mktemp("choosing"))
    yield maker(DATABASE_URL=shared_url)
    maker.close()


SESSIONS = (
    SessionOutline(1, "Fundamentos"),
    SessionOutline(2, "Reportes automáticos", objective="Ahorrar tiempo en los reportes"),
    SessionOutline(3, "Fórmulas", items=("Reportes y tablas", "Facturas")),
    SessionOutline(4, "Ventas", items=("Reportes de ventas con facturas",)),
)
EXCEL = CourseInDepth(Course(id_course=UUID(int=1), name="Excel para Finanzas"), sessions=SESSIONS)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("facturas", [3, 4]),
        ("hago reportes y facturas todo el día", [3, 4]),
        ("pierdo horas con mis reportes de ventas", [2, 4]),
        ("excel", []),
        ("finanzas", []),
        ("guitarra", []),
        ("", []),
        (None, []),
    ],
)
def test_the_two_sessions_that_speak_of_it_most_are_told_in_their_order(
    app: Flask, text: str | None, found: list[int]
) -> None:
    with app.app_context():
        assert [session.number for session in solving(EXCEL, text)] == found


def test_a_course_without_sessions_solves_nothing(app: Flask) -> None:
    with app.app_context():
        assert solving(CourseInDepth(Course()), "facturas") == []
