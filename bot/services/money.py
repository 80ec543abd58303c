"""Prices as schools type them, read where they are clear and shown as they are where not."""

import re
from decimal import Decimal

from babel import Locale
from babel.numbers import format_decimal, get_currency_symbol

from bot.extensions import settings
from bot.services.spanish import plain

_LONGEST_PRICE = 60
_LONGEST_NUMBER = 18
"""A longer row of digits is somebody's account or a slip of the hand, not a price."""

_CODES = r"usd|mxn|cop|clp|ars|pen|eur|brl|uyu|pyg|bob|gtq|crc|hnl|nio|dop|gbp|cad"
# What may stand beside a number and leaves it what it is; longer spellings come first.
_BESIDE = re.compile(
    rf"{_CODES}|us\$|u\$[sd]|mx\$|r\$|s/\.?|bs\.?|m\.?n\.?|pesos?|dolares|dolar|dollars?|dl?ls"
    r"|euros?|soles|sol|reales|quetzales|colones|lempiras|cordobas|guaranies|bolivianos"
    r"|mexicanos|colombianos|argentinos|chilenos|uruguayos|dominicanos|americanos"
    r"|precio|costo|inversion|total|pago unico|\(?iva incluido\)?"
)
_ORNAMENTS = r" \t\r\n\u00a0\u202f$€£₡:*!¡\u2600-\u27bf\ufe0f\U0001f300-\U0001faff"
_ONE_NUMBER = re.compile(
    rf"[{_ORNAMENTS}]*([0-9]+(?:[.,' \u00a0\u202f][0-9]+)*)(?:[.,]-)?[{_ORNAMENTS}.,]*"
)
_FREE = re.compile(
    rf"[{_ORNAMENTS}]*(?:gratis|gratuit[oa]|free|sin (?:costo|coste|cargo))[{_ORNAMENTS}.]*"
)
_SPACE = re.compile(r"[' \u00a0\u202f]")
# "4 500" and "120 000" are one number each, "299 399" may well be two prices.
_SPACED = re.compile(r"([1-9][0-9]?( [0-9]{3})+|[1-9][0-9]{2}( [0-9]{3})* 000)([.,][0-9]{1,2})?")
_DECIMAL_COMMA = re.compile(r"[1-9]\d{0,2}(\.\d{3})+(,\d{1,2})?|\d+,\d{1,2}")
_DECIMAL_POINT = re.compile(r"[1-9]\d{0,2}(,\d{3})+(\.\d+)?|\d+(\.\d+)?")
_SHARES_THE_DOLLAR_SIGN = {"USD", "MXN", "COP", "ARS", "CLP"}
_SAYS_CURRENCY = (
    (re.compile("peso"), {"MXN", "COP", "ARS", "CLP", "UYU", "DOP"}),
    (re.compile(r"us\$|u\$|dolar|dollar|dl?ls"), {"USD", "CAD"}),
    (re.compile("euro|€"), {"EUR"}),
    (re.compile("s/|soles?"), {"PEN"}),
    *((re.compile(code), {code.upper()}) for code in _CODES.split("|")),
)
"""Words in a price, and the currencies they may mean."""


def amount(price: str | None) -> Decimal | None:
    """The number in a price such as ``4000``, ``$299``, ``4,500.00`` or ``1.299,00 €``.

    Returns:
        None when the text is not clearly one number: ``desde 299`` and ``299/mes`` do not say
        what a course costs.
    """
    if not price or len(price) > _LONGEST_PRICE:
        return None
    text = plain(price)
    if _FREE.fullmatch(text):
        return Decimal(0)
    found = _ONE_NUMBER.fullmatch(_BESIDE.sub("$", text))
    return _number(found[1]) if found and len(found[1]) <= _LONGEST_NUMBER else None


def _number(digits: str) -> Decimal | None:
    digits = _SPACE.sub(" ", digits)
    if _SPACED.fullmatch(digits):
        digits = digits.replace(" ", "")
    if _DECIMAL_COMMA.fullmatch(digits):
        return Decimal(digits.replace(".", "").replace(",", "."))
    if _DECIMAL_POINT.fullmatch(digits):
        return Decimal(digits.replace(",", ""))
    return None


def shown(price: str | None, currency: str | None, locale: str | None = None) -> str | None:
    """A price for a lead to read: ``$299 USD``, ``$4,500 MXN``, ``Gratis``; None without one.

    What is not clearly a number of ``currency`` is shown as the school typed it. ``locale`` is
    that of the configuration unless another is given.
    """
    value = amount(price)
    if value is None:
        return price or None
    if value == 0:
        return "Gratis"
    code = (currency or "").strip().upper()
    if not code or says_another_currency(price or "", code):
        return price
    return formatted(value, code, locale)


def formatted(value: Decimal, code: str, locale: str | None = None) -> str:
    """An amount in the currency with the ISO 4217 ``code``, as people write it there.

    The code stands beside a dollar sign, which several currencies share, and instead of a sign
    that people would not know: ``$299 USD``, ``S/ 99``, ``99 EUR``, ``1.299,50 €``.
    """
    place = Locale.parse(locale or settings().locale)
    layout = place.currency_formats["standard"].pattern
    if value == value.to_integral_value():
        layout = layout.replace(".00", "")
    number = format_decimal(value, format=layout, locale=place)
    if code in _SHARES_THE_DOLLAR_SIGN and number.startswith("¤"):
        return f"{number.replace('¤', '$')} {code}"
    symbol = get_currency_symbol(code, locale=place)
    if symbol == code or code in _SHARES_THE_DOLLAR_SIGN:
        return f"{number.replace('¤', '').strip()} {code}"
    return number.replace("¤", symbol)


def says_another_currency(price: str, code: str) -> bool:
    """Whether a price names a currency in words that cannot mean ``code``, as ``USD 299`` MXN."""
    text = plain(price)
    return any(said.search(text) and code not in meant for said, meant in _SAYS_CURRENCY)
