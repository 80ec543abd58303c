"""What a text asks for: its subject, what is said besides, filters, and what nobody teaches."""

from collections import Counter
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.services import vocabulary
from bot.services.catalogue.lexicon import Lexicon
from bot.services.catalogue.probes import probe
from bot.services.catalogue.queries import Concept, Query, aids, understand
from bot.services.catalogue.words import lexeme, tokens
from bot.stores.courses import CourseFilter

NAMES = (
    "Automatización con IA para Marketing",
    "Ventas con IA",
    "IA para Abogados",
    "Análisis de Datos",
    "Excel y Finanzas",
    "ChatGPT desde cero",
    "Diseño Gráfico",
    "Fotografía de Producto",
    "Inglés técnico",
    "Logística y operaciones",
)
PESOS = ("mxn", "cop", "ars", "clp", "uyu", "dop")


def lexicon_of(*names: str) -> Lexicon:
    """The words of courses that say nothing but their names."""
    said = [set(tokens(name)) for name in names]
    words = Counter(word for each in said for word in each)
    lexemes = Counter(stem for each in said for stem in set(map(lexeme, each)))
    return Lexicon(len(names), lexemes, words, set(lexemes), aids())


LEXICON = lexicon_of(*NAMES)


def read(text: str, *names: str) -> Query:
    return understand(text, lexicon_of(*names) if names else LEXICON)


def said(concepts: Iterable[Concept]) -> list[str]:
    return [concept.said for concept in concepts]


def found_by(text: str, *names: str) -> set[str]:
    """The stems that the subject is looked for by, those of phrases one by one."""
    ways = (way.query for concept in read(text, *names).subject for way in concept.ways)
    return {stem for query in ways for stem in query.split("'")[1::2]}


def levels(word: str) -> dict[str, Any]:
    return {"levels": vocabulary.spellings(vocabulary.LEVELS, word)}


def modalities(word: str) -> dict[str, Any]:
    return {"modalities": vocabulary.spellings(vocabulary.MODALITIES, word)}


def languages(word: str) -> dict[str, Any]:
    return {"languages": vocabulary.spellings(vocabulary.LANGUAGES, word)}


def at_most(amount: float, *currencies: str) -> dict[str, Any]:
    return {"max_price": Decimal(str(amount)), "currencies": currencies}


def at_least(amount: float, *currencies: str) -> dict[str, Any]:
    return {"min_price": Decimal(str(amount)), "currencies": currencies}


def between(least: float, most: float, *currencies: str) -> dict[str, Any]:
    return at_least(least, *currencies) | at_most(most, *currencies)


# The subject


@pytest.mark.parametrize(
    "text",
    [
        "ventas",
        "VENTAS",
        "¡¡Ventas!!",
        "venta",
        "curso de ventas",
        "cursos de ventas",
        "busco un curso de ventas",
        "hola, buenas tardes, quisiera info del taller de ventas por favor",
        "¿tienen algo de ventas?",
        "me interesa ventas",
        "quiero aprender ventas 🙂",
    ],
)
def test_the_subject_is_what_is_left_without_the_chat(text: str) -> None:
    query = read(text)
    assert found_by(text) >= {"vent"}
    assert len(query.subject) == 1
    assert query.beside == ()
    assert query.wanted == CourseFilter()
    assert query.answered


@pytest.mark.parametrize(
    ("text", "subject", "beside"),
    [
        ("soy abogada y busco un curso de marketing", ["marketing"], ["abogada"]),
        ("trabajo en ventas y quiero aprender excel", ["excel"], ["ventas"]),
        ("soy abogado, ¿tienen algo de finanzas?", ["finanzas"], ["abogado"]),
        ("mi jefe me pide excel, necesito fotografía", ["fotografia"], ["excel"]),
    ],
)
def test_who_says_what_they_look_for_is_believed_and_the_rest_stands_beside(
    text: str, subject: list[str], beside: list[str]
) -> None:
    query = read(text)
    assert (said(query.subject), said(query.beside)) == (subject, beside)


@pytest.mark.parametrize("text", ["ventas, busco un curso", "excel: me interesa", "finanzas hay?"])
def test_a_subject_may_stand_before_the_word_that_asks_for_it(text: str) -> None:
    assert len(read(text).subject) == 1
    assert read(text).answered


@pytest.mark.parametrize(
    "text", ["", " ", "hola", "quiero un curso", "cursos", "¿qué cursos tienen?", "2026", "😀", "?"]
)
def test_without_a_subject_there_is_nothing_to_look_for(text: str) -> None:
    query = read(text)
    assert query.subject == ()
    assert probe(query, LEXICON) is None
    assert not query.wanted


