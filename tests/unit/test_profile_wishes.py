"""What the writer wants to learn, at which level, how, for how much; and what they do not."""

import pytest

from bot.services.profile import extract


@pytest.mark.parametrize(
    ("text", "interest"),
    [
        ("me interesa la analítica de datos", "analítica de datos"),
        ("quiero aprender a editar videos", "editar videos"),
        ("quisiera un curso de ciberseguridad", "ciberseguridad"),
        ("estoy interesada en chatbots", "chatbots"),
        ("I want to learn Python", "python"),
    ],
)
def test_what_somebody_wants_to_learn_is_an_interest(text, interest):
    assert extract(text).interests == (interest,)


def test_a_list_gives_several_interests():
    assert extract("me interesan los prompts, el diseño y la ética").interests == (
        "prompts",
        "diseño",
        "ética",
    )


@pytest.mark.parametrize(
    "text",
    [
        "me interesa el precio",
        "no me interesa la programación",
        "quiero saber el horario",
        "me gustaría hablar con alguien",
        "quiero el link de pago",
    ],
)
def test_a_request_is_no_interest(text):
    assert extract(text).interests == ()


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("empiezo desde cero", "principiante"),
        ("soy principiante", "principiante"),
        ("mi nivel es intermedio", "intermedio"),
        ("busco algo avanzado", "avanzado"),
        ("¿ese curso es avanzado?", None),
        ("el nivel intermedio cuánto dura", None),
        ("no soy principiante", None),
    ],
)
def test_the_level_is_the_writers_own(text, level):
    assert extract(text).level == level


@pytest.mark.parametrize(
    ("text", "modality"),
    [
        ("prefiero en línea", "online"),
        ("quiero algo presencial", "presencial"),
        ("me gustaría híbrido", "híbrido"),
        ("no quiero online, prefiero presencial", "presencial"),
        ("nada de presencial", None),
        ("¿es en línea?", None),
        ("quiero saber si es presencial", None),
    ],
)
def test_the_modality_is_the_writers_preference(text, modality):
    assert extract(text).modality == modality


@pytest.mark.parametrize(
    ("text", "budget", "currency"),
    [
        ("tengo 300 dólares", 300.0, "USD"),
        ("mi presupuesto es de 2,500 pesos mexicanos", 2500.0, "MXN"),
        ("puedo pagar hasta 3 mil", 3000.0, None),
        ("cuento con $800", 800.0, None),
        ("tengo 400 soles máximo", 400.0, "PEN"),
        ("puedo gastar 1.250,50 euros", 1250.5, "EUR"),
        ("tengo cien dólares", 100.0, "USD"),
        ("I can spend 90 usd", 90.0, "USD"),
    ],
)
def test_the_budget_is_a_number_and_its_stated_currency(text, budget, currency):
    facts = extract(text)
    assert (facts.budget, facts.currency) == (budget, currency)


@pytest.mark.parametrize(
    "text",
    [
        "el curso de 299 dólares",
        "tengo 45 años",
        "tengo 3 hijos",
        "¿por qué cuesta 500 pesos?",
        "mi teléfono es 5550001111",
        "no tengo 200 dólares",
        "gano 900 dólares al mes",
    ],
)
def test_no_budget_is_invented(text):
    assert extract(text).budget is None


def test_a_row_of_digits_is_no_budget() -> None:
    assert extract("tengo un presupuesto de " + "9" * 400 + " dólares").budget is None


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("arranco desde 0", "principiante"),
        ("de programación no sé nada", "principiante"),
        ("nunca he usado chatgpt", "principiante"),
        ("nivel medio en sql", "intermedio"),
        ("ni principiante ni experto", "intermedio"),
        ("denme lo más avanzado que tengan", "avanzado"),
        ("algo para expertos por favor", "avanzado"),
        ("mi nivel de inglés es básico", None),
        ("mis alumnos son principiantes", None),
        ("en la web dice que es intermedio", None),
        ("lo básico me aburre", None),
    ],
)
def test_the_level_is_read_in_any_wording(text, level):
    assert extract(text).level == level


@pytest.mark.parametrize(
    ("text", "modality"),
    [
        ("me queda mejor en persona", "presencial"),
        ("prefiero presencial a online", "presencial"),
        ("remoto, vivo lejos", "online"),
        ("lo mío es desde casita", "online"),
        ("unas clases presenciales y otras virtuales estaría bien", "híbrido"),
        ("me da igual si es online o presencial", None),
        ("lo virtual no es lo mío", None),
        ("vendo cursos online", None),
        ("cualquier cosa menos online", None),
    ],
)
def test_the_modality_is_read_in_any_wording(text, modality):
    assert extract(text).modality == modality


