"""Which messages go to the model, what it may spend, and what is made of its answer."""

import json
from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import text

from bot.extensions import db
from tests.support.apps import AppMaker
from tests.support.conversation import STORAGE_MODES, Conversation
from tests.support.model import last_call, last_reply, webhook_of, with_model
from tests.support.openai_server import OpenAIServer, says
from tests.support.webhook import MARIA

ASKED = "¿qué cursos de marketing tienen?"
COURSE = "Automatización con IA para Marketing"
PLAIN = f"*{COURSE}* cuesta $299 USD."
LINK = "https://example.com/inscripcion/automatizacion-ia-marketing"
ANDRES = "573001234567"

NEVER = [
    "BAJA",
    "ya no me escriban por favor",
    "¿qué datos guardan de mí?",
    "borra mis datos",
    "gracias",
    "ok perfecto",
    "hola",
    "¿cuánto cuesta?",
    "¿qué precio tiene el curso de excel?",
    "¿quién ganó el partido?",
    "quiero hablar con una persona",
]
ALWAYS = [
    ASKED,
    "¿cuántas sesiones tiene el de excel y cuándo empieza?",
    "¿cuánto cuesta el de excel y cuándo empieza?",
    "¿cuál es más barato, el de excel o el de ventas?",
    "pierdo horas armando reportes a mano",
    "está muy caro",
    "¿cómo sé que no es una estafa?",
    "quiero cambiar de carrera",
]


@pytest.fixture
def openai() -> Iterator[OpenAIServer]:
    with OpenAIServer() as server:
        yield server


@pytest.fixture
def app_with_model(make_app: AppMaker, app: Flask, demo_url: str, openai: OpenAIServer) -> Flask:
    return make_app(DATABASE_URL=demo_url, **with_model(openai))


@pytest.mark.parametrize("body", NEVER)
def test_what_needs_no_model_never_reaches_it(
    body: str, app_with_model: Flask, openai: OpenAIServer
) -> None:
    assert webhook_of(app_with_model).say(body)
    assert not openai.requests
    assert last_reply(app_with_model)["model_calls"] is None


@pytest.mark.parametrize("body", ALWAYS)
def test_what_wants_an_adviser_goes_there_once(
    body: str, app_with_model: Flask, openai: OpenAIServer
) -> None:
    openai.behaviour = says("Claro que sí, con gusto te ayudo. ¿Qué te gustaría lograr?")
    assert webhook_of(app_with_model).say(body).startswith("Claro que sí")
    assert len(openai.requests) == 1


def test_the_policy_is_the_schools_to_set(
    make_app: AppMaker, app: Flask, demo_url: str, openai: OpenAIServer
) -> None:
    app = make_app(DATABASE_URL=demo_url, **with_model(openai, OPENAI_INTENTS="objection_trust"))
    webhook_of(app).say(ASKED)
    assert not openai.requests
    webhook_of(app).say("¿cómo sé que no es una estafa?")
    assert len(openai.requests) == 1


@pytest.mark.parametrize("mode", STORAGE_MODES)
def test_a_person_who_used_up_the_day_is_answered_by_templates(
    mode: str, make_app: AppMaker, app: Flask, demo_url: str, openai: OpenAIServer
) -> None:
    environment = with_model(openai, OPENAI_USD_PER_PERSON_DAY="0.0005", STORAGE_MODE=mode)
    app = make_app(DATABASE_URL=demo_url, **environment)
    openai.behaviour = says("Claro que sí. ¿Qué te gustaría lograr con la IA?")
    chat = Conversation(app)
    replies = [chat.say(ASKED) for _ in range(4)]
    assert [reply.startswith("Claro") for reply in replies] == [True, True, False, False]
    assert chat.memory.spent_on(chat.memory.additional_data["spent"]["day"]) == pytest.approx(
        2 * 0.0002802
    )
    assert Conversation(app, ANDRES).say(ASKED).startswith("Claro")


@pytest.mark.parametrize("mode", STORAGE_MODES)
def test_when_the_school_used_up_the_day_everybody_is_answered_by_templates(
    mode: str, make_app: AppMaker, app: Flask, demo_url: str, openai: OpenAIServer
) -> None:
    environment = with_model(openai, OPENAI_USD_PER_DAY="0.0005", STORAGE_MODE=mode)
    app = make_app(DATABASE_URL=demo_url, **environment)
    openai.behaviour = says("Claro que sí. ¿Qué te gustaría lograr con la IA?")
    assert Conversation(app, MARIA).say(ASKED).startswith("Claro")
    assert Conversation(app, ANDRES).say(ASKED).startswith("Claro")
    assert not Conversation(app, "5491122334455").say(ASKED).startswith("Claro")
    # Another worker, or the same after a restart, knows it as well.
    again = make_app(DATABASE_URL=demo_url, **environment)
    assert not Conversation(again, "51987654321").say(ASKED).startswith("Claro")
    assert len(openai.requests) == 2


def test_a_cap_is_told_from_other_reasons(
    make_app: AppMaker, app: Flask, demo_url: str, openai: OpenAIServer
) -> None:
    app = make_app(DATABASE_URL=demo_url, **with_model(openai, OPENAI_USD_PER_DAY="0.0001"))
    openai.behaviour = says("Claro que sí. ¿Qué te gustaría lograr con la IA?")
    webhook_of(app).say(ASKED)
    webhook_of(app).say(ASKED)
    call = last_call(app)
    assert (call["outcome"], call["usd"], call["usage"]) == ("day_cap", None, None)