def test_what_no_course_has_stays_in_the_subject_and_outside_the_search() -> None:
    query = read("excel y guitarra")
    assert said(query.subject) == ["excel", "guitarra"]
    assert said(query.concepts) == ["excel"]


# What is taught, and what is not


@pytest.mark.parametrize(
    "text",
    [
        "guitarra",
        "clases de piano",
        "necesito algo de cocina italiana",
        "clases de piano y ventas",
        "ventas con guitarra eléctrica",
        "robótica para niños",
    ],
)
def test_what_nobody_teaches_is_not_answered(text: str) -> None:
    assert not read(text).answered


@pytest.mark.parametrize(
    "text",
    [
        "excel para mi negocio de comida",
        "marketing para dentistas",
        "fotografía porque vendo pasteles en mi panadería de Oaxaca",
        "quiero aprender finanzas, tengo dos gatos y un perico",
        "ventas y piano",
        "excel 2019",
    ],
)
def test_a_story_around_the_subject_does_not_hide_it(text: str) -> None:
    assert read(text).answered


def test_what_only_leads_near_is_no_evidence_that_it_is_taught() -> None:
    query = read("machine learning")
    assert found_by("machine learning") == {"ia"}
    assert not query.answered


def test_what_serves_somebody_is_evidence_only_where_a_course_is_named_after_it() -> None:
    assert read("soy contador", "Finanzas para todos", "Cocina").answered
    named_otherwise = Lexicon(2, {"finanz": 1, "cocin": 1}, {"finanzas": 1}, {"cocin"}, aids())
    query = understand("soy contador", named_otherwise)
    assert not query.answered
    assert said(query.concepts) == ["contador"]


def test_what_nearly_every_course_has_is_no_evidence_beside_what_none_has() -> None:
    names = [f"{subject} con IA" for subject in ("Ventas", "Excel", "Cocina", "Arte", "Danza")]
    names += [f"{subject} con IA" for subject in ("Video", "Audio", "Yoga", "Derecho", "Salud")]
    assert not read("apicultura con ia", *names).answered
    assert read("yoga con ia", *names).answered
    assert read("ia", *names).answered


# Misspelt, unfinished and joined words


@pytest.mark.parametrize(
    ("text", "stem"),
    [
        ("bentas", "vent"),
        ("exel", "excel"),
        ("fotogarfia", "fotografi"),
        ("otografia", "fotografi"),
        ("fotogrfia de producto", "fotografi"),
        ("automatisasion", "automatiz"),
        ("automtizasion con ia", "automatiz"),
        ("marqueting", "marketing"),
        ("curso de finansas", "finanz"),
        ("inanzas", "finanz"),
        ("desarollo de ventaz", "vent"),
    ],
)
def test_a_misspelt_word_stands_for_the_one_that_was_meant(text: str, stem: str) -> None:
    assert stem in found_by(text)


@pytest.mark.parametrize("text", ["bocina", "ventana", "fotocopia", "excelente", "cuentas"])
def test_a_word_of_plain_spanish_stands_for_nothing_else(text: str) -> None:
    assert found_by(text) == set()
    assert not read(text).answered


@pytest.mark.parametrize(
    ("text", "stem"),
    [
        ("marke", "marketing"),
        ("automat", "automatiz"),
        ("curso de fotogr", "fotografi"),
        ("ingl", "ingles"),
        ("aboga", "abog"),
        ("quiero aprender logist", "logist"),
    ],
)
def test_the_last_word_may_be_unfinished(text: str, stem: str) -> None:
    assert stem in found_by(text)
    assert read(text).answered


def test_an_unfinished_stem_stands_for_the_whole_word_too() -> None:
    stems = found_by("curso de cocin", "Cocina fácil", "Cocineros de hotel")
    assert stems >= {"cocin", "cociner"}


@pytest.mark.parametrize(
    ("text", "stem"),
    [("chat gpt", "chatgpt"), ("curso de chat gpt", "chatgpt"), ("foto grafía", "fotografi")],
)
def test_a_word_torn_apart_is_put_together(text: str, stem: str) -> None:
    assert stem in found_by(text)
    assert read(text).answered


# Other words for it, and phrases


@pytest.mark.parametrize(
    ("text", "stem"),
    [
        ("mercadotecnia", "marketing"),
        ("inteligencia artificial", "ia"),
        ("AI", "ia"),
        ("hojas de cálculo", "excel"),
        ("planillas", "excel"),
        ("licenciado en derecho", "abog"),
        ("soy vendedor", "vent"),
        ("analítica", "dat"),
    ],
)
def test_other_words_for_a_subject_lead_to_it(text: str, stem: str) -> None:
    assert stem in found_by(text)
    assert read(text).answered


