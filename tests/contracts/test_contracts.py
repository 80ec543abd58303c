"""Our real requests, through servers that refuse what OpenAI or Twilio would refuse."""

import time
from collections.abc import Iterator
from contextlib import closing

import pytest
import requests

from bot.clients.llm import ModelUnavailable, Prompt, Recording
from bot.clients.openai_model import OpenAIModel
from bot.clients.timed_calls import TimedCalls
from bot.clients.twilio_media import TwilioMedia
from bot.models.model_calls import Outcome
from config import Config
from tests.contracts.conftest import Contracts
from tests.support.apps import AppMaker
from tests.support.model import last_call, webhook_of
from tests.support.twilio_server import ACCOUNT, MESSAGE, TwilioServer
from tests.unit.test_twilio_media import MOST_BYTES, media_of, soon

PROMPT = Prompt(
    rules="Habla español.",
    turns=(("user", "hola"), ("assistant", "¡Hola!")),
    facts="DATOS {}",
    message="¿qué cursos hay?",
)
# What the contract servers make up is no answer of ours; what they refuse is a 4xx.
REFUSED = {Outcome.REJECTED, Outcome.UNAUTHORIZED, Outcome.RATE_LIMITED, Outcome.CONNECTION}


@pytest.fixture
def model(contracts: Contracts) -> Iterator[OpenAIModel]:
    config = Config.from_environment(
        {"OPENAI_API_KEY": "sk-test", "OPENAI_BASE_URL": contracts.openai_url}
    )
    with closing(OpenAIModel(config, TimedCalls(4, "test"))) as model:
        yield model


def outcome_of_an_answer(model: OpenAIModel) -> Outcome:
    try:
        model.answer(PROMPT, time.monotonic() + 30)
    except ModelUnavailable as error:
        return error.outcome
    return Outcome.USED


def test_the_request_for_a_reply_is_one_that_openai_takes(
    model: OpenAIModel, contracts: Contracts
) -> None:
    assert outcome_of_an_answer(model) not in REFUSED
    assert "violation" not in contracts.log("openai").lower()


def test_the_request_for_a_transcript_is_one_that_openai_takes(model: OpenAIModel) -> None:
    note = Recording(b"OggS" + b"0" * 100, "voice.ogg")
    try:
        outcome = Outcome.USED
        model.transcribe(note, time.monotonic() + 30)
    except ModelUnavailable as error:
        outcome = error.outcome
    assert outcome not in REFUSED


def test_a_request_that_openai_would_not_take_is_refused(contracts: Contracts) -> None:
    """Else the two tests above would show nothing."""
    headers = {"Authorization": "Bearer sk-test"}
    url = f"{contracts.openai_url}/chat/completions"
    body = {"model": "m", "messages": [{"role": "user", "content": "hola"}], "response_format": 5}
    assert requests.post(url, json=body, headers=headers, timeout=30).status_code == 422


def test_a_whole_turn_sends_only_what_openai_takes(
    make_app: AppMaker, contracts: Contracts, demo_url: str
) -> None:
    app = make_app(
        DATABASE_URL=demo_url,
        OPENAI_API_KEY="sk-test",
        OPENAI_BASE_URL=contracts.openai_url,
        CONSENT_MODE="off",
        OPENAI_TIMEOUT_S="12",
    )
    assert "Marketing" in webhook_of(app).say("¿qué cursos de marketing tienen?")
    assert last_call(app)["outcome"] not in REFUSED


def test_the_request_for_a_voice_note_is_one_that_twilio_takes(contracts: Contracts) -> None:
    """Twilio's file describes the media's description, ``….json``, at the same address.

    The request that our client sends is caught, and sent on to it as it is.
    """
    with TwilioServer() as server:
        media_of(server).fetch(server.media_url, MOST_BYTES, soon())
        [(path, authorization)] = server.asked
    url = f"{contracts.twilio_url}{path}.json"
    answer = requests.get(url, headers={"Authorization": str(authorization)}, timeout=30)
    assert answer.status_code == 200
    assert ACCOUNT in path
    assert requests.get(url, timeout=30).status_code == 401


def test_the_requests_that_delete_an_attachment_are_ones_that_twilio_takes(
    contracts: Contracts,
) -> None:
    config = Config.from_environment(
        {
            "TWILIO_ACCOUNT_SID": ACCOUNT,
            "TWILIO_AUTH_TOKEN": "test-token",
            "TWILIO_API_BASE_URL": contracts.twilio_url,
        }
    )
    TwilioMedia(config, TimedCalls(2, "media")).delete(MESSAGE)
    assert "DELETE" in contracts.log("twilio").upper()
