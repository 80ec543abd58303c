"""The model's client, by the real ``openai`` package, against a server that misbehaves."""

from collections.abc import Iterator

import pytest

from bot.clients.llm import NullModel, OpenAIModel, Prompt
from bot.errors import ModelUnavailable
from tests.support.openai_server import (
    Behaviour,
    OpenAIServer,
    closes_the_connection,
    drips,
    fails_with,
    gives,
    says,
    stops_in_the_middle,
    waits,
)

PROMPT = Prompt(rules="Habla español.", facts="No hay cursos.", message="hola")
GENEROUS_S = 20.0
SHORT_S = 0.5

BAD: dict[str, Behaviour] = {
    "401": fails_with(401),
    "400": fails_with(400),
    "429 with a long Retry-After": fails_with(429, Retry_After="60"),
    "429 without": fails_with(429),
    "500": fails_with(500),
    "503 with a Retry-After": fails_with(503, Retry_After="60"),
    "408": fails_with(408),
    "empty content": says(""),
    "white space": says(" \n "),
    "no content": says(None),
    "content that is no text": says([{"type": "text", "text": "hola"}]),
    "a number as content": says(5),
    "no choices": gives(b'{"choices": []}'),
    "choices that are null": gives(b'{"choices": null}'),
    "a list": gives(b"[]"),
    "null": gives(b"null"),
    "broken JSON": gives(b'{"choices": ['),
    "nothing with 200": gives(b""),
    "bytes that are no UTF-8": gives(b"\xff\xfe{"),
    "HTML with 200": gives(b"<html>Bad gateway</html>", "text/html"),
    "HTML that calls itself JSON": gives(b"<html></html>"),
    "closed connection": closes_the_connection,
    "half an answer": stops_in_the_middle,
}


@pytest.fixture
def server() -> Iterator[OpenAIServer]:
    with OpenAIServer() as server:
        yield server


def model_of(server: OpenAIServer, timeout_s: float = GENEROUS_S) -> OpenAIModel:
    return OpenAIModel("sk-test", server.url, "small-model", timeout_s)


def test_a_good_answer_is_the_text_without_white_space_around_it(server: OpenAIServer) -> None:
    server.behaviour = says("  ¡Hola! 👋\n")
    assert model_of(server).complete(PROMPT) == "¡Hola! 👋"


def test_the_rules_come_first_and_the_message_last(server: OpenAIServer) -> None:
    model_of(server).complete(PROMPT)
    (request,) = server.requests
    assert request["path"] == "/v1/chat/completions"
    assert request["body"]["model"] == "small-model"
    said = [(part["role"], part["content"]) for part in request["body"]["messages"]]
    assert said[0] == ("system", PROMPT.rules)
    assert said[-1] == ("user", PROMPT.message)


@pytest.mark.parametrize("behaviour", BAD.values(), ids=BAD)
def test_every_bad_answer_means_model_unavailable_after_exactly_one_request(
    server: OpenAIServer, behaviour: Behaviour
) -> None:
    server.behaviour = behaviour
    with pytest.raises(ModelUnavailable):
        model_of(server).complete(PROMPT)
    assert len(server.requests) == 1


def test_nobody_listening_means_model_unavailable(server: OpenAIServer) -> None:
    model = model_of(server)
    server.shutdown()
    server.server_close()
    with pytest.raises(ModelUnavailable):
        model.complete(PROMPT)


@pytest.mark.parametrize("behaviour", [waits, drips])
def test_the_deadline_holds_for_the_whole_call(server: OpenAIServer, behaviour: Behaviour) -> None:
    model = model_of(server, SHORT_S)
    model.warm_up()
    server.behaviour = behaviour
    with pytest.raises(ModelUnavailable):
        model.complete(PROMPT)
    # The server had more to say, or had not begun: nothing but the deadline ended the call.
    assert not server.over.is_set()
    assert len(server.requests) <= 1


def test_after_three_failures_in_a_row_nobody_is_asked_for_a_while(server: OpenAIServer) -> None:
    model = model_of(server)
    server.behaviour = fails_with(500)
    for _ in range(3):
        assert model.is_up
        with pytest.raises(ModelUnavailable):
            model.complete(PROMPT)
    assert not model.is_up
    server.behaviour = says("hola")
    with pytest.raises(ModelUnavailable):
        model.complete(PROMPT)
    assert len(server.requests) == 3


def test_an_answer_in_between_keeps_the_model_up(server: OpenAIServer) -> None:
    model = model_of(server)
    for behaviour in (fails_with(500), fails_with(500), says("hola"), fails_with(500)):
        server.behaviour = behaviour
        try:
            model.complete(PROMPT)
        except ModelUnavailable:
            continue
    assert model.is_up


def test_the_error_names_no_key_and_no_text(server: OpenAIServer) -> None:
    server.behaviour = fails_with(401)
    with pytest.raises(ModelUnavailable) as caught:
        model_of(server).complete(PROMPT)
    assert "sk-test" not in str(caught.value)
    assert PROMPT.message not in str(caught.value)


def test_without_a_key_there_is_a_model_that_is_never_up() -> None:
    model = NullModel()
    assert not model.is_up
    with pytest.raises(ModelUnavailable, match="OPENAI_API_KEY"):
        model.complete(PROMPT)
