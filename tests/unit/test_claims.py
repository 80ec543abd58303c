"""What the gate reads in a text: one claim, whatever its spelling."""

from typing import Any

import pytest

from bot.services.fact_gate.claims import Kind, claims
from bot.services.fact_gate.reading import read

SAID: list[tuple[str, Kind, Any]] = [
    ("8 sesiones", Kind.QUANTITY, (8.0, "sesion")),
    ("ocho clases", Kind.QUANTITY, (8.0, "sesion")),
    ("８ sesiones", Kind.QUANTITY, (8.0, "sesion")),
    ("media docena de sesiones", Kind.QUANTITY, (6, "sesion")),
    ("diez horas y media", Kind.QUANTITY, (10.5, "hora")),
    ("10.5 horas", Kind.QUANTITY, (10.5, "hora")),
    ("$4,500 MXN", Kind.MONEY, (4500.0, "MXN")),
    ("4500 pesos", Kind.MONEY, (4500.0, "peso")),
    ("cuatro mil quinientos pesos mexicanos", Kind.MONEY, (4500.0, "MXN")),
    ("USD 299", Kind.MONEY, (299.0, "USD")),
    ("299 dólares", Kind.MONEY, (299.0, "USD")),
    ("cuesta 299", Kind.MONEY, (299.0, None)),
    ("𝟙𝟡𝟡 USD", Kind.MONEY, (199.0, "USD")),
    ("15 %", Kind.PERCENT, 15.0),
    ("quince por ciento", Kind.PERCENT, 15.0),
    ("a la mitad", Kind.FRACTION, "mitad"),
    ("12 de enero", Kind.DATE, (12, 1, None)),
    ("doce de enero de 2027", Kind.DATE, (12, 1, 2027)),
    ("12/01/2027", Kind.DATE, (12, 1, 2027)),
    ("2027-01-12", Kind.DATE, (12, 1, 2027)),
    ("January 12", Kind.DATE, (12, 1, None)),
    ("en marzo", Kind.MONTH, 3),
    ("los martes", Kind.WEEKDAY, 2),
    ("19:00", Kind.CLOCK, frozenset({1140})),
    ("a las 7 pm", Kind.CLOCK, frozenset({1140})),
    ("siete de la noche", Kind.CLOCK, frozenset({1140})),
    ("a las 7", Kind.CLOCK, frozenset({420, 1140})),
    ("sesión 7", Kind.SESSION, 7),
    ("la séptima sesión", Kind.SESSION, 7),
    ("https://a.example/x.", Kind.LINK, "a.example/x"),
    ("evil-pagos.com/x", Kind.LINK, "evil-pagos.com/x"),
    ("evil punto com", Kind.LINK, "evilpuntocom"),
    ("@brenda.ia", Kind.LINK, "@brenda.ia"),
    ("ana@escuela.example", Kind.EMAIL, "ana@escuela.example"),
    ("+52 55 5000 1234", Kind.PHONE, "525550001234"),
]
NO_CLAIM = [
    "1. Primero",
    "*2.* Segundo",
    "3️⃣ Tercero",
    "la pregunta del millón",
    "mil gracias",
    "un curso",
    "n8n",
]


@pytest.mark.parametrize(("text", "kind", "value"), SAID, ids=[text for text, _, _ in SAID])
def test_one_claim_is_read_whatever_its_spelling(text: str, kind: Kind, value: Any) -> None:
    assert [(claim.kind, claim.value) for claim in claims(read(text))] == [(kind, value)]


@pytest.mark.parametrize("text", NO_CLAIM)
def test_what_claims_nothing_is_no_claim(text: str) -> None:
    assert claims(read(text)) == []


def test_ranges_and_lists_of_days_are_as_many_claims() -> None:
    told = [claim.value for claim in claims(read("12, 19 y 26 de enero"))]
    assert told == [(12, 1, None), (19, 1, None), (26, 1, None)]
    told = [claim.value for claim in claims(read("del 12 al 26 de enero de 2027"))]
    assert told == [(12, 1, 2027), (26, 1, 2027)]


def test_what_no_reader_sees_hides_no_digit() -> None:
    [claim] = claims(read("cuesta 1\u200b9\u00ad9 USD"))
    assert claim.value == (199.0, "USD")


@pytest.mark.parametrize(
    ("text", "is_denied"),
    [
        ("No manejo becas", True),
        ("no ofrezco descuentos ni becas", True),
        ("Sobre becas te confirma el equipo", True),
        ("becas no tengo registradas", True),
        ("No te preocupes, hay becas", False),
        ("No solo hay becas", False),
        ("No está incluido, pero te doy becas", False),
        ("Tenemos becas", False),
        ("si no te gusta hay becas", False),
    ],
)
def test_a_denial_is_told_from_a_promise(text: str, is_denied: bool) -> None:
    read_text = read(text)
    assert read_text.is_denied(read_text.plain.index("beca"), len("becas")) is is_denied