def test_the_longest_phrase_is_read_as_one_thing() -> None:
    assert said(read("curso de análisis de datos").subject) == ["analisis de datos"]
    assert said(read("quiero inteligencia artificial para ventas").subject) == [
        "inteligencia artificial",
        "ventas",
    ]


def test_a_misspelt_phrase_is_a_phrase() -> None:
    assert said(read("analizis de datos").subject) == ["analizis de datos"]
    assert found_by("analizis de datos") >= {"analisis", "dat"}


# Filters


@pytest.mark.parametrize(
    ("wording", "wanted"),
    [
        ("para principiantes", levels("principiante")),
        ("básico", levels("principiante")),
        ("nivel básico", levels("principiante")),
        ("desde cero", levels("principiante")),
        ("desde 0", levels("principiante")),
        ("sin experiencia", levels("principiante")),
        ("intermedia", levels("intermedio")),
        ("nivel medio", levels("intermedio")),
        ("avanzado", levels("avanzado")),
        ("avanzadas", levels("avanzado")),
        ("para expertos", levels("avanzado")),
        ("online", modalities("online")),
        ("on line", modalities("online")),
        ("en línea", modalities("online")),
        ("virtuales", modalities("online")),
        ("a distancia", modalities("online")),
        ("por zoom", modalities("online")),
        ("presencial", modalities("presencial")),
        ("presenciales", modalities("presencial")),
        ("en persona", modalities("presencial")),
        ("híbrido", modalities("híbrido")),
        ("semipresencial", modalities("híbrido")),
        ("en español", languages("espanol")),
        ("en inglés", languages("ingles")),
        ("in english", languages("ingles")),
        ("en portugués", languages("portugues")),
        ("gratis", {"max_price": Decimal(0)}),
        ("gratuitos", {"max_price": Decimal(0)}),
        ("sin costo", {"max_price": Decimal(0)}),
        ("básico en línea", levels("principiante") | modalities("online")),
    ],
)
def test_a_wish_beside_the_subject_is_a_filter(wording: str, wanted: dict[str, Any]) -> None:
    for text in (f"curso de excel {wording}", f"¿Tienen algo {wording} de excel?"):
        query = read(text)
        assert query.wanted == CourseFilter(**wanted)
        assert said(query.subject) == ["excel"]
        assert query.answered


@pytest.mark.parametrize(
    ("wording", "wanted"),
    [
        ("de menos de 3000", at_most(3000)),
        ("por menos de $3,500", at_most(3500)),
        ("menos de 3.500 pesos", at_most(3500, *PESOS)),
        ("menor a 100 dólares", at_most(100, "usd")),
        ("hasta 2 mil pesos", at_most(2000, *PESOS)),
        ("hasta $99.99 USD", at_most(99.99, "usd")),
        ("hasta 100USD", at_most(100, "usd")),
        ("hasta 2k", at_most(2000)),
        ("hasta quinientos pesos", at_most(500, *PESOS)),
        ("hasta dos mil pesos", at_most(2000, *PESOS)),
        ("máximo 1500 mxn", at_most(1500, "mxn")),
        ("máximo: 50 usd", at_most(50, "usd")),
        ("no más de $3,500 MXN", at_most(3500, "mxn")),
        ("que no pase de 200 dólares", at_most(200, "usd")),
        ("que no cueste más de 200 soles", at_most(200, "pen")),
        ("por debajo de 200,000 COP", at_most(200_000, "cop")),
        ("con un presupuesto de US$200", at_most(200, "usd")),
        ("mi presupuesto es de 50 euros", at_most(50, "eur")),
        ("más de 500", at_least(500)),
        ("a partir de 100 usd", at_least(100, "usd")),
        ("mínimo 1000 pesos mexicanos", at_least(1000, "mxn")),
        ("entre 100 y 200 dólares", between(100, 200, "usd")),
        ("entre $1,000 y $2,000", between(1000, 2000)),
        ("entre 100 usd y 200 usd", between(100, 200, "usd")),
        ("entre mil y dos mil pesos", between(1000, 2000, *PESOS)),
        ("de 100 a 200 dólares", between(100, 200, "usd")),
        ("menos de mil pesos", at_most(1000, *PESOS)),
    ],
)
def test_an_amount_with_a_limit_is_a_price(wording: str, wanted: dict[str, Any]) -> None:
    for text in (f"excel {wording}", f"Hola, busco {wording}, de excel"):
        query = read(text)
        assert query.wanted == CourseFilter(**wanted)
        assert said(query.subject) == ["excel"]
        assert query.answered


