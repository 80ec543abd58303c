"""What is asked about is explained; what merely names a term is not."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

import bot
from bot.services.glossary import define
from bot.services.spanish import fold

GLOSSARY: dict[str, Any] = tomllib.loads(
    (Path(bot.__file__).parent / "data" / "glossary.toml").read_text("utf-8")
)
TERMS = GLOSSARY["terms"]
LONGEST = 280
# It would be untrue before long, or is nothing that a glossary can know.
AGEING = r"\b(?:20\d\d|\d{3,}|última versión|reciente|actualmente|el mejor|gratis|gratuit\w+|\$)"


def the_term(text: str) -> str | None:
    """Which term is explained in answer to ``text``."""
    names = {term["meaning"]: name for name, term in TERMS.items()}
    meaning = define(text)
    return None if meaning is None else names[meaning]


@pytest.mark.parametrize(
    ("text", "term"),
    [
        ("¿Qué es un prompt?", "prompt"),
        ("q es rag?", "rag"),
        ("¿qué significa LLM?", "llm"),
        ("explícame qué es un token porfa", "token"),
        ("me puedes explicar qué son las alucinaciones", "alucinacion"),
        ("¿Para qué sirve n8n?", "n8n"),
        ("cómo funciona ChatGPT", "chatgpt"),
        ("no sé qué es eso de no-code", "no_code"),
        ("quiero aprender qué es el machine learning", "machine_learning"),
        ("oye y que es un prompt y cuanto cuesta el curso?", "prompt"),
        ("what is an LLM?", "llm"),
        ("what's a webhook?", "webhook"),
        ("What does fine-tuning mean?", "fine_tuning"),
        ("N8N QUE ES", "n8n"),
        ("modelo de lenguaje, ¿qué es?", "llm"),
        ("¿prompt?", "prompt"),
        ("hola, los embeddings?", "embedding"),
        ("qué hace un agente?", "agente"),
    ],
)
def test_a_question_for_a_term_is_answered(text: str, term: str) -> None:
    assert the_term(text) == term


@pytest.mark.parametrize(
    "text",
    [
        "¿cuánto cuesta el curso de prompts?",
        "¿qué es el curso de prompts?",
        "¿cómo funciona el curso de Python?",
        "¿de qué trata el curso de IA?",
        "¿qué es mejor, ChatGPT o Claude?",
        "quiero aprender Python",
        "python",
        "¿y python?",
        "¿eres un bot?",
        "¿qué es un agente de ventas?",
        "¿qué incluye?",
        "me llama?",
        "que es el iva",
        "",
        "¿?",
        "🤖",
    ],
)
def test_what_asks_for_something_else_is_not_taken_for_it(text: str) -> None:
    assert define(text) is None


@pytest.mark.parametrize(
    ("text", "term"),
    [
        ("¿qué es la IA?", "ia"),
        ("¿qué es la IA generativa?", "generativa"),
        ("¿qué es la ingeniería de prompts?", "prompt_engineering"),
        ("¿qué es un modelo open source?", "open_source"),
        ("¿qué es el machine learning y qué es un token?", "machine_learning"),
    ],
)
def test_the_longer_of_two_terms_and_the_first_of_two_questions_count(text: str, term: str) -> None:
    assert the_term(text) == term


@pytest.mark.parametrize("name", TERMS)
def test_every_term_is_found_and_well_explained(name: str) -> None:
    term = TERMS[name]
    assert set(term) == {"patterns", "meaning"}
    meaning = term["meaning"]
    assert 60 <= len(meaning) <= LONGEST
    assert meaning.endswith(".")
    assert meaning[0].isupper() or meaning.startswith("n8n")
    assert not re.search(r"[?¿!¡*_\n]|  ", meaning)
    assert not re.search(AGEING, meaning.lower())
    spellings = [each for each in term["patterns"] if re.fullmatch(r"[a-z0-9 ]+\??", each)]
    for spelling in spellings:
        for frame in ("¿qué es {}?", "{} qué es?", "¿para qué sirve {}?", "what is {}?"):
            assert define(frame.format(spelling.removesuffix("?"))), spelling


@pytest.mark.parametrize("name", TERMS)
def test_every_pattern_is_written_as_texts_are_read(name: str) -> None:
    for pattern in TERMS[name]["patterns"]:
        letters = re.sub(r"\(\?[:!=<]|[()?|\[\]*\\]", "", pattern)
        assert letters == letters.lower()
        assert re.fullmatch(r"[a-z0-9 .]+", letters), pattern
        re.compile(pattern)


def test_there_are_terms_enough_and_none_is_explained_twice() -> None:
    assert len(TERMS) >= 60
    assert len({term["meaning"] for term in TERMS.values()}) == len(TERMS)
    patterns = [pattern for term in TERMS.values() for pattern in term["patterns"]]
    assert len(set(patterns)) == len(patterns)


@pytest.mark.parametrize("text", ["que " * 500, "que es " + "de la un el " * 160, "¿" * 2000])
def test_a_long_message_without_a_term_is_not_explained(text: str) -> None:
    assert define(fold(text)) is None