def test_a_model_without_a_price_costs_what_all_others_do_or_is_not_known(
    make_app: AppMaker, app: Flask, demo_url: str, openai: OpenAIServer
) -> None:
    openai.behaviour = says("Claro que sí. ¿Qué te gustaría lograr con la IA?")
    dear = make_app(DATABASE_URL=demo_url, **with_model(openai, OPENAI_MODEL="brand-new"))
    webhook_of(dear).say(ASKED)
    assert last_call(dear)["usd"] == pytest.approx(0.00467)  # as the dearest of the table
    prices = {"OPENAI_MODEL": "brand-new", "OPENAI_PRICES": "gpt-4o-mini=0.15/0.075/0.60"}
    unknown = make_app(DATABASE_URL=demo_url, **with_model(openai, **prices))
    webhook_of(unknown).say(ASKED)
    assert last_call(unknown)["usd"] is None
    assert last_reply(unknown)["cost_usd"] is None


def test_yes_to_a_question_of_the_models_is_understood(
    app_with_model: Flask, openai: OpenAIServer
) -> None:
    chat = webhook_of(app_with_model)
    openai.behaviour = says(f"{PLAIN} ¿Te paso el enlace?", question="enrol", course_ids=["C1"])
    chat.say(ASKED)
    openai.behaviour = says("no sirve", intent="PRIVACY_REQUEST")
    assert LINK in chat.say("sí")


def test_the_order_of_the_models_list_is_the_order_of_the_talk(
    app_with_model: Flask, openai: OpenAIServer
) -> None:
    names: list[str] = []

    def turns_the_list_round(handler) -> None:
        facts = handler.request_body["messages"][-2]["content"].removeprefix("DATOS ")
        names.extend(course["nombre"] for course in json.loads(facts)["cursos"][:2])
        says(f"1. *{names[1]}*\n2. *{names[0]}*", course_ids=["C2", "C1"])(handler)

    chat = webhook_of(app_with_model)
    openai.behaviour = turns_the_list_round
    assert chat.say("¿qué cursos para principiantes tienen?") == f"1. *{names[1]}*\n2. *{names[0]}*"
    openai.behaviour = says("Certificado incluido")  # refused: the template tells of the course
    assert f"*📚 {names[0]}*" in chat.say("cuéntame del segundo")


def test_what_the_model_learnt_is_kept_only_where_the_message_says_it(
    app_with_model: Flask, openai: OpenAIServer
) -> None:
    openai.behaviour = says(
        "Claro que sí. ¿Qué te gustaría lograr con la IA?",
        facts={
            "name": "Napoleón",
            "role": "domadora de datos",
            "company": "Acme",
            "level": "avanzado",
            "interests": ["recetas de cocina"],
        },
    )
    chat = Conversation(app_with_model)
    chat.say("¿qué curso me sirve? en mi tarjeta dice domadora de datos")
    memory = chat.memory
    assert memory.name is None
    assert memory.role == "domadora de datos"
    assert memory.fact("company") is None
    assert "recetas de cocina" not in memory.interests
    assert set(memory.values("unsure")) >= {"role", "level"}


def test_somebody_who_needs_a_person_is_handed_over(
    app_with_model: Flask, openai: OpenAIServer
) -> None:
    openai.behaviour = says("Esto lo ve mejor una persona del equipo.", needs_person=True)
    chat = Conversation(app_with_model)
    chat.say(ASKED)
    assert chat.memory.fact("stage") == "handoff"


def test_whoever_wants_to_enrol_gets_the_link_or_the_template(
    app_with_model: Flask, openai: OpenAIServer
) -> None:
    chat = webhook_of(app_with_model)
    chat.say("¿qué precio tiene el de automatización para marketing?")
    openai.behaviour = says("¡Qué gusto! Te va a encantar.", intent="BUYING_SIGNALS")
    assert LINK in chat.say("me quiero inscribir")
    assert last_call(app_with_model)["reasons"] == ["missing: the enrolment link"]
    openai.behaviour = says(f"¡Qué gusto! Es aquí: {LINK}", intent="BUYING_SIGNALS")
    assert chat.say("me quiero inscribir ya").startswith("¡Qué gusto!")


def test_when_the_model_reads_a_refusal_the_template_answers_it(
    app_with_model: Flask, openai: OpenAIServer
) -> None:
    """Nobody who wants to be left alone is answered with words that promise it and do nothing."""
    openai.behaviour = says("Claro, ya no te escribo.", intent="OPT_OUT")
    chat = Conversation(app_with_model)
    reply = chat.say(ASKED)
    assert COURSE in reply  # the rules are sure that this asks for courses
    assert last_call(app_with_model)["outcome"] == "intent"
    chat.say("mmm asdf qwer ya estuvo de tanto mensajito che")
    if len(openai.requests) > 1:
        assert chat.memory.opted_out


def test_costs_outlive_the_erasure_and_the_words_do_not(
    app_with_model: Flask, openai: OpenAIServer
) -> None:
    openai.behaviour = says("Claro, con certificado de Brunilda incluido.")
    chat = Conversation(app_with_model)
    chat.say(ASKED)
    assert "brunilda" in chat.written()
    chat.say("borra mis datos", "sí")
    assert "brunilda" not in chat.written()
    with app_with_model.app_context():
        spent = db.session.scalar(text("SELECT sum(cost_usd) FROM messages"))
        db.session.rollback()
    assert float(spent) == pytest.approx(0.0002802)
