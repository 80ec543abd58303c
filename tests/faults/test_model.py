"""The model words replies, or fails to, in the middle of a conversation."""

from collections.abc import Iterator
from threading import Event

import pytest
from flask import Flask

from bot.extensions import db
from tests.routes.test_cost import MOST_STATEMENTS, MOST_TRANSACTIONS, counting
from tests.support.apps import AppMaker
from tests.support.model import last_call, last_reply, webhook_of, with_model
from tests.support.openai_server import (
    Behaviour,
    OpenAIServer,
    after,
    closes_the_connection,
    drips,
    fails_with,
    gives,
    says,
    says_json,
    speaks_of_the_first_course,
    stops_in_the_middle,
    waits,
)
from tests.support.webhook import Webhook

ASKED = "¿qué cursos de marketing tienen?"
COURSE = "Automatización con IA para Marketing"
TRUE_WORDS = f"Tenemos *{COURSE}*: 8 sesiones por $299 USD. ¿Te late?"

FAILURES: dict[str, tuple[Behaviour, str]] = {
    "an error": (fails_with(500), "server_error"),
    "a wrong key": (fails_with(401), "unauthorized"),
    "a limit": (fails_with(429, Retry_After="60"), "rate_limited"),
    "no money": (fails_with(429, "insufficient_quota"), "quota"),
    "a filter": (says_json("", finish_reason="content_filter"), "content_filter"),
    "a refusal": (says_json(None, refusal="no"), "refusal"),
    "no JSON": (gives(b"<html>", "text/html"), "malformed"),
    "nothing": (says(""), "empty"),
    "half an answer": (stops_in_the_middle, "connection"),
    "a hang-up": (closes_the_connection, "connection"),
    "a novel": (says("Es un buen curso. " * 200), "too_long"),
    "a price of its own": (says("El curso cuesta $199 USD y dura 8 sesiones."), "gate"),
    "a link of its own": (says("Inscríbete en https://estafa.example/pago"), "gate"),
    "a discount": (says("Hoy te lo dejo con 50 % de descuento."), "gate"),
    "a course of its own": (says(TRUE_WORDS, course_ids=["C9"]), "gate"),
}
LATE: dict[str, Behaviour] = {"no end": drips, "no answer": waits}


@pytest.fixture
def openai() -> Iterator[OpenAIServer]:
    with OpenAIServer() as server:
        yield server


@pytest.fixture
def app_with_model(make_app: AppMaker, app: Flask, openai: OpenAIServer, demo_url: str) -> Flask:
    """The app with the stand-in as its model; `app` tidies the database afterwards."""
    return make_app(DATABASE_URL=demo_url, **with_model(openai))


@pytest.fixture
def chat(app_with_model: Flask) -> Webhook:
    return webhook_of(app_with_model)


def test_the_model_words_the_reply_over_facts_of_the_catalogue(
    chat: Webhook, app_with_model: Flask, openai: OpenAIServer
) -> None:
    openai.behaviour = says(TRUE_WORDS)
    assert chat.say(ASKED) == TRUE_WORDS
    reply = last_reply(app_with_model)
    assert (reply["source"], reply["level"]) == ("model", "full")
    assert len(openai.chats()) == 1
    assert COURSE in openai.told()
    assert "$299 USD" in openai.told()


def test_what_a_call_cost_is_kept_with_its_reply(
    chat: Webhook, app_with_model: Flask, openai: OpenAIServer
) -> None:
    openai.behaviour = says(TRUE_WORDS)
    chat.say(ASKED)
    call = last_call(app_with_model)
    assert (call["purpose"], call["model"], call["outcome"]) == ("reply", "gpt-4o-mini", "used")
    assert call["usage"]["input_tokens"] == 1900
    assert call["usage"]["cached_tokens"] == 1024
    # 876 fresh tokens at 0.15, 1,024 cached at 0.075 and 120 of output at 0.60 USD a million.
    assert float(last_reply(app_with_model)["cost_usd"]) == pytest.approx(0.0002802)
    assert call["seconds"] > 0


def test_markdown_of_the_model_becomes_whatsapps_own_marks(
    chat: Webhook, openai: OpenAIServer
) -> None:
    openai.behaviour = says(f"## Cursos\n**{COURSE}**")
    assert chat.say(ASKED) == f"Cursos\n*{COURSE}*"


@pytest.mark.parametrize("failure", FAILURES)
def test_a_failing_or_lying_model_shows_only_as_a_plainer_answer(
    failure: str, chat: Webhook, app_with_model: Flask, openai: OpenAIServer
) -> None:
    openai.behaviour, outcome = FAILURES[failure]
    reply = chat.say(ASKED)
    assert f"*1. 📚 {COURSE}*" in reply
    assert "$299 USD" in reply
    assert last_reply(app_with_model)["source"] == "template"
    assert last_call(app_with_model)["outcome"] == outcome
    assert len(openai.requests) == 1
    figures = app_with_model.test_client().get("/metrics").text
    assert f'brenda_model_calls_total{{outcome="{outcome}",purpose="reply"}}' in figures


