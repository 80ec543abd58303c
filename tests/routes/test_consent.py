"""Consent, message by message, in each CONSENT_MODE: what is shown, kept, answered, and not."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import insert

from bot.extensions import db
from bot.models.leads import LeadMemory, UserMemory
from bot.services.replies import version
from bot.stores.storage import current_storage
from tests.support.apps import AppMaker
from tests.support.conversation import STORAGE_MODES, Conversation
from tests.support.openai_server import OpenAIServer, says
from tests.support.webhook import MARIA

SALES = "Ventas con IA: Prospección y Cierre"
SALES_PRICE = "$249 USD"
PRICE = "quisiera saber el precio del de ventas"
COURSES = "¿qué cursos de marketing tienen?"
LEAVING = ["BAJA", "baja", "ALTO", "STOP", "CANCELAR"]

Start = Callable[..., Conversation]


@pytest.fixture
def start(make_app: AppMaker, demo_url: str) -> Start:
    """Begin a conversation with an app of this environment."""
    return lambda **environment: Conversation(make_app(DATABASE_URL=demo_url, **environment))


@pytest.fixture
def notice(start: Start) -> Conversation:
    """Where the school only gives notice, as is the default."""
    return start()


@pytest.fixture
def required(start: Start) -> Conversation:
    """Where the school asks for consent first."""
    return start(CONSENT_MODE="required")


def has_notice(reply: str) -> bool:
    return "*BAJA*" in reply and "*BORRAR MIS DATOS*" in reply


def asks_for_consent(reply: str) -> bool:
    return "*NO ACEPTO*" in reply


def is_goodbye(reply: str) -> bool:
    return "escribe ALTA" in reply


def remember(app: Flask, **extra: Any) -> None:
    """Keep a lead with these facts, wherever ``app`` keeps leads."""
    with app.app_context():
        storage = current_storage()
        if storage.sql is None:
            storage.files.leads.save(LeadMemory(MARIA, additional_data=extra))
        else:
            db.session.execute(insert(UserMemory).values(user_id=MARIA, additional_data=extra))
            db.session.commit()


# The notice


@pytest.mark.parametrize("first", ["hola", COURSES, PRICE, "me quiero inscribir"])
def test_the_notice_stands_in_the_first_answer_and_in_no_other(
    first: str, notice: Conversation
) -> None:
    assert has_notice(notice.say(first))
    assert not any(has_notice(notice.say(text)) for text in (PRICE, "hola", COURSES, "gracias"))
    assert notice.events == ["noticed"]


@pytest.mark.parametrize("first", ["no gracias", *LEAVING, "¿qué datos guardan de mí?"])
def test_the_notice_is_not_added_to_a_thanks_or_the_answer_to_a_right(
    first: str, notice: Conversation
) -> None:
    assert not has_notice(notice.say(first))
    assert "noticed" not in notice.events
    assert has_notice(notice.say("hola"))


def test_the_notice_stands_before_the_question_that_ends_the_answer(notice: Conversation) -> None:
    reply = notice.say(PRICE)
    assert SALES_PRICE in reply
    assert reply.index(SALES_PRICE) < reply.index("*BAJA*") < reply.rindex("?")


def test_the_notice_names_the_address_of_the_schools_own(start: Start) -> None:
    reply = start(PRIVACY_URL="https://escuela.example/privacidad").say("hola")
    assert "https://escuela.example/privacidad" in reply


def test_a_yes_to_what_the_bot_offered_is_no_consent_where_only_notice_is_given(
    notice: Conversation,
) -> None:
    notice.say(PRICE, "sí")
    assert notice.events == ["noticed"]


def test_the_notice_follows_what_the_model_wrote_too(start: Start, openai: OpenAIServer) -> None:
    chat = with_model(start, openai)
    assert has_notice(chat.say(COURSES))
    assert not has_notice(chat.say(COURSES))
    assert len(openai.requests) == 2


# Consent first


@pytest.mark.parametrize("first", ["hola", PRICE, COURSES, "sí", "me quiero inscribir", "gracias"])
def test_nothing_is_answered_before_consent(first: str, required: Conversation) -> None:
    for text in (first, PRICE, "¿cuánto dura el de marketing?"):
        reply = required.say(text)
        assert asks_for_consent(reply)
        assert "$" not in reply
        assert "📚" not in reply
        assert SALES not in reply


def test_nothing_is_noted_before_consent(required: Conversation) -> None:
    required.say("hola, me llamo Ximena Sotomayor y soy contadora", "me interesa el marketing")
    memory = required.memory
    assert (memory.name, memory.role, memory.interests) == (None, None, ())
    assert memory.message_history == ()
    assert memory.lead_score == 0


@pytest.mark.parametrize(
    "text",
    [PRICE, "quisiera saber si dan factura", "si me interesa pero cuánto cuesta", "ok gracias"],
)
def test_a_message_that_only_begins_like_a_yes_is_none(text: str, required: Conversation) -> None:
    required.say("hola")
    assert asks_for_consent(required.say(text))
    assert "accepted" not in required.events


@pytest.mark.parametrize("yes", ["acepto", "ACEPTO", "Sí", "si acepto", "sí, claro", "👍"])
def test_what_was_asked_is_answered_right_after_the_consent(
    yes: str, required: Conversation
) -> None:
    required.say("hola", PRICE)
    reply = required.say(yes)
    assert SALES in reply
    assert SALES_PRICE in reply
    assert not asks_for_consent(reply)
    assert not has_notice(reply)
    assert required.events[-1] == "accepted"


def test_a_thanks_in_between_does_not_take_the_place_of_what_was_asked(
    required: Conversation,
) -> None:
    required.say(PRICE, "gracias", "hola")
    assert SALES_PRICE in required.say("acepto")


def test_who_asked_for_nothing_is_greeted_after_the_consent(required: Conversation) -> None:
    required.say("hola")
    assert required.say("acepto").count("\n\n") >= 1
    assert SALES_PRICE in required.say(PRICE)


def test_what_is_said_after_the_consent_is_noted(required: Conversation) -> None:
    required.say("hola", "acepto", "me llamo Ximena")
    assert required.memory.name == "Ximena"
    assert len(required.memory.message_history) == 4


@pytest.mark.parametrize("no", ["no", "No acepto", "no, gracias", "👎"])
def test_a_no_is_kept_and_reminded_of_instead_of_answering(no: str, required: Conversation) -> None:
    required.say("hola")
    assert "*ACEPTO*" in required.say(no)
    assert required.consent["state"] == "refused"
    for text in (PRICE, COURSES, "hola", "sí"):
        reply = required.say(text)
        assert "*ACEPTO*" in reply
        assert not asks_for_consent(reply)
        assert "?" not in reply
        assert "$" not in reply
        assert "📚" not in reply
    assert required.memory.message_history == ()


def test_who_refused_can_accept_later_and_is_answered_again(required: Conversation) -> None:
    required.say("hola", "no", PRICE)
    required.say("ACEPTO")
    assert required.consent["state"] == "accepted"
    assert SALES_PRICE in required.say(PRICE)


@pytest.mark.parametrize("before", [(), ("hola",), ("hola", "no acepto")])
@pytest.mark.parametrize("word", LEAVING)
def test_who_wants_to_leave_needs_no_consent(
    word: str, before: tuple[str, ...], required: Conversation
) -> None:
    for text in before:
        required.say(text)
    assert is_goodbye(required.say(word))
    assert required.memory.opted_out


@pytest.mark.parametrize("before", [(), ("hola",), ("hola", "no acepto")])
def test_a_question_about_her_data_needs_no_consent(
    before: tuple[str, ...], required: Conversation
) -> None:
    for text in before:
        required.say(text)
    reply = required.say("¿qué datos guardan de mí?")
    assert "nombre" in reply
    assert not asks_for_consent(reply)


@pytest.mark.parametrize("first", ["¿qué datos guardan de mí?", "borra mis datos"])
def test_a_right_is_answered_before_consent_and_nothing_noted(
    first: str, required: Conversation
) -> None:
    assert not asks_for_consent(required.say(f"soy Ximena Sotomayor, {first}"))
    assert required.memory.name is None
    assert required.memory.message_history == ()


def test_a_voice_note_waits_for_the_consent_and_keeps_what_was_asked(
    required: Conversation,
) -> None:
    required.say(PRICE)
    voice = {"MessageType": "audio", "NumMedia": "1", "MediaContentType0": "audio/ogg"}
    reply = required.say("", MediaUrl0="https://api.example/Media/ME1", **voice)
    assert asks_for_consent(reply)
    assert required.memory.message_history == ()
    assert SALES_PRICE in required.say("acepto")


# Neither


def test_where_consent_is_off_nobody_hears_of_it(start: Start) -> None:
    chat = start(CONSENT_MODE="off")
    for text in ("hola", PRICE, "acepto", "no gracias", COURSES):
        reply = chat.say(text)
        assert not has_notice(reply)
        assert not asks_for_consent(reply)
    assert "consent" not in chat.memory.additional_data


def test_where_consent_is_off_what_is_said_is_noted(start: Start) -> None:
    chat = start(CONSENT_MODE="off")
    chat.say("hola, me llamo Ximena")
    assert chat.memory.name == "Ximena"


# A refusal where only notice is given


@pytest.fixture(params=STORAGE_MODES)
def refused(request: pytest.FixtureRequest, start: Start) -> Conversation:
    """Somebody who wrote "no acepto", in each storage mode."""
    chat = start(STORAGE_MODE=request.param)
    chat.say("hola")
    reply = chat.say("no acepto")
    assert "*ACEPTO*" in reply
    return chat


def test_a_refusal_is_kept_and_confirmed_once(refused: Conversation) -> None:
    assert refused.consent["state"] == "refused"
    assert refused.events == ["noticed", "refused"]
    for text in ("hola", COURSES, "gracias", "¿eres un robot?"):
        reply = refused.say(text)
        assert "*ACEPTO*" not in reply
        assert not has_notice(reply)
    assert refused.events == ["noticed", "refused"]


def test_nothing_is_noted_of_who_refused(refused: Conversation) -> None:
    before = refused.memory
    refused.say("me llamo Ximena Sotomayor y soy veterinaria")
    refused.say("me interesa el marketing, mi correo es ximena@clinica.example")
    refused.say("pierdo horas haciendo cotizaciones a mano", "me quiero inscribir")
    after = refused.memory
    assert (after.name, after.role, after.interests, after.pain_points) == (None, None, (), ())
    assert after.message_history == before.message_history
    assert after.lead_score == before.lead_score
    kept = refused.written()
    for word in ("ximena", "sotomayor", "veterinaria", "clinica.example", "cotizaciones"):
        assert word not in kept


def test_the_messages_of_who_refused_are_logged_without_their_words(refused: Conversation) -> None:
    refused.say("me llamo Ximena", COURSES, "gracias")
    assert refused.heard() == ["hola", "no acepto", "", "", ""]


def test_the_words_of_who_accepts_later_are_logged_again(refused: Conversation) -> None:
    refused.say(COURSES, "ACEPTO", "me llamo Ximena")
    assert refused.heard()[-1] == "me llamo Ximena"
    assert refused.memory.name == "Ximena"


@pytest.mark.parametrize("mode", ["postgres", "hybrid"])
def test_who_refused_is_answered_with_facts_and_asked_nothing(mode: str, start: Start) -> None:
    chat = start(STORAGE_MODE=mode)
    chat.say("hola", "no acepto")
    assert SALES_PRICE in chat.say("¿cuánto cuesta el curso de ventas?")
    assert "6 sesiones" in chat.say("¿y cuánto dura?")
    for text in (COURSES, "¿cuánto cuesta el curso de ventas?", "hola", "¿tienen algo gratis?"):
        assert "?" not in chat.say(text)


@pytest.fixture
def openai() -> Iterator[OpenAIServer]:
    with OpenAIServer() as server:
        server.behaviour = says("Tenemos *Automatización con IA para Marketing* por $299 USD.")
        yield server


def with_model(start: Start, openai: OpenAIServer, **environment: str) -> Conversation:
    return start(
        OPENAI_API_KEY="sk-test",
        OPENAI_BASE_URL=openai.url,
        OPENAI_TIMEOUT_S="12",
        **environment,
    )


def test_no_word_of_who_refused_reaches_the_model(start: Start, openai: OpenAIServer) -> None:
    chat = with_model(start, openai)
    chat.say(COURSES)
    assert len(openai.requests) == 1
    chat.say("no acepto", COURSES, "¿cuánto cuesta?", "¿y cuánto dura?")
    assert len(openai.requests) == 1
    chat.say("ACEPTO", COURSES)
    assert len(openai.requests) == 2


def test_no_word_reaches_the_model_before_a_required_consent(
    start: Start, openai: OpenAIServer
) -> None:
    chat = with_model(start, openai, CONSENT_MODE="required")
    chat.say("hola", COURSES, PRICE)
    assert openai.requests == []
    chat.say("no", COURSES, PRICE)
    assert openai.requests == []
    chat.say("ACEPTO", COURSES)
    assert len(openai.requests) == 1


def test_the_model_s_text_follows_the_thanks_for_the_consent(
    start: Start, openai: OpenAIServer
) -> None:
    chat = with_model(start, openai, CONSENT_MODE="required")
    chat.say(COURSES)
    reply = chat.say("acepto")
    assert len(openai.requests) == 1
    assert chat.events[-1] == "accepted"
    assert reply.index("Tenemos *Automatización") > 0


# Receipts


def test_each_step_leaves_a_receipt_of_what_was_shown_when_and_by_which_message(
    required: Conversation,
) -> None:
    steps = [
        ("hola", "asked", "consent_ask"),
        ("no acepto", "refused", "consent_refused"),
        ("ACEPTO", "accepted", "consent_accepted"),
        ("BAJA", "opted_out", "opt_out"),
        ("ALTA", "opted_in", "opt_in"),
    ]
    sids = []
    for text, _, _ in steps:
        required.say(text)
        sids.append(required.last_sid)
    receipts = required.consent["receipts"]
    assert [(each["event"], each["text"]) for each in receipts] == [
        (event, version(template)) for _, event, template in steps
    ]
    assert [each["message_sid"] for each in receipts] == sids
    moments = [datetime.fromisoformat(each["at"]) for each in receipts]
    assert moments == sorted(moments)
    assert all(moment.tzinfo for moment in moments)


@pytest.mark.parametrize("mode", STORAGE_MODES)
def test_the_notice_leaves_a_receipt_that_names_its_text(mode: str, start: Start) -> None:
    chat = start(STORAGE_MODE=mode)
    chat.say("hola")
    [receipt] = chat.consent["receipts"]
    name, _, mark = receipt["text"].partition("@")
    assert (receipt["event"], name, receipt["message_sid"]) == (
        "noticed",
        "privacy_notice",
        chat.last_sid,
    )
    assert receipt["text"] == version("privacy_notice")
    assert mark


def test_a_repeated_delivery_leaves_one_receipt(required: Conversation) -> None:
    reply = required.say("hola")
    assert required.again() == reply
    assert required.events == ["asked"]


# Leaving and coming back


@pytest.mark.parametrize("word", LEAVING)
@pytest.mark.parametrize("mode", STORAGE_MODES)
def test_who_leaves_is_told_so_once_and_then_left_in_peace(
    mode: str, word: str, start: Start
) -> None:
    chat = start(STORAGE_MODE=mode)
    assert is_goodbye(chat.say(word))
    assert [chat.say(text) for text in (word, "BAJA", "ok", "gracias")] == [""] * 4
    assert chat.memory.opted_out
    assert chat.events == ["opted_out"]


def test_who_left_is_answered_when_she_asks_and_is_still_out(notice: Conversation) -> None:
    notice.say("hola", "BAJA")
    assert SALES_PRICE in notice.say("¿cuánto cuesta el curso de ventas?")
    assert notice.memory.opted_out
    assert notice.say("gracias") == ""


@pytest.mark.parametrize("mode", STORAGE_MODES)
@pytest.mark.parametrize("word", ["ALTA", "alta", "START"])
def test_who_left_comes_back_with_one_word(word: str, mode: str, start: Start) -> None:
    chat = start(STORAGE_MODE=mode)
    chat.say("hola", "BAJA")
    assert chat.say(word)
    assert not chat.memory.opted_out
    assert chat.events == ["noticed", "opted_out", "opted_in"]
    assert chat.say("gracias")


def test_coming_back_is_no_consent(required: Conversation) -> None:
    required.say("hola", "no acepto", "BAJA", "ALTA")
    assert required.consent["state"] == "refused"
    assert "$" not in required.say(PRICE)


# What an older bot left behind


@pytest.mark.parametrize("mode", STORAGE_MODES)
def test_who_accepted_with_an_older_bot_is_not_asked_again(mode: str, start: Start) -> None:
    chat = start(STORAGE_MODE=mode, CONSENT_MODE="required")
    remember(chat.app, privacy_accepted=True)
    reply = chat.say("hola, me llamo Ximena")
    assert not asks_for_consent(reply)
    assert chat.memory.name == "Ximena"


def test_who_accepted_with_an_older_bot_gets_no_notice(notice: Conversation) -> None:
    remember(notice.app, privacy_accepted=True)
    assert not has_notice(notice.say("hola"))


def test_who_did_not_accept_with_an_older_bot_is_asked(required: Conversation) -> None:
    remember(required.app, privacy_accepted=False)
    assert asks_for_consent(required.say("hola"))