@pytest.mark.parametrize(
    "text",
    [
        "excel 2019",
        "excel 365",
        "excel en menos de 3 meses",
        "excel de menos de 10 horas",
        "excel en máximo 2 semanas",
        "excel de más de 20 horas",
        "excel hasta el 15 de marzo",
        "excel para mayores de 18 años",
        "somos 12 y queremos excel",
        "mi número es 5512345678, excel",
    ],
)
def test_a_number_that_limits_no_price_is_no_filter(text: str) -> None:
    assert read(text).wanted == CourseFilter()


@pytest.mark.parametrize(
    "text", ["cursos gratis", "algo presencial", "cursos en inglés", "cursos de menos de 100 usd"]
)
def test_a_filter_alone_is_answered_without_a_subject(text: str) -> None:
    query = read(text)
    assert query.subject == ()
    assert query.wanted
    assert query.answered


@pytest.mark.parametrize(
    ("text", "subject", "wanted"),
    [
        ("curso de inglés", ["ingles"], {}),
        ("quiero aprender inglés", ["ingles"], {}),
        ("inglés", ["ingles"], {}),
        ("inglés en línea", ["ingles"], modalities("online")),
        ("ventas en inglés", ["ventas"], languages("ingles")),
        ("clases en inglés de ventas", ["ventas"], languages("ingles")),
        ("inglés en inglés", ["ingles"], languages("ingles")),
    ],
)
def test_a_language_is_a_subject_unless_courses_are_to_be_in_it(
    text: str, subject: list[str], wanted: dict[str, Any]
) -> None:
    query = read(text)
    assert said(query.subject) == subject
    assert query.wanted == CourseFilter(**wanted)


# Whatever people send


ODD = (
    *("", " \n\t ", "\x00", "😀🔥👩‍💻", "¿?", "...", "a", "ñ", "ＡＩ", "Привет", "你好", "İ", "ß"),
    *("'", "''", '"', "\\", "\\'", "';--", "'; DROP TABLE ai_courses; --", "excel'", "'excel'"),
    *("&", "|", "!", "<->", "<2>", ":*", "excel:*", "excel:A", "(", ")", "()", "(excel", "! excel"),
    *("excel & | ventas", "excel <-> ventas", "excel:*&!(ventas)", "%", "%s %(every)s", ":every"),
    *("$", "$$", "$,", "hasta", "hasta $", "entre", "entre 5 y", "entre y 5", "menos de -5"),
    *("hasta 9999999999999999999", "hasta 1e5", "hasta ٣٠٠", "hasta ²99", "hasta 0", "0", "0 0 0"),
    *("excel " * 400, "x" * 2000, "1" * 2000, "$" * 2000, "á" * 2000, "entre 1 y " * 200),
    *("para " * 400, "a b " * 500, "'\\&|!" * 400, "chat gpt " * 250, "de 1 a 2 " * 222),
)
PARTS = (
    *("excel", "ventas", "fotogarfia", "ia", "guitarra", "machine", "learning", "chat", "gpt"),
    *(
        "soy",
        "contador",
        "curso",
        "de",
        "en",
        "ingles",
        "gratis",
        "desde",
        "cero",
        "hasta",
        "entre",
    ),
    *("y", "100", "usd", "'", "\\", "&", "|", "!", "<->", "(", ")", ":*", '"', "😀"),
)
TEXTS = st.one_of(
    st.text(max_size=300), st.lists(st.sampled_from(PARTS), max_size=30).map(" ".join)
)


@pytest.mark.parametrize("text", ODD)
def test_no_text_is_too_odd_to_be_read(text: str) -> None:
    probe(read(text), LEXICON)


@given(TEXTS)
def test_every_text_is_read_and_read_alike_the_next_time(text: str) -> None:
    query = read(text)
    assert query == read(text)
    assert probe(query, LEXICON) == probe(query, LEXICON)


@given(TEXTS)
def test_a_search_has_terms_and_they_are_worth_something(text: str) -> None:
    query = read(text)
    wanted = probe(query, LEXICON)
    assert (wanted is None) == (not any(concept.ways for concept in query.subject))
    if wanted:
        assert wanted.asked > 0
        assert all((wanted.every, wanted.some, wanted.rarest))
        assert all(0 < term.weight <= 1 and term.value > 0 for term in wanted.terms)


@given(TEXTS)
def test_an_empty_catalogue_teaches_nothing(text: str) -> None:
    empty = Lexicon(0, {}, {}, (), aids())
    query = understand(text, empty)
    assert query.concepts == ()
    assert probe(query, empty) is None


def test_a_word_that_was_counted_in_one_way_only_is_no_trouble() -> None:
    """Words and their stems are counted apart, and a server may part words in its own way."""
    odd = Lexicon(1, {"6sigma": 1}, {"6sigma": 1, "node": 1}, {"6sigma"}, aids())
    for text in ("6sigma", "node", "no de"):
        probe(understand(text, odd), odd)
