"""Prices are read where they are clear, and left as they are where they are not."""

from datetime import datetime
from decimal import Decimal

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from bot.models.catalogue import Course
from bot.services.catalogue.cards import card
from bot.services.money import amount, formatted, shown
from config import Config, ConfigError
from tests.support.apps import AppMaker

MEXICO = "es_MX"
NO_BREAK = "\u00a0"


@pytest.mark.parametrize(
    ("price", "number"),
    [
        ("4000", 4000),
        ("$299", 299),
        ("4,500.00", 4500),
        ("$4,500", 4500),
        ("1.299,00 €", 1299),
        ("1.299", 1299),
        ("299,50", "299.5"),
        ("299.5", "299.5"),
        ("0.500", "0.5"),
        ("MXN 12,345.67", "12345.67"),
        ("1,234,567", 1234567),
        ("1.234.567", 1234567),
        (" 4000 pesos ", 4000),
        ("4500 pesos mexicanos", 4500),
        ("MXN 4,500", 4500),
        ("USD299.00", 299),
        ("US$ 299", 299),
        ("$4,500.00 M.N.", 4500),
        ("S/. 99.90", "99.9"),
        ("Precio: $4,500 (IVA incluido)", 4500),
        ("🔥 $299 USD 🔥", 299),
        ("4500.-", 4500),
        ("4 500", 4500),
        ("4 500,50", "4500.5"),
        ("120 000", 120000),
        ("4'500", 4500),
        ("0", 0),
        ("Gratis", 0),
        (" gratis ", 0),
        ("GRATUITO", 0),
        ("free", 0),
        ("sin costo", 0),
        ("¡Sin costo!", 0),
    ],
)
def test_a_clear_price_is_read(price: str, number: int | str) -> None:
    assert amount(price) == Decimal(number)


@pytest.mark.parametrize(
    "price",
    [
        None,
        "",
        "consultar",
        "$",
        "desde 299",
        "299/mes",
        "299 al mes",
        "299 cada uno",
        "de 3000 a 4000",
        "3000-4000",
        "299 399",
        "3x1500",
        "3 cuotas",
        "20%",
        "4 mil",
        "$4,500 + IVA",
        "299 USD o 4500 MXN",
        "-299",
        "$.99",
        "12,34,5",
        "1.2.3",
        "٤٠٠",
        "²",
        "gratis la primera clase",
        "$" + " " * 60 + "9",
    ],
)
def test_an_unclear_price_is_not_guessed(price: str | None) -> None:
    assert amount(price) is None


@pytest.mark.parametrize(
    ("price", "currency", "text"),
    [
        ("299", "USD", "$299 USD"),
        ("4500", "mxn", "$4,500 MXN"),
        ("4500 pesos", "MXN", "$4,500 MXN"),
        ("4,500.5", "MXN", "$4,500.50 MXN"),
        ("99", "EUR", "99 EUR"),
        ("99", "PEN", "99 PEN"),
        ("$299", None, "$299"),
        ("299", None, "299"),
        ("US$ 299", None, "US$ 299"),
        ("0", "USD", "Gratis"),
        ("gratis", None, "Gratis"),
        ("a consultar", "USD", "a consultar"),
        ("desde 299", "USD", "desde 299"),
        ("", "USD", None),
        (None, None, None),
    ],
)
def test_a_price_is_shown_as_people_in_latin_america_write_it(
    price: str | None, currency: str | None, text: str | None
) -> None:
    assert shown(price, currency, MEXICO) == text


@pytest.mark.parametrize(
    ("price", "currency"),
    [("MXN 4,500", "USD"), ("4500 pesos", "USD"), ("1.299,00 €", "MXN"), ("US$ 299", "MXN")],
)
def test_a_price_that_names_another_currency_is_shown_as_it_was_typed(
    price: str, currency: str
) -> None:
    assert shown(price, currency, MEXICO) == price


@pytest.mark.parametrize(
    ("locale", "code", "text"),
    [
        ("es_MX", "MXN", "$1,299.50 MXN"),
        ("es_AR", "ARS", "$1.299,50 ARS"),
        ("es_CL", "CLP", "$1.299,50 CLP"),
        ("es_ES", "EUR", f"1.299,50{NO_BREAK}€"),
        ("es_ES", "USD", "1.299,50 USD"),
        ("es_PE", "PEN", f"S/{NO_BREAK}1,299.50"),
        ("es_CR", "CRC", f"₡1{NO_BREAK}299,50"),
        ("en_US", "EUR", "€1,299.50"),
    ],
)
def test_money_is_written_as_in_the_country_of_the_locale(
    locale: str, code: str, text: str
) -> None:
    assert formatted(Decimal("1299.5"), code, locale) == text
    without_cents = text.replace(".50", "").replace(",50", "")
    assert formatted(Decimal("1299.00"), code, locale) == without_cents


@given(st.decimals(min_value=0, max_value=10**9, places=2))
def test_both_ways_of_grouping_thousands_mean_the_same_number(value: Decimal) -> None:
    with_points = f"{value:,.2f}".translate(str.maketrans(",.", ".,"))
    assert amount(f"${value:,.2f}") == amount(f"{with_points} €") == value


@given(st.decimals(min_value=1, max_value=10**9, places=2), st.sampled_from(["es_MX", "es_AR"]))
def test_what_is_shown_is_read_as_the_same_amount(value: Decimal, locale: str) -> None:
    assert amount(formatted(value, "MXN", locale)) == value


@given(st.text())
def test_no_text_breaks_the_reader(price: str) -> None:
    number = amount(price)
    assert number is None or number >= 0


@given(st.text(), st.text(max_size=4))
def test_a_text_that_is_no_price_is_shown_unchanged(price: str, currency: str) -> None:
    text = shown(price, currency, MEXICO)
    assert text == (price or None) or amount(price) is not None


# LOCALE


@pytest.mark.parametrize("value", ["es_MX", "es-MX", "ES-mx", "es_MX.UTF-8", ""])
def test_the_locale_is_read_in_the_usual_spellings(value: str) -> None:
    assert Config.from_environment({"LOCALE": value}).locale == "es_MX"


@pytest.mark.parametrize("value", ["klingon", "es_XX", "español", "../es", "C", "es MX"])
def test_a_locale_that_nobody_knows_stops_the_boot_with_its_name(value: str) -> None:
    with pytest.raises(ConfigError, match="LOCALE"):
        Config.from_environment({"LOCALE": value})


@pytest.mark.parametrize(
    ("locale", "price", "starts"),
    [
        ("es_MX", "$4,500 MXN", "12 de enero de 2027"),
        ("es-AR", "$4.500 MXN", "12 de enero de 2027"),
        ("pt-BR", f"${NO_BREAK}4.500 MXN", "12 de janeiro de 2027"),
    ],
)
def test_a_course_is_shown_in_the_locale_of_the_configuration(
    make_app: AppMaker, locale: str, price: str, starts: str
) -> None:
    app: Flask = make_app(LOCALE=locale)
    course = Course(name="Python", price="4500", currency="MXN", start_date=datetime(2027, 1, 12))
    with app.app_context():
        shown_course = card(course)
    assert (shown_course.price, shown_course.starts) == (price, starts)