@pytest.mark.parametrize(
    ("text", "budget", "currency"),
    [
        ("tengo mil quinientos pesos", 1500.0, None),
        ("cuento con 50k colombianos", 50000.0, "COP"),
        ("medio palo pongo, pesos argentinos obvio", 500000.0, "ARS"),
        ("solo tengo 20 lucas", 20000.0, None),
        ("no paso de S/ 350", 350.0, "PEN"),
        ("hasta us$ 120", 120.0, "USD"),
        ("mi presupuesto es de $5,000 MXN", 5000.0, "MXN"),
        ("tengo 2 mil 500 pesos", 2500.0, None),
        ("millón y medio de pesos colombianos es mi tope", 1500000.0, "COP"),
        ("vi que sale 99 dólares pero solo puedo pagar 50 dólares", 50.0, "USD"),
        ("puedo invertir entre 100 y 200 dólares", 200.0, "USD"),
    ],
)
def test_money_is_read_in_any_spelling(text, budget, currency):
    facts = extract(text)
    assert (facts.budget, facts.currency) == (budget, currency)


@pytest.mark.parametrize(
    "text",
    [
        "si fuera rico pagaría 1000 dólares",
        "mi hermana pagó 200 soles",
        "ya pagué 500 pesos",
        "¿cuánto son 4500 pesos en dólares?",
        "marquen al 55 1234 0000",
        "vivo en la calle 45",
        "le debo 200 dólares al banco",
        "¿me lo dejan en 100 dólares?",
        "somos 15 empleados",
    ],
)
def test_other_numbers_are_no_budget(text):
    assert extract(text).budget is None


@pytest.mark.parametrize(
    ("text", "interests"),
    [
        ("me late lo de los chatbots y la automatización", ("chatbots", "automatización")),
        ("tengo ganas de meterme en la ciberseguridad", ("ciberseguridad",)),
        ("necesito redactar contratos más rápido", ("redactar contratos",)),
        ("no quiero curso de excel, quiero de power automate", ("power automate",)),
        ("busco fotografía de producto", ("fotografía de producto",)),
        ("quiero inscribirme", ()),
        ("quiero hablar con un asesor", ()),
        ("a mi esposa le interesa el diseño", ()),
        ("busco trabajo", ()),
    ],
)
def test_interests_are_found_however_they_are_put(text, interests):
    assert extract(text).interests == interests


@pytest.mark.parametrize(
    ("text", "taken", "interests"),
    [
        ("ya tomé el de prompts y quiero el de automatización", ("prompts",), ("automatización",)),
        ("ya hice el básico de excel con ustedes", ("excel",), ()),
        ("acabo de terminar el de chatbots", ("chatbots",), ()),
        ("ya llevé excel y power bi", ("excel", "power bi"), ()),
        ("mi hermana ya tomó el de prompts", (), ()),
    ],
)
def test_courses_already_taken_are_no_interests(text, taken, interests):
    facts = extract(text)
    assert (facts.taken, facts.interests) == (taken, interests)


@pytest.mark.parametrize(
    ("text", "refused"),
    [
        ("no me interesa el marketing", ("marketing",)),
        ("todo menos el de ventas", ("ventas",)),
        ("marketing no me interesa", ("marketing",)),
        ("nada de programación por favor", ("programación",)),
    ],
)
def test_refused_subjects_are_no_interests(text, refused):
    facts = extract(text)
    assert (facts.refused, facts.interests) == (refused, ())


@pytest.mark.parametrize("text", ["quiero automatizarlo con ia", "me gustaría hacerlo más rápido"])
def test_a_pronoun_alone_is_no_interest(text):
    assert extract(text).interests == ()


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("¿tienen cursos para alguien que empieza de cero?", "principiante"),
        ("busco algo para alguien que arranca desde cero", "principiante"),
        ("¿el curso es para alguien que empieza de cero?", None),
    ],
)
def test_somebody_who_starts_from_nothing_is_probably_the_writer(text, level):
    facts = extract(text)
    assert facts.level == level
    assert ("level" in facts.unsure) == (level is not None)


def test_a_year_is_no_budget_and_nothing_is_less_than_something() -> None:
    assert extract("trabajé en un banco hasta 2019").budget is None
    assert extract("tengo S/ 250 ahorita y S/ 0 después").budget == 250.0