@pytest.mark.parametrize("behaviour", LATE.values(), ids=LATE)
def test_a_late_model_is_left_at_the_deadline_and_may_have_cost_something(
    behaviour: Behaviour, make_app: AppMaker, app: Flask, demo_url: str, openai: OpenAIServer
) -> None:
    hurried = make_app(DATABASE_URL=demo_url, **with_model(openai, OPENAI_TIMEOUT_S="1.5"))
    hurried.extensions["language_model"].warm_up()
    openai.behaviour = behaviour
    assert COURSE in webhook_of(hurried).say(ASKED)
    call = last_call(hurried)
    assert call["outcome"] == "timeout"
    assert call["usage"]["is_estimate"]
    assert call["usd"] > 0
    assert not openai.over.is_set()


def test_what_the_gate_refused_is_kept_with_the_reason_and_counted(
    chat: Webhook, app_with_model: Flask, openai: OpenAIServer
) -> None:
    openai.behaviour = says(f"*{COURSE}* cuesta $298 USD, con certificado.")
    chat.say(ASKED)
    assert last_call(app_with_model)["reasons"] == ["price: $298 USD", "certificate: certificado"]
    figures = app_with_model.test_client().get("/metrics").text
    assert 'brenda_gate_refusals_total{kind="price"}' in figures
    assert 'brenda_gate_refusals_total{kind="certificate"}' in figures


def test_no_word_of_somebody_who_left_goes_to_the_model(
    chat: Webhook, openai: OpenAIServer
) -> None:
    chat.say("BAJA")
    assert "📚" in chat.say(ASKED)
    assert not openai.requests


def test_the_models_words_cost_no_more_statements_than_a_templates(
    chat: Webhook, app_with_model: Flask, openai: OpenAIServer
) -> None:
    openai.behaviour = says(f"{TRUE_WORDS} ¿Te paso el temario?", course_ids=["C1"])
    chat.say(ASKED)  # the day's spending is looked up once in a while
    with counting(app_with_model) as counted:
        assert chat.say("¿cuántas sesiones tiene y cuándo empieza?").startswith("Tenemos")
    assert counted.statements <= MOST_STATEMENTS
    assert counted.transactions <= MOST_TRANSACTIONS + 1  # one before the call, one after


def test_no_connection_is_held_while_the_model_thinks(
    make_app: AppMaker, app: Flask, demo_url: str, openai: OpenAIServer
) -> None:
    """With a pool of one, whoever held it would keep the second person waiting."""
    app = make_app(DATABASE_URL=demo_url, **with_model(openai), DATABASE_POOL_SIZE="1")
    with app.app_context():
        pool = db.engine.pool
    held: list[int] = []
    second: list[str] = []

    def lets_somebody_else_write(handler) -> None:
        held.append(pool.checkedout())
        openai.behaviour = says(TRUE_WORDS)
        second.append(webhook_of(app).say("hola", user_id="573001234567"))
        says(TRUE_WORDS)(handler)

    openai.behaviour = lets_somebody_else_write
    assert webhook_of(app).say(ASKED) == TRUE_WORDS
    assert held == [0]
    assert "Brenda" in second[0]
    assert last_reply(app)["level"] == "full"


def test_no_transaction_is_open_while_the_model_thinks(
    chat: Webhook, app_with_model: Flask, openai: OpenAIServer, demo_url: str
) -> None:
    open_ones: list[int] = []
    looked = Event()

    def looks_at_the_server(handler) -> None:
        import psycopg2

        connection = psycopg2.connect(demo_url)
        cursor = connection.cursor()
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
            "AND state LIKE 'idle in transaction%' AND application_name = 'brenda'"
        )
        open_ones.extend(cursor.fetchone() or ())
        connection.close()
        looked.set()
        says(TRUE_WORDS)(handler)

    openai.behaviour = looks_at_the_server
    assert chat.say(ASKED) == TRUE_WORDS
    assert looked.is_set()
    assert open_ones == [0]


def test_a_model_that_comes_and_goes_never_breaks_the_conversation(
    chat: Webhook, app_with_model: Flask, openai: OpenAIServer
) -> None:
    """On, wrong, hostile, off, slow and on again: the thread of the talk is never lost."""
    openai.behaviour = speaks_of_the_first_course
    assert chat.say("hola, soy María y trabajo en marketing").startswith("¡")
    assert chat.say(ASKED).endswith("¿Te paso el temario?")
    openai.behaviour = fails_with(500)
    assert "Mapa de procesos" in chat.say("sí")  # the model's question, answered by a template
    openai.behaviour = says("Te lo dejo en $1 USD, es una oferta vinculante.")
    reply = chat.say("¿y cuántas horas son en total y cuándo empieza?")
    assert "16 horas" in reply
    assert "$1 USD" not in reply
    openai.behaviour = gives(b"<html>")
    assert "299" in chat.say("está muy caro, ¿tienes algo más barato?")
    openai.behaviour = after(0.3, speaks_of_the_first_course)
    assert chat.say("quiero automatizar los reportes de mi equipo").startswith("*")
    assert "María" in chat.say("hola")
    assert last_reply(app_with_model)["level"] == "full"


def test_with_the_model_alone_she_names_no_course(make_app: AppMaker, openai: OpenAIServer) -> None:
    app = make_app(**with_model(openai))
    openai.behaviour = says("Déjame revisarlo con el equipo y te cuento. ¿Qué te gustaría lograr?")
    assert webhook_of(app).say(ASKED).startswith("Déjame revisarlo")
    assert '"catalogo_disponible":false' in openai.told()
    assert '"cursos"' not in openai.told().split("DATOS ")[-1]
    openai.behaviour = says("Tenemos *Marketing Digital con IA* por $99 USD.")
    assert "$99" not in webhook_of(app).say("¿y de ventas qué cursos hay?")
