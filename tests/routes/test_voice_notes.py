"""Voice notes are heard when there is a model, and asked for in writing when not."""

from collections.abc import Iterator

import pytest
from flask import Flask

from tests.support.apps import AppMaker
from tests.support.conversation import Conversation
from tests.support.model import last_call, last_reply, with_model
from tests.support.openai_server import OpenAIServer, fails_with, hears, says, waits
from tests.support.twilio_server import ACCOUNT, PATH, TwilioServer

HEARD = "hola, soy María, ¿qué cursos de marketing tienen?"
COURSE = "Automatización con IA para Marketing"


@pytest.fixture
def openai() -> Iterator[OpenAIServer]:
    with OpenAIServer() as server:
        server.hearing = hears(HEARD)
        server.behaviour = says(f"*{COURSE}* cuesta $299 USD. ¿Te cuento más?")
        yield server


@pytest.fixture
def twilio() -> Iterator[TwilioServer]:
    with TwilioServer() as server:
        yield server


def environment(openai: OpenAIServer, twilio: TwilioServer, **others: str) -> dict[str, str]:
    account = {"TWILIO_ACCOUNT_SID": ACCOUNT, "TWILIO_API_BASE_URL": twilio.url}
    return with_model(openai, **account, **others)


@pytest.fixture(params=["postgres", "json"])
def app_that_hears(
    request: pytest.FixtureRequest,
    make_app: AppMaker,
    app: Flask,
    demo_url: str,
    openai: OpenAIServer,
    twilio: TwilioServer,
) -> Flask:
    database = {"DATABASE_URL": demo_url} if request.param == "postgres" else {}
    return make_app(**environment(openai, twilio), **database)


def note(twilio: TwilioServer, url: str | None = None) -> dict[str, str]:
    return {
        "MessageType": "audio",
        "NumMedia": "1",
        "MediaUrl0": url or twilio.media_url,
        "MediaContentType0": "audio/ogg",
    }


def test_what_was_heard_is_answered_and_goes_into_the_history_as_text(
    app_that_hears: Flask, openai: OpenAIServer, twilio: TwilioServer
) -> None:
    chat = Conversation(app_that_hears)
    reply = chat.say("", **note(twilio))
    has_catalogue = app_that_hears.extensions["config"].has_database
    assert (COURSE in reply) == has_catalogue
    assert chat.heard() == [HEARD]
    assert chat.memory.name == "María"
    assert chat.memory.message_history[0]["content"] == HEARD
    assert twilio.asked == [(PATH, twilio.credentials)]
    assert len(openai.chats()) == 1
    assert chat.again() == reply
    assert len(twilio.asked) == 1


def test_both_calls_are_kept_with_the_reply_and_paid_together(
    make_app: AppMaker, app: Flask, demo_url: str, openai: OpenAIServer, twilio: TwilioServer
) -> None:
    app = make_app(DATABASE_URL=demo_url, **environment(openai, twilio))
    Conversation(app).say("", **note(twilio))
    reply = last_reply(app)
    assert [call["purpose"] for call in reply["model_calls"]] == ["transcription", "reply"]
    assert [call["outcome"] for call in reply["model_calls"]] == ["used", "used"]
    assert float(reply["cost_usd"]) == pytest.approx(0.00028 + 0.0002802)


CANNOT: dict[str, str] = {
    "too_large": "media",
    "no audio": "media",
    "gone": "media",
    "elsewhere": "media",
    "silent": "empty",
    "model away": "server_error",
}


@pytest.mark.parametrize("what", CANNOT)
def test_what_cannot_be_heard_is_asked_for_in_writing(
    what: str,
    make_app: AppMaker,
    app: Flask,
    demo_url: str,
    openai: OpenAIServer,
    twilio: TwilioServer,
) -> None:
    app, url = make_app(DATABASE_URL=demo_url, **environment(openai, twilio)), None
    if what == "too_large":
        twilio.kept.content = b"0" * (5 * 1024 * 1024)
    elif what == "no audio":
        twilio.kept.content_type = "text/html"
    elif what == "gone":
        twilio.kept.status = 404
    elif what == "elsewhere":
        url = "http://169.254.169.254/latest/meta-data"
    elif what == "silent":
        openai.hearing = hears(" ")
    else:
        openai.hearing = fails_with(500)
    chat = Conversation(app)
    reply = chat.say("", **note(twilio, url))
    assert "audio" in reply
    assert last_call(app)["outcome"] == CANNOT[what]
    assert chat.heard() == [""]
    assert not openai.chats()


def test_a_note_that_takes_too_long_to_be_heard_leaves_time_for_an_answer(
    make_app: AppMaker, app: Flask, demo_url: str, openai: OpenAIServer, twilio: TwilioServer
) -> None:
    settings = environment(openai, twilio, OPENAI_TIMEOUT_S="2")
    app = make_app(DATABASE_URL=demo_url, **settings)
    app.extensions["language_model"].warm_up()
    openai.hearing = waits
    assert "audio" in Conversation(app).say("", **note(twilio))
    assert last_call(app)["outcome"] == "timeout"
    assert not openai.over.is_set()


@pytest.mark.parametrize("before", [["BAJA"], ["no acepto"]])
def test_a_note_of_somebody_who_said_no_is_not_listened_to(
    before: list[str],
    make_app: AppMaker,
    app: Flask,
    demo_url: str,
    openai: OpenAIServer,
    twilio: TwilioServer,
) -> None:
    settings = environment(openai, twilio) | {"CONSENT_MODE": "notice"}
    chat = Conversation(make_app(DATABASE_URL=demo_url, **settings))
    chat.say(*before)
    chat.say("", **note(twilio))
    assert not twilio.asked
    assert not openai.requests


def test_before_somebody_has_agreed_nothing_is_listened_to(
    make_app: AppMaker, app: Flask, demo_url: str, openai: OpenAIServer, twilio: TwilioServer
) -> None:
    settings = environment(openai, twilio) | {"CONSENT_MODE": "required"}
    chat = Conversation(make_app(DATABASE_URL=demo_url, **settings))
    chat.say("", **note(twilio))
    assert not twilio.asked
    chat.say("sí")
    chat.say("", **note(twilio))
    assert twilio.asked


def test_without_a_model_notes_are_asked_for_in_writing(
    make_app: AppMaker, app: Flask, demo_url: str, twilio: TwilioServer
) -> None:
    chat = Conversation(make_app(DATABASE_URL=demo_url, TWILIO_ACCOUNT_SID=ACCOUNT))
    assert "audio" in chat.say("", **note(twilio))
    assert not twilio.asked


@pytest.mark.parametrize(("kind", "said"), [("image", "imagen"), ("document", "documento|archivo")])
def test_pictures_and_documents_get_a_kind_answer_and_are_not_fetched(
    kind: str,
    said: str,
    make_app: AppMaker,
    app: Flask,
    demo_url: str,
    openai: OpenAIServer,
    twilio: TwilioServer,
) -> None:
    chat = Conversation(make_app(DATABASE_URL=demo_url, **environment(openai, twilio)))
    reply = chat.say("", **{**note(twilio), "MessageType": kind, "MediaContentType0": "image/png"})
    assert any(word in reply for word in said.split("|"))
    assert not twilio.asked
    assert not openai.requests
