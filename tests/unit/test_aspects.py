"""The single things that a message wants to know, in the order in which it names them."""

from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.models.understanding import Intent
from bot.services.intents.aspects import aspects
from bot.services.patterns import padded

ABOUT = {
    Intent.COURSE_DETAILS: [
        ("¿cuántas sesiones son?", "sessions"),
        ("cuantas clases son, che?", "sessions"),
        ("¿cuánto dura el curso?", "duration"),
        ("¿cuántas horas son?", "duration"),
        ("¿cuánto dura cada clase?", "session_length"),
        ("¿cuándo empieza?", "start"),
        ("cuando arranca che", "start"),
        ("¿cuándo inicia, parce?", "start"),
        ("¿qué fecha?", "start"),
        ("¿en qué horario?", "schedule"),
        ("¿a qué hora es, causa?", "schedule"),
        ("¿qué días son?", "schedule"),
        ("¿es presencial o en línea?", "modality"),
        ("¿es 100% online?", "modality"),
        ("¿es por zoom?", "modality"),
        ("¿es para principiantes?", "level"),
        ("¿qué nivel piden?", "level"),
        ("¿qué se ve en la sesión 3?", "session"),
        ("sesión 2", "session"),
        ("la primera clase", "session"),
        ("pásame el temario porfa", "syllabus"),
        ("¿de qué trata?", "syllabus"),
        ("q se ve", "syllabus"),
        ("¿dan certificado?", "certificate"),
        ("¿entregan diploma o constancia?", "certificate"),
        ("¿las clases quedan grabadas?", "recording"),
        ("¿quién imparte el curso?", "teacher"),
        ("¿qué requisitos pide?", "requirements"),
        ("¿qué incluye?", "bonuses"),
        ("¿hasta cuándo tengo acceso?", "access"),
        ("¿es en español?", "language"),
        ("¿qué herramientas usan?", "tools"),
        ("¿hay tareas?", "practice"),
        ("¿dónde se imparte?", "place"),
        ("¿cuántos alumnos hay?", "group_size"),
        ("¿para quién es?", "audience"),
        ("¿cuántas horas a la semana?", "weekly_load"),
    ],
    Intent.PRICE_INQUIRY: [
        ("¿cuánto cuesta?", "price"),
        ("quisiera saber el precio", "price"),
        ("kuanto sale", "price"),
        ("¿cuánto vale, parce?", "price"),
        ("¿cuánto es, weón?", "price"),
        ("¿puedo pagar en cuotas?", "instalments"),
        ("¿a meses sin intereses?", "instalments"),
        ("¿aceptan tarjeta?", "methods"),
        ("¿puedo pagar por oxxo?", "methods"),  # Mexico
        ("¿se puede pagar con yape?", "methods"),  # Peru
        ("¿aceptan nequi?", "methods"),  # Colombia
        ("¿aceptan mercado pago?", "methods"),  # Argentina
        ("¿dan factura?", "invoice"),
        ("¿me dan boleta?", "invoice"),  # Chile
        ("¿tienen descuento?", "discount"),
        ("¿hay alguna promo?", "discount"),
        ("¿hay becas?", "scholarship"),
        ("¿el precio es en dólares?", "currency"),
        ("¿cuánto para 10 personas?", "group"),
    ],
    Intent.BUYING_SIGNALS: [
        ("ya pagué", "paid"),
        ("mi tarjeta no pasa", "payment_problem"),
        ("¿a qué cuenta deposito?", "account"),
        ("apártame un lugar", "reserve"),
    ],
    Intent.GENERAL_QUESTION: [
        ("¿eres un robot?", "robot"),
        ("¿sos un bot?", "robot"),
        ("¿cómo me llamo?", "my_name"),
        ("¿cómo te llamas?", "bot_name"),
        ("¿qué puedes hacer?", "abilities"),
        ("¿dónde están?", "address"),
        ("¿tienen instagram?", "social"),
    ],
    Intent.PRIVACY_REQUEST: [
        ("borren mis datos", "erase"),
        ("corrijan mi correo", "correct"),
        ("quiero una copia de mis datos", "copy"),
        ("¿comparten mis datos?", "sharing"),
        ("¿de dónde sacaron mi número?", "origin"),
        ("¿cuánto tiempo guardan mis datos?", "retention"),
        ("¿mis datos están seguros?", "security"),
        ("¿dónde está el aviso de privacidad?", "policy"),
    ],
    Intent.OBJECTION_TRUST: [
        ("¿hay reembolso?", "refund"),
        ("¿están registrados ante la SEP?", "registered"),
        ("¿tienen testimonios?", "references"),
    ],
    Intent.CONTACT_REQUEST: [("tengo una queja", "complaint"), ("que me llamen", "call")],
    Intent.OBJECTION_TIME: [("luego te aviso", "later")],
}
CASES = [(text, intent, name) for intent, asked in ABOUT.items() for text, name in asked]


def names(text: str, among: Iterable[Intent] = Intent) -> list[str]:
    wanted = set(among)
    return [aspect.name for aspect in aspects(padded(text)) if aspect.intent in wanted]


@pytest.mark.parametrize(("text", "intent", "name"), CASES)
def test_a_message_wants_to_know_one_thing(text: str, intent: Intent, name: str) -> None:
    assert name in names(text, {intent})


@pytest.mark.parametrize(("text", "intent", "name"), CASES)
def test_accents_case_and_marks_make_no_difference(text: str, intent: Intent, name: str) -> None:
    plain = text.translate(str.maketrans("áéíóúñ", "aeioun", "¿"))
    assert name in names(plain, {intent})
    assert name in names(text.upper(), {intent})
    assert name in names(f"Hola Brenda, {text} Gracias!!", {intent})


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("cuánto cuesta y cuándo empieza", ["price", "start"]),
        ("cuándo empieza y cuánto cuesta", ["start", "price"]),
        ("¿cuánto dura, qué precio tiene y dan certificado?", ["duration", "price", "certificate"]),
        ("el temario y las formas de pago", ["syllabus", "methods"]),
    ],
)
def test_several_things_come_in_the_order_in_which_they_are_named(
    text: str, wanted: list[str]
) -> None:
    assert names(text, {Intent.COURSE_DETAILS, Intent.PRICE_INQUIRY}) == wanted


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "hola", "gracias", "muchas gracias!", "sí", "no", "2", "el segundo", "👍🏽"),
        *("soy el primero de mi familia", "Experto en IA", "¿qué cursos tienen?", "excel"),
        *("sistema", "curso 2", "no acepto", "la obsesión", "aprecio tu ayuda"),
    ],
)
def test_most_messages_name_nothing_of_a_course_or_its_price(text: str) -> None:
    assert names(text, {Intent.COURSE_DETAILS, Intent.PRICE_INQUIRY}) == []


@pytest.mark.parametrize(
    "text", ["\ud800 precio", "😀" * 500, "1" * 2000, "? " * 900, "cuanto " * 300, "\x00"]
)
def test_no_text_is_too_odd_to_be_read(text: str) -> None:
    aspects(padded(text))


@settings(deadline=None)
@given(st.text(max_size=300))
def test_each_thing_is_named_once(text: str) -> None:
    found = aspects(padded(text))
    assert len(set(found)) == len(found)
    assert found == aspects(padded(text))
