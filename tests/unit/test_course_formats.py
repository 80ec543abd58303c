"""How a course reads on a phone, whatever the school typed into it."""

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markupsafe import escape

from bot.models.catalogue import Course, CourseBonus, CourseSession
from bot.services.catalogue import (
    format_course_for_chat,
    format_course_list_for_chat,
    format_detailed_course_for_chat,
)
from tests.support.apps import AppMaker

Format = Callable[[Course], str]

TEXTS = (
    "name",
    "short_description",
    "long_descrption",
    "price",
    "currency",
    "level",
    "modality",
    "language",
    "audience_category",
    "status",
    "roi",
)
LINKS = ("course_url", "purchase_url")
FORMATS: dict[str, Format] = {
    "card": format_course_for_chat,
    "list": lambda course: format_course_list_for_chat([course, course, course]),
    "detail": format_detailed_course_for_chat,
}


@pytest.fixture(scope="module", autouse=True)
def _in_an_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with AppMaker(tmp_path_factory.mktemp("formats"))().app_context():
        yield


@pytest.fixture(params=FORMATS)
def shown(request: pytest.FixtureRequest) -> Format:
    """One of the ways to show a course."""
    return FORMATS[request.param]


def course(**values: Any) -> Course:
    return Course(**({"name": "Excel con IA", "modality": "online"} | values))


def complete(**values: Any) -> Course:
    """A course with everything known."""
    known = {
        "short_description": "Fórmulas y reportes",
        "level": "Beginner",
        "modality": "In-person",
        "session_count": 8,
        "total_duration_min": 960,
        "price": "4,500.00",
        "currency": "MXN",
        "start_date": datetime(2027, 1, 12, 19),
        "end_date": datetime(2027, 3, 2),
        "course_url": "https://example.com/cursos/excel",
        "purchase_url": "https://example.com/inscripcion/excel",
        "sessions": [_session("Primeros pasos"), _session("Tablas"), _session("Macros")],
        "bonuses": [_bonus("Plantillas"), _bonus("Comunidad")],
    }
    return course(**(known | values))


def _session(title: str | None) -> CourseSession:
    return CourseSession(title=title)


def _bonus(content: str) -> CourseBonus:
    return CourseBonus(content=content)


# What is known is shown


def test_a_card_is_a_few_lines_in_spanish() -> None:
    assert format_course_for_chat(complete()) == (
        "*📚 Excel con IA*\n"
        "📝 Fórmulas y reportes\n"
        "📊 Nivel: principiante | 💻 Modalidad: presencial | 🗓️ Sesiones: 8\n"
        "💰 Precio: $4,500 MXN"
    )


def test_a_list_is_numbered_with_an_empty_line_between_courses() -> None:
    names = ["Excel con IA", "Ventas", "Python"]
    text = format_course_list_for_chat([complete(name=name) for name in names])
    cards = text.split("\n\n")
    assert [card.split("\n")[0] for card in cards] == [
        "*1. 📚 Excel con IA*",
        "*2. 📚 Ventas*",
        "*3. 📚 Python*",
    ]
    assert all(card.endswith("💰 Precio: $4,500 MXN") for card in cards)


def test_a_list_of_many_is_numbered_to_its_end() -> None:
    text = format_course_list_for_chat([course() for _ in range(12)])
    assert re.findall(r"^\*(\d+)\. ", text, re.MULTILINE) == [str(n) for n in range(1, 13)]


def test_an_empty_list_says_that_there_is_none() -> None:
    text = format_course_list_for_chat([])
    assert re.search(r"\bno (?:encontré|hay|tengo|tenemos)\b", text)
    assert "cursos" in text


def test_the_details_hold_all_that_a_lead_may_want_to_know() -> None:
    text = format_detailed_course_for_chat(complete())
    for known in (
        "*📚 Excel con IA*",
        "Fórmulas y reportes",
        "Nivel: principiante",
        "Modalidad: presencial",
        "Sesiones: 8",
        "16 horas",
        "12 de enero de 2027",
        "$4,500 MXN",
        "Plantillas",
        "Comunidad",
        "https://example.com/cursos/excel",
        "https://example.com/inscripcion/excel",
    ):
        assert known in text


