"""Prices as schools type them, read where they are clear and shown as they are where not."""

import re
from decimal import Decimal

from babel.numbers import format_decimal, get_currency_symbol

_LONGEST_NUMBER = 18
"""A longer row of digits is somebody's account or a slip of the hand, not a price."""

_LOCALE = "es_MX"
_ONE_NUMBER = re.compile(r"\D*(\d+(?:[.,]\d+)*)\D*", re.ASCII)
_DECIMAL_COMMA = re.compile(r"\d{1,3}(\.\d{3})*(,\d{1,2})?|\d+,\d{1,2}")
_DECIMAL_POINT = re.compile(r"\d{1,3}(,\d{3})*(\.\d+)?|\d+(\.\d+)?")
_FREE = re.compile(r"gratis|gratuito|free", re.IGNORECASE)
_SHARES_THE_DOLLAR_SIGN = {"USD", "MXN", "COP", "ARS", "CLP"}


def amount(price: str | None) -> Decimal | None:
    """The number in a price such as ``4000``, ``$299``, ``4,500.00`` or ``1.299,00 €``.

    Returns:
        None when the text is not clearly one number.
    """
    if price and _FREE.fullmatch(price):
        return Decimal(0)
    found = _ONE_NUMBER.fullmatch(price or "")
    if not found:
        return None
    digits = found[1]
    if len(digits) > _LONGEST_NUMBER:
        return None
    if _DECIMAL_COMMA.fullmatch(digits):
        return Decimal(digits.replace(".", "").replace(",", "."))
    if _DECIMAL_POINT.fullmatch(digits):
        return Decimal(digits.replace(",", ""))
    return None


def shown(price: str | None, currency: str | None) -> str | None:
    """A price for a lead to read: ``$299 USD``, ``$4,500 MXN``, ``Gratis``; None without one."""
    value = amount(price)
    if value is None:
        return price or None
    if value == 0:
        return "Gratis"
    number = format_decimal(value, format="#,##0.##", locale=_LOCALE)
    if value != value.to_integral_value():
        number = format_decimal(value, format="#,##0.00", locale=_LOCALE)
    code = (currency or "").strip().upper()
    if not code:
        return f"${number}" if "$" in (price or "") else price
    return f"{_symbol(code)}{number} {code}"


def _symbol(code: str) -> str:
    """Babel writes ``USD`` for the dollar in Mexico; people there write ``$``."""
    if code in _SHARES_THE_DOLLAR_SIGN:
        return "$"
    symbol = get_currency_symbol(code, locale=_LOCALE)
    return "" if symbol == code else symbol
