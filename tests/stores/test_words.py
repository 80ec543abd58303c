"""Words in Python and in the database are folded, stemmed and left out alike."""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import psycopg2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg2 import extensions as pg

from bot.services.catalogue.dictionary import read_words
from bot.services.catalogue.queries import aids
from bot.services.catalogue.words import (
    data_file,
    is_left_out,
    lexeme,
    phrase,
    stop_words,
    tokens,
    tsquery,
)
from bot.services.spanish import plain
from config import ROOT

CATALOGUES = ("bot/data/demo_catalog.json", "benchmarks/data/second_school.json")
ENDINGS = (
    *("", "s", "es", "a", "as", "o", "os", "cion", "ciones", "sion", "ion", "mente", "idad"),
    *("ando", "iendo", "ar", "er", "ir", "aba", "ado", "logia", "encia", "ista", "ble", "ismo"),
)
ROOTS = st.text("abcdefghijklmnopqrstuvwxyz", min_size=2, max_size=12)
WORDS = st.builds("{}{}".format, ROOTS, st.sampled_from(ENDINGS))
WORD = re.compile(r"[a-z]{2,}")
LATIN = st.characters(codec="utf-8", min_codepoint=0x20, max_codepoint=0x34E)


@pytest.fixture(scope="module")
def server(shared_url: str) -> Iterator[pg.cursor]:
    connection = psycopg2.connect(shared_url)
    yield connection.cursor()
    connection.close()


def texts_of(value: Any) -> Iterator[str]:
    """Every text somewhere in a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from texts_of(each)


def texts_of_catalogue(path: str) -> set[str]:
    return set(texts_of(json.loads((ROOT / path).read_text("utf-8"))))


def words_of(texts: Iterable[str]) -> list[str]:
    return sorted({word for text in texts for word in WORD.findall(plain(text))})


def unlike(server: pg.cursor, words: Sequence[str]) -> list[tuple[str, str, str]]:
    """The words that have another stem there than here, with both."""
    stems = ["" if is_left_out(word) else lexeme(word) for word in words]
    server.execute(
        """
        SELECT word, stem, there FROM unnest(%s, %s) AS given (word, stem)
        CROSS JOIN LATERAL array_to_string(tsvector_to_array(brenda_lexemes(word)), ' ') AS there
        WHERE there <> stem
        """,
        (words, stems),
    )
    return server.fetchall()


@pytest.mark.parametrize("path", CATALOGUES)
def test_every_word_of_a_catalogue_has_one_stem(server: pg.cursor, path: str) -> None:
    words = words_of(texts_of_catalogue(path))
    assert len(words) > 500
    assert unlike(server, words) == []


@pytest.mark.parametrize("name", ["synonyms.txt", "chat_words.txt", "stop_words.txt"])
def test_every_word_of_the_editable_files_has_one_stem(server: pg.cursor, name: str) -> None:
    words = words_of(data_file(name))
    assert len(words) > 100
    assert unlike(server, words) == []


def test_every_word_that_is_understood_without_a_course_has_one_stem(server: pg.cursor) -> None:
    words = words_of(aids())
    assert unlike(server, words) == []


def test_every_word_of_a_spanish_dictionary_has_one_stem(server: pg.cursor) -> None:
    words = words_of(read_words())
    assert len(words) > 50_000
    assert unlike(server, words) == []


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(words=st.lists(WORDS, min_size=1, max_size=50))
def test_every_made_up_word_has_one_stem(server: pg.cursor, words: list[str]) -> None:
    assert unlike(server, words) == []


@pytest.mark.parametrize(
    ("word", "stem"),
    [
        ("automatizacion", "automatiz"),
        ("automatizaciones", "automatiz"),
        ("prompts", "prompt"),
        ("chatbots", "chatbot"),
        ("workflows", "workflow"),
        ("abogadas", "abog"),
        ("n8n", "n8n"),
        ("web3", "web3"),
        ("b2b", "b2b"),
        ("ga4", "ga4"),
        ("3d", "3d"),
    ],
)
def test_a_stem_is_the_same_here_and_there(server: pg.cursor, word: str, stem: str) -> None:
    assert lexeme(word) == stem
    assert unlike(server, [word]) == []


def test_the_words_that_are_left_out_are_those_of_the_server(server: pg.cursor) -> None:
    words = sorted({*words_of(read_words()), *stop_words()})
    server.execute(
        "SELECT word FROM unnest(%s) AS word WHERE ts_lexize('spanish_stem', word) = '{}'", (words,)
    )
    assert {word for (word,) in server} == stop_words()


@pytest.mark.parametrize("path", CATALOGUES)
def test_every_text_of_a_catalogue_has_one_plain_spelling(server: pg.cursor, path: str) -> None:
    texts = sorted(texts_of_catalogue(path))
    server.execute("SELECT text, brenda_plain(text) FROM unnest(%s) AS text", (texts,))
    assert dict(server.fetchall()) == {text: plain(text) for text in texts}


@pytest.mark.parametrize("text", ["BÁSICO", "En Línea", "ESPAÑOL", "HÍBRIDO", "Português"])
def test_the_plain_spelling_is_the_same_on_a_server_without_a_locale(
    server: pg.cursor, text: str
) -> None:
    server.execute('SELECT brenda_plain(CAST(%s AS text) COLLATE "C")', (text,))
    assert server.fetchone() == (plain(text),)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(LATIN))
def test_every_latin_text_has_one_plain_spelling(server: pg.cursor, text: str) -> None:
    server.execute("SELECT brenda_plain(%s)", (text,))
    assert server.fetchone() == (plain(text),)


@pytest.mark.parametrize(
    "text",
    [
        "automatización con IA",
        "¿Cómo automatizar las tareas de la oficina?",
        "el arte de la fotografía",
        "Machine Learning aplicado",
        "análisis de los datos",
        "importación y exportación",
        "el texto a voz",
    ],
)
def test_a_phrase_is_found_in_a_text_that_says_it(server: pg.cursor, text: str) -> None:
    server.execute(
        "SELECT brenda_lexemes(brenda_plain(%s)) @@ CAST(%s AS tsquery)",
        (f"Antes: {text}, después", tsquery(phrase(tokens(text)))),
    )
    assert server.fetchone() == (True,)


@pytest.mark.parametrize("said", ["de la", "", "que para por"])
def test_words_that_the_index_leaves_out_are_no_phrase(said: str) -> None:
    assert tsquery(phrase(tokens(said))) == ""