def test_the_details_name_the_sessions_in_order() -> None:
    text = format_detailed_course_for_chat(complete())
    assert re.findall(r"^(\d+\. .+)$", text, re.MULTILINE) == [
        "1. Primeros pasos",
        "2. Tablas",
        "3. Macros",
    ]


def test_a_session_without_a_title_takes_no_line() -> None:
    sessions = [_session(None), _session(""), _session(" \n"), _session("**"), _session("Macros")]
    text = format_detailed_course_for_chat(complete(sessions=sessions))
    assert re.findall(r"^\d+\..*$", text, re.MULTILINE) == ["1. Macros"]
    nothing = format_detailed_course_for_chat(complete(sessions=sessions[:4]))
    assert nothing == format_detailed_course_for_chat(complete(sessions=[]))


PRICES = [
    ("4,500", "MXN", "$4,500 MXN"),
    ("18,900.00", "mxn", "$18,900 MXN"),
    ("299", "USD", "$299 USD"),
    ("1299.5", "USD", "$1,299.50 USD"),
    ("1.299,00", "USD", "$1,299 USD"),
    ("$ 2 490", "MXN", "$2,490 MXN"),
    ("1250000", "COP", "$1,250,000 COP"),
    ("0", "USD", "Gratis"),
    ("GRATIS", None, "Gratis"),
    ("desde 299", "USD", "desde 299"),
    ("consultar", "MXN", "consultar"),
    ("USD 299", "MXN", "USD 299"),
]


@pytest.mark.parametrize(("price", "currency", "read"), PRICES)
def test_money_is_written_as_in_mexico_or_as_the_school_typed_it(
    price: str, currency: str | None, read: str, shown: Format
) -> None:
    assert f"💰 Precio: {read}" in shown(course(price=price, currency=currency)).split("\n")


@pytest.mark.parametrize(
    ("level", "modality", "line"),
    [
        ("Advanced", "On-line", "Nivel: avanzado | 💻 Modalidad: online"),
        ("intermediate ", "HYBRID", "Nivel: intermedio | 💻 Modalidad: híbrido"),
        ("Básico", "En persona", "Nivel: principiante | 💻 Modalidad: presencial"),
        ("Para toda la familia", "por correo", "Para toda la familia | 💻 Modalidad: por correo"),
    ],
)
def test_level_and_modality_are_read_in_spanish(
    level: str, modality: str, line: str, shown: Format
) -> None:
    assert line in shown(course(level=level, modality=modality))


# What is not known is left out


@pytest.mark.parametrize("nothing", [None, "", " ", "\n"])
def test_what_is_not_known_takes_no_line(nothing: str | None, shown: Format) -> None:
    texts = dict.fromkeys(TEXTS + LINKS, nothing)
    empty = course(**(texts | {"modality": nothing or ""}))
    lines = [line for line in shown(empty).split("\n") if line]
    assert lines in (["*📚 Curso*"], ["*1. 📚 Curso*", "*2. 📚 Curso*", "*3. 📚 Curso*"])


@pytest.mark.parametrize("number", [0, -1, -32768])
def test_a_number_of_sessions_that_cannot_be_is_not_shown(number: int, shown: Format) -> None:
    assert shown(complete(session_count=number)) == shown(complete(session_count=None))


@pytest.mark.parametrize("minutes", [0, -60, -(2**63)])
def test_a_duration_that_cannot_be_is_not_shown(minutes: int) -> None:
    shown = format_detailed_course_for_chat
    assert shown(complete(total_duration_min=minutes)) == shown(complete(total_duration_min=None))


@pytest.mark.parametrize("start", [datetime.min, datetime(44, 3, 15), datetime.max])
def test_no_date_is_too_far_away_to_be_written(start: datetime) -> None:
    text = format_detailed_course_for_chat(complete(start_date=start))
    assert re.search(rf"Inicio: \d+ de [a-z]+ de 0*{start.year}$", text, re.MULTILINE)


# What is hostile does no harm


