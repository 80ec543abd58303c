"""The course search on PostgreSQL: what is found, in what order, and what is not."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.services.catalogue import search_courses_by_text
from bot.services.catalogue.probes import probe
from bot.services.catalogue.search import read_query, search_courses_by_keyword
from bot.services.catalogue.watch import knowledge
from bot.stores import course_search
from bot.stores.courses import NOT_OFFERED
from tests.support.apps import AppMaker
from tests.support.searched_courses import SearchedCourses


@pytest.fixture(scope="module")
def written(
    new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[SearchedCourses]:
    with SearchedCourses.open(new_database(), tmp_path_factory.mktemp("search")) as courses:
        yield courses


@pytest.fixture
def courses(written: SearchedCourses) -> SearchedCourses:
    """No courses yet."""
    written.empty()
    return written


# In what order


@pytest.mark.parametrize(
    ("before", "after"),
    list(
        pairwise(
            [
                {"name": "Robótica"},
                {"short_description": "Con robótica"},
                {"audience_category": "Gente de robótica"},
                {"sessions": ["Sesión de robótica"]},
            ]
        )
    ),
)
def test_a_name_counts_most_then_descriptions_then_audience_then_titles(
    courses: SearchedCourses, before: dict[str, Any], after: dict[str, Any]
) -> None:
    courses.add(**({"name": "Segundo"} | after))
    courses.add(**({"name": "Primero"} | before))
    assert courses.found("robótica") == [before.get("name", "Primero"), "Segundo"]


def test_both_descriptions_count_alike_and_so_do_titles_of_sessions_and_activities(
    courses: SearchedCourses,
) -> None:
    courses.add("B", long_descrption="Con robótica", start_date=datetime(2031, 2, 1))
    courses.add("A", short_description="Con robótica", start_date=datetime(2031, 1, 1))
    assert courses.found("robótica") == ["A", "B"]
    courses.empty()
    courses.add("B", activities=["Ajedrez mental"], start_date=datetime(2031, 2, 1))
    courses.add("A", sessions=["Ajedrez mental"], start_date=datetime(2031, 1, 1))
    assert courses.found("ajedrez") == ["A", "B"]


def test_a_word_said_often_does_not_outweigh_a_name(courses: SearchedCourses) -> None:
    often = "automatización, automatizaciones y más automatización " * 20
    courses.add("Largo", long_descrption=often, audience_category=often, sessions=[often])
    courses.add("Automatización")
    assert courses.found("automatizacion") == ["Automatización", "Largo"]


def test_the_more_of_what_was_asked_the_better(courses: SearchedCourses) -> None:
    courses.add("Python")
    courses.add("Python y Finanzas")
    courses.add("Fotografía")
    assert courses.found("finanzas con python") == ["Python y Finanzas", "Python"]


def test_a_course_that_is_all_about_it_comes_before_one_that_is_also_about_it(
    courses: SearchedCourses,
) -> None:
    courses.add("Python, finanzas y fotografía de viajes")
    courses.add("Python")
    assert courses.found("python")[0] == "Python"


def test_words_that_a_course_says_together_count_for_more(courses: SearchedCourses) -> None:
    courses.add("Arte", short_description="Pintura. Todo lo que un mural es. Al óleo, nada.")
    courses.add("Bodegones", short_description="Pintura al óleo. Todo lo que un mural es, nada.")
    assert courses.found("pintura al óleo") == ["Bodegones", "Arte"]


def test_equal_courses_come_by_date_and_then_always_in_the_same_order(
    courses: SearchedCourses,
) -> None:
    for month in (3, 1, 2):
        courses.add("Python", price=str(month), start_date=datetime(2031, month, 1))
    ids = [courses.add("Python") for _ in range(10)]
    found = [
        [(str(each.course.id_course), each.course.price) for each in courses.search("python", 20)]
        for _ in range(5)
    ]
    assert all(each == found[0] for each in found)
    assert [price for _, price in found[0][:3]] == ["1", "2", "3"]
    assert [id_course for id_course, _ in found[0][3:]] == sorted(ids)


def test_the_limit_holds_and_every_score_is_above_nought(courses: SearchedCourses) -> None:
    for number in range(8):
        courses.add(f"Python {number}", short_description="Con robótica")
    assert len(courses.found("python", limit=3)) == 3
    assert courses.found("python", limit=1) == courses.found("python", limit=8)[:1]
    assert all(each.score > 0 for each in courses.search("python", 20))


# However people write


@pytest.mark.parametrize(
    ("name", "text"),
    [
        # accents, case, number, gender
        ("Automatización con IA", "automatizacion"),
        ("AUTOMATIZACION CON IA", "automatización"),
        ("Automatizaciones útiles", "AUTOMATIZACIÓN"),
        ("Diseño de prompts", "diseno"),
        ("Diseño de un prompt", "prompts"),
        ("Chatbots que venden", "chatbot"),
        ("Dashboards y workflows", "dashboard"),
        ("Programación en Python", "programaciones"),
        ("Canción popular", "canciones"),
        ("Ética y gestión", "GESTIÓN"),
        ("IA para abogados", "abogada"),
        ("Marketing para médicas", "médicos"),
        ("Inglés técnico", "ingles"),
        # word order
        ("Ventas con IA: Prospección y Cierre", "cierre prospección ventas"),
        ("Excel y Finanzas", "finanzas y excel"),
        # typing errors
        ("Fotografía de producto", "fotogarfia"),
        ("Fotografía de producto", "otografia"),
        ("Excel y finanzas", "exel y finansas"),
        ("Ventas con IA", "bentas"),
        ("Automatización para Marketing", "automatisacion de marketin"),
        ("Ciberseguridad", "siberseguridá"),
        ("Photoshop desde cero", "fotoshop"),
        # beginnings and joined words
        ("Marketing de contenidos", "marke"),
        ("Ciberseguridad", "quiero un curso de ciberseg"),
        ("ChatGPT para todos", "chat gpt"),
        # whole sentences
        ("Ventas con IA", "Hola buenas tardes, quisiera saber si tienen algún curso de ventas 😊"),
        ("Excel y Finanzas", "oigan me urge aprender excel porque me lo piden en el trabajo"),
        ("IA para Docentes", "soy maestra de primaria, ¿qué curso me recomiendan?"),
        ("Fotografía de producto", "kiero un curso d fotografias d producto xfa"),
        # other words for it
        ("IA para Abogados", "licenciado en derecho"),
        ("IA en los negocios", "inteligencia artificial"),
        ("Recursos Humanos", "rrhh"),
        ("Excel básico", "hojas de cálculo"),
        ("Importación y Exportación", "comercio exterior"),
        ("WhatsApp para Negocios", "whatsapp business"),
        ("WhatsApp para Negocios", "whatsapp para negocios"),
        # names with signs, and names that look like something else
        ("Diseño UX/UI", "ux"),
        ("Excel/Power BI", "excel"),
        ("Excel/Power BI", "power bi"),
        ("Backend con Node.js", "node.js"),
        ("Automatiza con Make.com", "make"),
        ("Ventas.Marketing.Finanzas", "finanzas"),
        ("E-commerce para todos", "ecommerce"),
        ("Excel+Word", "word"),
        ("Ventas_B2B", "ventas b2b"),
        ("6Sigma en planta", "6sigma"),
        ("Automatización con n8n", "n8n"),
        ("Odoo para pymes", "odoo"),
        ("Ingeniería de sonido", "sonido"),
    ],
)
def test_a_course_is_found_however_people_write(
    courses: SearchedCourses, name: str, text: str
) -> None:
    courses.add("Cerámica y torno")
    courses.add(name)
    assert courses.found(text) == [name]


def test_a_phrase_of_small_words_is_found_beside_courses_that_share_some(
    courses: SearchedCourses,
) -> None:
    for name in ("Bot para WhatsApp", "WhatsApp para Negocios", "Contenido para redes"):
        courses.add(name)
    assert courses.found("whatsapp para negocios")[:1] == ["WhatsApp para Negocios"]
    assert courses.found("whatsapp business")[:1] == ["WhatsApp para Negocios"]
    assert courses.found("automatizar whatsapp")[:1] == ["Bot para WhatsApp"]


@pytest.mark.parametrize("column", ["short_description", "long_descrption", "audience_category"])
def test_every_text_of_a_course_is_searched(courses: SearchedCourses, column: str) -> None:
    courses.add("Uno", **{column: "Automatización de reportes"})
    courses.add("Dos", **{column: "Fotografía"})
    assert courses.found("automatizaciones") == ["Uno"]


@pytest.mark.parametrize(
    "text",
    [
        "guitarra",
        "clases de piano",
        "repostería vegana",
        "curso de soldadura",
        "quiero aprender a bucear en el mar",
        "bocina",
        "python para elefantes voladores morados",
        "para",
        "hola",
        "cursos",
        "",
        "😀",
        "12345",
    ],
)
def test_nothing_is_found_for_what_is_not_taught(courses: SearchedCourses, text: str) -> None:
    for name in ("Cocina mexicana", "Ventas con IA", "Marketing para todos", "Fotografía"):
        courses.add(name, short_description="Aprende para el trabajo")
    assert courses.found(text) == []


def test_an_empty_catalogue_has_nothing(courses: SearchedCourses) -> None:
    assert courses.found("python") == []
    assert courses.found("cursos gratis") == []


def test_a_keyword_finds_only_courses_that_have_every_word(courses: SearchedCourses) -> None:
    courses.add("Python y Finanzas")
    courses.add("Python")
    courses.look_at()
    with courses.app.app_context():
        both = search_courses_by_keyword("python finanzas")
        none = search_courses_by_keyword("python guitarra")
    assert ([each.name for each in both], none) == (["Python y Finanzas"], [])


# What is on offer


@pytest.mark.parametrize(
    "gone",
    [{"status": status} for status in (*NOT_OFFERED, "Archivado", " ARCHIVED ", "Draft")]
    + [{"end_date": datetime(2020, 1, 1)}, {"end_date": datetime.now() - timedelta(hours=25)}],
    ids=lambda kept: " and ".join(kept),
)
def test_what_is_not_on_offer_is_never_found(
    courses: SearchedCourses, gone: dict[str, Any]
) -> None:
    courses.add("Python antiguo", price="gratis", **gone)
    assert courses.found("python antiguo") == courses.found("cursos gratis") == []
    courses.add("Python")
    assert courses.found("python antiguo") == ["Python"]


@pytest.mark.parametrize(
    "kept",
    [{"status": status} for status in (None, "", "Active", "activo", "Próximamente", "upcoming")]
    + [{"start_date": datetime(2020, 1, 1), "end_date": datetime.now() + timedelta(days=2)}],
    ids=lambda kept: " and ".join(kept),
)
def test_everything_else_is_on_offer(courses: SearchedCourses, kept: dict[str, Any]) -> None:
    courses.add("Python", **kept)
    assert courses.found("python") == ["Python"]


def test_a_course_that_was_archived_a_moment_ago_is_gone(courses: SearchedCourses) -> None:
    courses.add("Python")
    courses.found("python")
    courses.run("UPDATE ai_courses SET status = 'archived'")
    assert courses.found_meanwhile("python") == []


# Filters


@pytest.fixture
def pythons(courses: SearchedCourses) -> SearchedCourses:
    courses.add("Python A", level="BÁSICO", price="$150", currency="USD", modality="en línea")
    courses.add("Python B", level="Intermediate", price="300", currency="usd", modality="In-person")
    courses.add("Python C", level="avanzado", price="$3,500", currency="MXN", modality="Híbrido")
    courses.add("Python D", language="English", price="Gratis", currency="USD")
    courses.add("Python E", price="consultar")
    courses.add("Fotografía", price="99", currency="USD", modality="presencial")
    return courses


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("python presencial", ["B"]),
        ("python híbrido", ["C"]),
        ("python en inglés", ["D"]),
        ("python gratis", ["D"]),
        ("python de menos de 200 dólares", ["A", "D"]),
        ("python hasta 300 usd", ["A", "B", "D"]),
        ("python entre 200 y 400 dólares", ["B"]),
        ("python de más de 200 dólares", ["B"]),
        ("python hasta 4000 pesos", ["C"]),
        ("python presencial de menos de 400 dólares", ["B"]),
    ],
)
def test_a_filter_leaves_out_what_does_not_fit(
    pythons: SearchedCourses, text: str, names: list[str]
) -> None:
    assert sorted(pythons.found(text)) == [f"Python {name}" for name in names]


def test_what_costs_nothing_costs_nothing_in_every_currency(courses: SearchedCourses) -> None:
    courses.add("Python gratis", price="Gratis")
    courses.add("Python barato", price="50", currency="USD")
    courses.add("Python caro", price="300", currency="USD")
    found = courses.found("python de menos de 100 dólares")
    assert sorted(map(str, found)) == ["Python barato", "Python gratis"]


@pytest.mark.parametrize(
    "text",
    ["python en portugués", "python hasta 10 soles", "python presencial de menos de 10 dólares"],
)
def test_where_nothing_fits_the_subject_is_shown_all_the_same(
    pythons: SearchedCourses, text: str
) -> None:
    assert sorted(pythons.found(text)) == [f"Python {name}" for name in "ABCDE"]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("python básico", "A"),
        ("python desde cero", "A"),
        ("python intermedio", "B"),
        ("python para expertos", "C"),
    ],
)
def test_a_level_comes_first_and_the_others_after_it(
    pythons: SearchedCourses, text: str, name: str
) -> None:
    found = pythons.found(text)
    assert found[0] == f"Python {name}"
    assert sorted(found) == [f"Python {each}" for each in "ABCDE"]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("cursos presenciales", ["Fotografía", "Python B"]),
        ("¿qué cursos gratis tienen?", ["Python D"]),
        ("cursos de menos de 100 dólares", ["Fotografía", "Python D"]),
        ("cursos avanzados", ["Python C"]),
        ("cursos en portugués", []),
    ],
)
def test_a_filter_alone_lists_what_fits(
    pythons: SearchedCourses, text: str, names: list[str]
) -> None:
    assert sorted(map(str, pythons.found(text))) == names


def test_what_fits_a_filter_alone_comes_by_date(courses: SearchedCourses) -> None:
    for name, start in (("C", None), ("B", datetime(2031, 2, 1)), ("A", datetime(2031, 1, 1))):
        courses.add(name, price="gratis", start_date=start)
    assert courses.found("cursos gratis") == ["A", "B", "C"]


# Whatever people send


PARTS = (
    *("excel", "ventas", "ia", "abogados", "datos", "marketin", "desde", "cero", "gratis", "en"),
    *("ingles", "hasta", "100", "usd", "chat", "gpt", "redes", "neuronales", "de", "power", "bi"),
    *(
        "'",
        "''",
        "\\",
        "\\'",
        "&",
        "|",
        "!",
        "<->",
        "<2>",
        "(",
        ")",
        ":*",
        ":A",
        '"',
        "%",
        "%s",
        "$",
    ),
)
TEXTS = st.one_of(
    st.text(max_size=200),
    st.lists(st.sampled_from(PARTS), max_size=20).map(" ".join),
    st.lists(st.sampled_from(PARTS), max_size=20).map("".join),
)


@pytest.fixture(scope="module")
def demo(shared_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    maker = AppMaker(tmp_path_factory.mktemp("demo"))
    yield maker(DATABASE_URL=shared_url)
    maker.close()


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=TEXTS)
def test_every_text_makes_a_query_that_postgresql_reads(demo: Flask, text: str) -> None:
    with demo.app_context():
        wanted = probe(read_query(text), knowledge().lexicon)
        if wanted:
            course_search.search(wanted, 5)
            course_search.explain(wanted, 5)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=TEXTS)
def test_every_text_is_answered_and_alike_the_next_time(demo: Flask, text: str) -> None:
    with demo.app_context():
        found = search_courses_by_text(text, 5)
        assert found == search_courses_by_text(text, 5)
        assert len(found) <= 5
        search_courses_by_keyword(text)


@pytest.mark.parametrize(
    "text",
    [
        "\x00",
        "excel\x00",
        "x" * 2000,
        "excel " * 400,
        "'" * 2000,
        "\\" * 2000,
        "(" * 2000,
        "&|!" * 600,
    ],
)
def test_odd_and_long_texts_are_answered(demo: Flask, text: str) -> None:
    with demo.app_context():
        search_courses_by_text(text)
