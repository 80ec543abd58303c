"""The model words replies, or fails to, in the middle of a conversation."""

from collections.abc import Iterator
from threading import Event

import pytest
from flask import Flask
from sqlalchemy import text

from bot.extensions import db
from tests.support.apps import AUTH_TOKEN, AppMaker
from tests.support.openai_server import Behaviour, OpenAIServer, drips, fails_with, gives, says
from tests.support.webhook import Webhook

ASKED = "¿qué cursos de marketing tienen?"
TRUE_WORDS = "Tenemos *Automatización con IA para Marketing*: 8 sesiones por $299 USD. ¿Te late?"

FAILURES: dict[str, Behaviour] = {
    "an error": fails_with(500),
    "a limit": fails_with(429, Retry_After="60"),
    "no end": drips,
    "no JSON": gives(b"<html>", "text/html"),
    "nothing": says(""),
    "a price of its own": says("El curso cuesta $199 USD y dura 8 sesiones."),
    "a link of its own": says("Inscríbete en https://estafa.example/pago"),
    "a discount": says("Hoy te lo dejo con 50 % de descuento."),
}


@pytest.fixture
def openai() -> Iterator[OpenAIServer]:
    with OpenAIServer() as server:
        yield server


@pytest.fixture
def app_with_model(make_app: AppMaker, app: Flask, openai: OpenAIServer, demo_url: str) -> Flask:
    """The app with the stand-in as its model; `app` tidies the database afterwards."""
    return make_app(
        DATABASE_URL=demo_url,
        OPENAI_API_KEY="sk-test",
        OPENAI_BASE_URL=openai.url,
        OPENAI_TIMEOUT_S="0.7",
        CONSENT_MODE="off",
    )


@pytest.fixture
def chat(app_with_model: Flask) -> Webhook:
    return Webhook(app_with_model.test_client(), AUTH_TOKEN)


def patient(app: Flask) -> None:
    """A first call imports the package, which may take longer than the tests' deadline."""
    app.extensions["language_model"]._timeout_s = 20


def last_reply(app: Flask) -> tuple[str, str]:
    query = (
        "SELECT source, level FROM messages WHERE direction = 'outbound' ORDER BY id DESC LIMIT 1"
    )
    with app.app_context():
        source, level = db.session.execute(text(query)).one()
    return source, level


def test_the_model_words_the_reply_over_facts_of_the_catalogue(
    chat: Webhook, app_with_model: Flask, openai: OpenAIServer
) -> None:
    patient(app_with_model)
    openai.behaviour = says(TRUE_WORDS)
    assert chat.say(ASKED) == TRUE_WORDS
    assert last_reply(app_with_model) == ("model", "full")
    [request] = openai.requests
    told = str(request["body"]["messages"])
    assert "Automatización con IA para Marketing" in told
    assert "$299 USD" in told


def test_markdown_of_the_model_becomes_whatsapps_own_marks(
    chat: Webhook, app_with_model: Flask, openai: OpenAIServer
) -> None:
    patient(app_with_model)
    openai.behaviour = says("## Cursos\n**Automatización con IA para Marketing**")
    assert chat.say(ASKED) == "Cursos\n*Automatización con IA para Marketing*"


@pytest.mark.parametrize("failure", FAILURES)
def test_a_failing_or_lying_model_shows_only_as_a_plainer_answer(
    failure: str, chat: Webhook, app_with_model: Flask, openai: OpenAIServer
) -> None:
    openai.behaviour = FAILURES[failure]
    reply = chat.say(ASKED)
    assert "*1. 📚 Automatización con IA para Marketing*" in reply
    assert "$299 USD" in reply
    assert last_reply(app_with_model)[0] == "template"
    assert len(openai.requests) <= 1


@pytest.mark.parametrize("body", ["BAJA", "¿qué datos guardan de mí?", "gracias", "hola"])
def test_what_needs_no_model_never_reaches_it(
    body: str, chat: Webhook, openai: OpenAIServer
) -> None:
    assert chat.say(body)
    assert not openai.requests


def test_no_word_of_somebody_who_left_goes_to_the_model(
    chat: Webhook, openai: OpenAIServer
) -> None:
    chat.say("BAJA")
    assert "📚" in chat.say(ASKED)
    assert not openai.requests


def test_no_connection_is_held_while_the_model_thinks(
    chat: Webhook, app_with_model: Flask, openai: OpenAIServer
) -> None:
    patient(app_with_model)
    with app_with_model.app_context():
        pool = db.engine.pool
    held: list[int] = []
    asked = Event()

    def looks_at_the_pool(handler) -> None:
        held.append(pool.checkedout())
        asked.set()
        says(TRUE_WORDS)(handler)

    openai.behaviour = looks_at_the_pool
    assert chat.say(ASKED) == TRUE_WORDS
    assert asked.is_set()
    assert held == [0]


def test_with_the_model_alone_she_names_no_course(make_app: AppMaker, openai: OpenAIServer) -> None:
    app = make_app(OPENAI_API_KEY="sk-test", OPENAI_BASE_URL=openai.url)
    patient(app)
    openai.behaviour = says("Déjame revisarlo con el equipo y te cuento. ¿Qué te gustaría lograr?")
    chat = Webhook(app.test_client(), AUTH_TOKEN)
    assert chat.say(ASKED).startswith("Déjame revisarlo")
    told = openai.requests[0]["body"]["messages"][1]["content"]
    assert '"catalogo_disponible": false' in told
    assert '"cursos": []' in told
