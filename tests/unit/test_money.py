"""Prices are read where they are clear, and left as they are where they are not."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.services.money import amount, shown


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
        ("MXN 12,345.67", "12345.67"),
        ("1,234,567", 1234567),
        ("1.234.567", 1234567),
        (" 4000 pesos ", 4000),
        ("0", 0),
        ("Gratis", 0),
        ("GRATUITO", 0),
        ("free", 0),
    ],
)
def test_a_clear_price_is_read(price: str, number: int | str) -> None:
    assert amount(price) == Decimal(number)


@pytest.mark.parametrize(
    "price",
    [None, "", "consultar", "de 3000 a 4000", "3x1500", "12,34,5", "1.2.3", "٤٠٠", "²", "$"],
)
def test_an_unclear_price_is_not_guessed(price: str | None) -> None:
    assert amount(price) is None


@pytest.mark.parametrize(
    ("price", "currency", "text"),
    [
        ("299", "USD", "$299 USD"),
        ("4500", "mxn", "$4,500 MXN"),
        ("4,500.5", "MXN", "$4,500.50 MXN"),
        ("99", "EUR", "99 EUR"),
        ("99", "PEN", "99 PEN"),
        ("$299", None, "$299"),
        ("299", None, "299"),
        ("0", "USD", "Gratis"),
        ("gratis", None, "Gratis"),
        ("a consultar", "USD", "a consultar"),
        ("", "USD", None),
        (None, None, None),
    ],
)
def test_a_price_is_shown_as_people_in_latin_america_write_it(
    price: str | None, currency: str | None, text: str | None
) -> None:
    assert shown(price, currency) == text


@given(st.decimals(min_value=0, max_value=10**9, places=2))
def test_both_ways_of_grouping_thousands_mean_the_same_number(value: Decimal) -> None:
    with_points = f"{value:,.2f}".translate(str.maketrans(",.", ".,"))
    assert amount(f"${value:,.2f}") == amount(f"{with_points} €") == value


@given(st.text())
def test_no_text_breaks_the_reader(price: str) -> None:
    number = amount(price)
    assert number is None or number >= 0


@given(st.text(), st.text(max_size=4))
def test_a_text_that_is_no_price_is_shown_unchanged(price: str, currency: str) -> None:
    text = shown(price, currency)
    assert text == (price or None) or amount(price) is not None