HOSTILE = {
    "bold": "*negrita*",
    "bold as in Markdown": "**negrita** y __esto__",
    "a lone asterisk": "5 * 3",
    "nothing but marks": "*_~`*",
    "other marks": "`x` ~y~ _z_ ```\ncódigo\n```",
    "lines": "una\n\n\n\notra\r\n\r\n\t\vy otra\u2028más\u2029aún\x85fin",
    "a second course": "Excel*\n\n*2. 📚 Otro curso*\n💰 Precio: $1 USD\n*",
    "a template": "{{ 7 * 7 }}{% for x in y %}{# nota #}",
    "markup": "<Message>&amp;</Message> ]]>",
    "control characters": "a\x00b\x07c\ufffed\ud800e",
    "hidden direction": "abc\u202e\u2066fed\u200f",
    "emoji": "👩🏽‍💻🎯🇲🇽",
    "many emoji": "👩🏽‍💻" * 700,
    "long": "palabra " * 625,
    "long without a space": "x" * 5000,
    "long lines": "a\n" * 2500,
}


@pytest.mark.parametrize("value", HOSTILE.values(), ids=HOSTILE)
def test_no_text_of_the_school_breaks_a_reply(value: str, shown: Format) -> None:
    _reads_well(shown(_hostile(value)))


@pytest.mark.parametrize("name", ["Excel*\n\n*2. 📚 Otro*", "a\n1. b", "\u20281. b", "x\r\n*y*"])
def test_a_name_begins_no_line_of_its_own(name: str, shown: Format) -> None:
    assert shown(course(name=name)).count("\n") == shown(course(name="Excel")).count("\n")


@pytest.mark.parametrize("field", ["name", "short_description", "price", "level", "modality"])
def test_five_thousand_characters_are_cut(field: str, shown: Format) -> None:
    text = shown(complete(**{field: "palabra " * 625}))
    assert "…" in text
    assert max(map(len, text.split("\n"))) < 1000


def test_a_link_stays_in_one_piece(shown: Format) -> None:
    url = "https://example.com/a_b_c?x=1&y=*2*\n &z=~3~"
    text = shown(complete(course_url=url, purchase_url=url))
    links = [line for line in text.split("\n") if "https://" in line]
    assert all(line.endswith("https://example.com/a_b_c?x=1&y=%2A2%2A&z=~3~") for line in links)


@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(st.fixed_dictionaries(dict.fromkeys(TEXTS, st.none() | st.text(max_size=30))), st.data())
def test_any_course_reads_well(values: dict[str, str | None], data: st.DataObject) -> None:
    titles = data.draw(st.lists(st.none() | st.text(max_size=9), max_size=3))
    sample = course(
        **(values | {"modality": values["modality"] or ""}),
        start_date=data.draw(st.none() | st.datetimes()),
        session_count=data.draw(st.none() | st.integers(0, 2**15 - 1)),
        total_duration_min=data.draw(st.none() | st.integers(-(2**63), 2**63 - 1)),
        sessions=[_session(title) for title in titles],
        bonuses=[_bonus(title or "") for title in titles],
    )
    for shown in FORMATS.values():
        _reads_well(shown(sample))


def _hostile(value: str) -> Course:
    texts = dict.fromkeys(TEXTS, value) | dict.fromkeys(LINKS, f"https://example.com/{value}")
    many = [_session(value), _session(value)]
    return course(**texts, session_count=3, sessions=many, bonuses=[_bonus(value)])


def _reads_well(text: str) -> None:
    """It can be sent as it is, and is bold only where we want it to be."""
    lines = text.split("\n")
    assert "None" not in text
    assert text == text.strip()
    assert "\n\n\n" not in text
    assert all(line == line.strip() and line.splitlines() in ([], [line]) for line in lines)
    for line in lines:
        assert line.count("*") == 0 or re.fullmatch(r"\*(\d+\. )?📚 [^*]+\*", line)
        assert "https://" in line or not re.search(r"[{}`~]", line)
    assert not re.search(r"[\u202a-\u202e\u2066-\u2069]", text)
    assert ElementTree.fromstring(f"<Body>{escape(text)}</Body>").text == text
