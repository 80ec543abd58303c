"""What a message points at: a place in a list, the same, the other, a measure, a name, a price."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.services.references import LAST, Reference, bare_number, read_reference, session_number

NOTHING = Reference()


# A place in the list shown last


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("el primero", 1),
        ("El Primero!!", 1),
        ("la primera", 1),
        ("el 1ro", 1),
        ("curso uno", 1),
        ("opción 1 porfa", 1),
        ("the first one", 1),
        ("el segundo", 2),
        ("me interesa el segundo", 2),
        ("¿cuánto sale el segundo, che?", 2),
        ("parce, el segundo", 2),
        ("a ver el segundo pe", 2),
        ("quiubo, quiero el segundo", 2),
        ("la 2", 2),
        ("el dos", 2),
        ("la 2da", 2),
        ("número 2", 2),
        ("curso 2", 2),
        ("the second one please", 2),
        ("el tercero", 3),
        ("el 3er curso", 3),
        ("opcion 3", 3),
        ("la cuarta", 4),
        ("el 4to", 4),
        ("el quinto", 5),
        ("la opción cinco", 5),
        ("el último", LAST),
        ("el ultimo que mostraste", LAST),
        ("la última que me dijiste", LAST),
        ("the last one", LAST),
    ],
)
def test_a_place_in_the_list_is_read(text: str, place: int) -> None:
    reference = read_reference(text)
    assert reference.place == place
    assert reference.points_back


@pytest.mark.parametrize(
    "text",
    [
        "soy el primero de mi familia",
        "soy la primera en estudiar de mi casa",
        "es la primera vez que escribo",
        "primero quiero saber el precio",
        "primero necesito hablarlo con mi esposa",
        "sesión 2",
        "¿qué se ve en la sesión 2?",
        "¿qué se ve en la segunda sesión?",
        "la clase 3",
        "el módulo dos",
        "¿y la última clase?",
        "el primer pago",
        "la segunda cuota",
        "estoy en segundo semestre",
        "el lunes a primera hora",
        "en primer lugar, gracias",
        "soy de la primera generación",
        "el último mes no pude",
        "tengo 2 hijos",
        "somos 3 en la oficina",
        "en 2 semanas",
        "quiero aprender excel 2019",
    ],
)
def test_what_only_sounds_like_a_place_is_none(text: str) -> None:
    assert read_reference(text).place is None


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("2", 2),
        (" 2 ", 2),
        ("2.", 2),
        ("2)", 2),
        ("¡2!", 2),
        ("el 2", 2),
        ("La 3", 3),
        ("opción 3", 3),
        ("opcion 3 porfa", 3),
        ("numero 4", 4),
        ("2 gracias", 2),
        ("9", 9),
    ],
)
def test_a_message_that_is_a_number_chooses(text: str, number: int) -> None:
    assert bare_number(text) == number


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "0", "10", "22", "-", "dos cursos", "2 cursos", "somos 2", "el 2 de marzo"),
        *("sesión 2", "2 3", "2.5", "2%", "$2", "5512345678", "2 sí", "👍", "no 2"),
    ],
)
def test_a_message_with_anything_beside_the_number_does_not_choose(text: str) -> None:
    assert bare_number(text) is None


@settings(deadline=None)
@given(st.integers(min_value=1, max_value=9), st.sampled_from(["", "el ", "la ", "Opción "]))
def test_every_number_of_a_list_can_be_chosen(number: int, before: str) -> None:
    assert bare_number(f"{before}{number}") == number


# The same, the other, others


@pytest.mark.parametrize(
    "text",
    [
        *("ese", "Ése", "esa", "eso me interesa", "ese curso", "ese mismo", "¿ese cuánto sale?"),
        *("este curso", "este taller", "el mismo", "dicho curso", "del que me hablabas"),
        *("el que me recomendaste", "el que me mostraste", "that one", "this course"),
    ],
)
def test_the_course_under_discussion_is_pointed_at(text: str) -> None:
    reference = read_reference(text)
    assert reference.is_same
    assert reference.points_back


@pytest.mark.parametrize(
    "text", ["esta semana", "este mes", "esta noche", "¿es en línea?", "estamos", "eses", "esos"]
)
def test_this_week_is_no_course(text: str) -> None:
    assert not read_reference(text).is_same


@pytest.mark.parametrize(
    "text",
    [
        *("el otro", "¿Y el otro?", "el otro curso", "del otro", "¿cuánto cuesta el otro, parce?"),
        *("el anterior", "el de antes", "el primero que te pregunté", "the other one"),
    ],
)
def test_the_one_before_is_pointed_at(text: str) -> None:
    assert read_reference(text).is_other


@pytest.mark.parametrize(
    "text",
    [
        *("otros", "otros cursos", "¿tienen otro?", "¿tenés otro curso?", "otra opción"),
        *("algo más", "¿qué más tienen?", "¿y qué más hay?", "más opciones", "ninguno de esos"),
        *("ninguno me convence", "algo distinto", "anything else?", "uno en línea"),
    ],
)
def test_others_than_those_shown_are_wanted(text: str) -> None:
    reference = read_reference(text)
    assert reference.wants_others
    assert not reference.is_other
    assert not reference.points_back


@pytest.mark.parametrize("text", ["más información", "más o menos", "nada más", "el otro"])
def test_more_of_something_else_wants_no_others(text: str) -> None:
    assert not read_reference(text).wants_others


# The most of something


@pytest.mark.parametrize(
    ("text", "most"),
    [
        ("el más barato", "cheapest"),
        ("¿cuál es el mas economico?", "cheapest"),
        ("el más accesible", "cheapest"),
        ("el menos caro", "cheapest"),
        ("el que cuesta menos", "cheapest"),
        ("el barato", "cheapest"),
        ("the cheapest", "cheapest"),
        ("el más caro", "dearest"),
        ("el de mayor precio", "dearest"),
        ("el más corto", "shortest"),
        ("el más cortito", "shortest"),
        ("el que dura menos", "shortest"),
        ("el de menos sesiones", "shortest"),
        ("el más largo", "longest"),
        ("el más completo", "longest"),
        ("¿cuál empieza antes?", "soonest"),
        ("¿cuál arranca primero?", "soonest"),
        ("el más próximo", "soonest"),
        ("el más fácil", "easiest"),
        ("el más sencillo", "easiest"),
        ("el más básico", "easiest"),
        ("el menos complicado", "easiest"),
        ("el más avanzado", "hardest"),
        ("el más difícil", "hardest"),
    ],
)
def test_the_most_of_something_is_read(text: str, most: str) -> None:
    assert read_reference(text).most == most


@pytest.mark.parametrize(
    "text", ["está caro", "es muy largo", "es fácil?", "más o menos", "qué barato", "carísimo"]
)
def test_an_opinion_is_no_superlative(text: str) -> None:
    assert read_reference(text).most is None


@pytest.mark.parametrize(
    ("text", "is_relative"),
    [
        ("otro más barato", True),
        ("algo más barato", True),
        ("¿tienes uno más corto?", True),
        ("¿hay alguno más fácil?", True),
        ("¿tienen un curso más económico?", True),
        ("el más barato", False),
        ("¿cuál es el más corto?", False),
        ("otro", False),
    ],
)
def test_one_that_is_more_so_is_meant_against_the_one_at_hand(text: str, is_relative: bool) -> None:
    assert read_reference(text).is_relative is is_relative


@pytest.mark.parametrize(
    "text",
    [
        *("¿qué diferencia hay?", "compáralos", "¿me los comparas?", "este vs el otro"),
        *("¿cuál es mejor?", "¿cuál me conviene?", "¿cuál de los dos me recomiendas?"),
        *("¿cuál elegirías?", "which one is better?"),
    ],
)
def test_courses_are_to_be_compared(text: str) -> None:
    assert read_reference(text).compares


@pytest.mark.parametrize("text", ["¿cuál de los dos?", "esos dos", "ambos", "both"])
def test_the_two_spoken_of_are_meant(text: str) -> None:
    assert read_reference(text).is_of_two


@pytest.mark.parametrize("text", ["el más barato de todos", "de todos", "el más corto que tienen"])
def test_all_that_there_are_are_meant(text: str) -> None:
    assert read_reference(text).is_of_all


@pytest.mark.parametrize("text", ["¿me sirve el de ventas?", "¿me conviene?", "¿es para mí?"])
def test_whether_it_suits_is_asked(text: str) -> None:
    assert read_reference(text).asks_whether_it_suits


# Names and prices


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("el de ventas", ("ventas",)),
        ("¿y el de Marketing?", ("marketing",)),
        ("el del excel", ("excel",)),
        ("la de finanzas por favor", ("finanzas",)),
        ("el curso de diseño gráfico", ("diseno grafico",)),
        ("el curso sobre liderazgo", ("liderazgo",)),
        ("ese de ventas", ("ventas",)),
        ("cuéntame del de liderazgo", ("liderazgo",)),
        ("el de ventas cuánto sale", ("ventas",)),
        ("el de ventas o el de excel", ("ventas", "excel")),
        ("el de marketing y el de ventas", ("marketing", "ventas")),
        ("el de ventas y el de ventas", ("ventas",)),
        ("the one about sales", ("sales",)),
    ],
)
def test_the_words_that_name_courses_are_read(text: str, names: tuple[str, ...]) -> None:
    assert read_reference(text).names == names


@pytest.mark.parametrize("text", ["ventas", "el de 199", "el de", "el de $249", "hola", "el curso"])
def test_without_a_name_there_is_none(text: str) -> None:
    assert read_reference(text).names == ()


@pytest.mark.parametrize(
    ("text", "price"),
    [
        ("el de 199", "199"),
        ("El de $249", "249"),
        ("al de 199 dólares", "199"),
        ("el de 4,500 pesos", "4500"),
        ("el de us$199", "199"),
        ("me quedo con el de 1500", "1500"),
    ],
)
def test_a_course_may_be_named_by_its_price(text: str, price: str) -> None:
    reference = read_reference(text)
    assert reference.price == Decimal(price)
    assert reference.points_back


@pytest.mark.parametrize("text", ["199", "cuesta 199", "el de ventas", "$249", "hasta 200"])
def test_an_amount_alone_names_no_course(text: str) -> None:
    assert read_reference(text).price is None


# Sessions


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("sesión 2", 2),
        ("¿qué se ve en la sesión 7?", 7),
        ("la clase número 3", 3),
        ("clase no. 3", 3),
        ("modulo dos", 2),
        ("el módulo diez", 10),
        ("semana 12", 12),
        ("la primera clase", 1),
        ("la segunda sesion", 2),
        ("el tercer módulo", 3),
        ("la octava sesión", 8),
        ("la última sesión", LAST),
    ],
)
def test_the_number_of_a_session_is_read(text: str, number: int) -> None:
    assert session_number(text) == number
    assert session_number(text, is_sure=True) == number


@pytest.mark.parametrize(
    ("text", "number"),
    [("¿y en la 7?", 7), ("la tercera", 3), ("¿y la última?", LAST), ("el 2", 2)],
)
def test_a_bare_number_is_a_session_only_where_one_is_meant(text: str, number: int) -> None:
    assert session_number(text) is None
    assert session_number(text, is_sure=True) == number


@pytest.mark.parametrize(
    "text", ["", "hola", "¿cuántas sesiones son?", "2 sesiones", "curso 2", "la obsesión 2"]
)
def test_without_a_number_there_is_no_session(text: str) -> None:
    assert session_number(text) is None


# Whatever people send


@pytest.mark.parametrize(
    "text",
    ["", " ", "hola", "quisiera saber el precio", "muchas gracias", "😀", "Experto en IA", "sí"],
)
def test_most_messages_point_at_nothing(text: str) -> None:
    assert read_reference(text) == NOTHING
    assert not NOTHING.points_back


@pytest.mark.parametrize(
    "text",
    [
        *("\ud800", "el \udfff", "\x00", "👍🏽" * 300, "1" * 2000, "el de " * 400, "el de $" * 300),
        *("el primero " * 200, "¿" * 500, "? " * 900, "a" * 2000, "١٢٣", "el ²", "el de ٣٠٠"),
    ],
)
def test_no_text_is_too_odd_to_be_read(text: str) -> None:
    read_reference(text)
    bare_number(text)
    session_number(text, is_sure=True)


@settings(deadline=None)
@given(st.text(max_size=300))
def test_every_text_is_read_and_read_alike_the_next_time(text: str) -> None:
    reference = read_reference(text)
    assert reference == read_reference(text)
    assert reference.place in {None, LAST, 1, 2, 3, 4, 5}
    assert not reference.is_relative or reference.most
