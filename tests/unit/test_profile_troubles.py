"""What troubles the writer at work, and what is no such trouble."""

import pytest

from bot.services.profile import extract


@pytest.mark.parametrize(
    ("text", "pain"),
    [
        ("me cuesta hacer presupuestos", "hacer presupuestos"),
        ("me tardo horas con las nóminas", "las nóminas"),
        ("se me va el día en llamadas", "llamadas"),
        ("responder correos me quita la tarde", "responder correos"),
        ("no doy abasto con los pedidos", "los pedidos"),
    ],
)
def test_what_troubles_somebody_is_a_pain_point(text, pain):
    assert any(pain in found for found in extract(text).pain_points)


def test_asking_what_it_costs_is_no_pain():
    assert extract("¿cuánto me cuesta el curso?").pain_points == ()


@pytest.mark.parametrize(
    ("text", "pain"),
    [
        ("estoy chato de cuadrar facturas", "cuadrar facturas"),
        ("lo más difícil es organizar mi agenda", "organizar mi agenda"),
        ("contestar whatsapps se come mis tardes", "contestar whatsapps"),
        ("se me acumulan los tickets", "se me acumulan los tickets"),
        ("todo lo anoto en una libreta", "todo lo anoto en una libreta"),
        ("i spend hours answering emails", "answering emails"),
    ],
)
def test_pains_are_found_however_they_are_put(text, pain):
    assert extract(text).pain_points == (pain,)


@pytest.mark.parametrize(
    "text",
    ["no tengo problema con eso", "no me cuesta nada", "es muy caro para mí", "no es complicado"],
)
def test_no_pain_is_invented(text):
    assert extract(text).pain_points == ()


@pytest.mark.parametrize(
    ("text", "task"),
    [
        ("los recibos de la tienda los paso al cuaderno uno por uno", "recibos"),
        ("las planeaciones y los exámenes me quitan el fin de semana", "planeaciones"),
        ("recibimos cientos de currículums y leerlos a mano nos retrasa", "currículums"),
        ("las conciliaciones las hago renglón por renglón", "conciliaciones"),
        ("los inventarios los cuadramos a mano", "inventarios"),
        ("contestar las mismas preguntas y llevar las cuentas me quita el día", "preguntas"),
        ("me quita las tardes hacer etiquetas", "etiquetas"),
        ("se me traspapelan las órdenes", "órdenes"),
        ("paso los domingos armando menús", "menús"),
        ("la bitácora siempre sale mal", "bitácora"),
        ("nos ahogamos en solicitudes", "solicitudes"),
        ("es un fastidio responder reseñas", "reseñas"),
        ("voy atrasada con los informes", "informes"),
        ("mis campañas no convierten", "campañas"),
        ("no hay semana que no se me olvide una cita", "cita"),
        ("entering orders one by one is killing us", "orders"),
    ],
)
def test_the_span_of_a_pain_contains_the_task(text, task):
    assert any(task in found for found in extract(text).pain_points)


@pytest.mark.parametrize(
    "text",
    [
        "tejo bolsas a mano y las vendo",
        "me encanta escribir a mano",
        "mi hermana hace los pedidos a mano",
        "gracias por responder tan rápido",
        "no me da tiempo",
        "se me hace interesante el temario",
        "no encuentro el link",
        "la cuota me ahoga",
        "me tienen harto con sus mensajes",
        "no me quita tiempo hacer reportes",
    ],
)
def test_a_craft_a_wish_or_trouble_with_the_course_is_no_pain(text):
    assert extract(text).pain_points == ()
