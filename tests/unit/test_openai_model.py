"""The model's client, by the real ``openai`` package, against a server that misbehaves."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from bot.clients.llm import ModelUnavailable, NullModel, Prompt, Recording
from bot.clients.openai_model import OpenAIModel
from bot.clients.timed_calls import TimedCalls, TooManyCalls, result_of
from bot.models.context import Question
from bot.models.model_calls import Outcome
from bot.models.understanding import Intent
from config import Config
from tests.support.openai_server import (
    Behaviour,
    OpenAIServer,
    answer,
    closes_the_connection,
    completion,
    drips,
    fails_with,
    gives,
    hears,
    says,
    says_json,
    stops_in_the_middle,
    waits,
)

PROMPT = Prompt(
    rules="Habla español.",
    turns=(("user", "hola"), ("assistant", "¡Hola!")),
    facts="DATOS {}",
    message="¿qué cursos hay?",
)
NOTE = Recording(b"OggS-not-really", "voice.ogg")
GENEROUS_S = 20.0
SHORT_S = 0.5

BAD: dict[str, tuple[Behaviour, Outcome]] = {
    "401": (fails_with(401), Outcome.UNAUTHORIZED),
    "403": (fails_with(403), Outcome.UNAUTHORIZED),
    "400": (fails_with(400), Outcome.REJECTED),
    "404": (fails_with(404), Outcome.REJECTED),
    "429 with a long Retry-After": (fails_with(429, Retry_After="60"), Outcome.RATE_LIMITED),
    "429 without money": (fails_with(429, "insufficient_quota"), Outcome.QUOTA),
    "400 of a filter": (fails_with(400, "content_filter"), Outcome.CONTENT_FILTER),
    "500": (fails_with(500), Outcome.SERVER_ERROR),
    "503 with a Retry-After": (fails_with(503, Retry_After="60"), Outcome.SERVER_ERROR),
    "408": (fails_with(408), Outcome.TIMEOUT),
    "empty content": (says_json(""), Outcome.EMPTY),
    "white space": (says_json(" \n "), Outcome.EMPTY),
    "no content": (says_json(None), Outcome.EMPTY),
    "an empty reply": (says(" "), Outcome.EMPTY),
    "content that is no answer": (says_json("hola"), Outcome.MALFORMED),
    "an answer without its reply": (says_json({"intent": "EXPLORATION"}), Outcome.MALFORMED),
    "an unknown intent": (says("hola", intent="FREE_PIZZA"), Outcome.MALFORMED),
    "a key too many": (says("hola", price=1), Outcome.MALFORMED),
    "content that is no text": (
        gives(completion([{"type": "text", "text": "hola"}])),
        Outcome.MALFORMED,
    ),
    "cut off": (says_json(answer("ho"), finish_reason="length"), Outcome.TOO_LONG),
    "filtered": (says_json("", finish_reason="content_filter"), Outcome.CONTENT_FILTER),
    "a refusal": (says_json(None, refusal="I can't."), Outcome.REFUSAL),
    "no choices": (gives(b'{"choices": []}'), Outcome.MALFORMED),
    "choices that are null": (gives(b'{"choices": null}'), Outcome.MALFORMED),
    "a list": (gives(b"[]"), Outcome.MALFORMED),
    "null": (gives(b"null"), Outcome.MALFORMED),
    "broken JSON": (gives(b'{"choices": ['), Outcome.MALFORMED),
    "nothing with 200": (gives(b""), Outcome.MALFORMED),
    "bytes that are no UTF-8": (gives(b"\xff\xfe{"), Outcome.MALFORMED),
    "HTML with 200": (gives(b"<html>Bad gateway</html>", "text/html"), Outcome.MALFORMED),
    "HTML that calls itself JSON": (gives(b"<html></html>"), Outcome.MALFORMED),
    "a body without end": (gives(b" " * 300_000), Outcome.MALFORMED),
    "closed connection": (closes_the_connection, Outcome.CONNECTION),
    "half an answer": (stops_in_the_middle, Outcome.CONNECTION),
}


@pytest.fixture
def server() -> Iterator[OpenAIServer]:
    with OpenAIServer() as server:
        yield server


def model_of(server: OpenAIServer, calls: TimedCalls | None = None) -> OpenAIModel:
    config = Config.from_environment(
        {"OPENAI_API_KEY": "sk-test", "OPENAI_BASE_URL": server.url, "OPENAI_MODEL": "small-model"}
    )
    return OpenAIModel(config, calls or TimedCalls(8, "test"))


def soon(seconds: float = GENEROUS_S) -> float:
    return time.monotonic() + seconds


def outcome_of(model: OpenAIModel, seconds: float = GENEROUS_S) -> Outcome:
    with pytest.raises(ModelUnavailable) as caught:
        model.answer(PROMPT, soon(seconds))
    return caught.value.outcome


def test_a_good_answer_is_read_with_all_that_it_says(server: OpenAIServer) -> None:
    server.behaviour = says(
        "  ¡Hola! 👋\n",
        question="syllabus",
        course_ids=["C2", "C1"],
        intent="COURSE_DETAILS",
        facts={"role": "contadora", "interests": ["excel"]},
        needs_person=True,
    )
    answer = model_of(server).answer(PROMPT, soon())
    assert answer.text == "¡Hola! 👋"
    assert answer.question is Question.SYLLABUS
    assert answer.course_ids == ("C2", "C1")
    assert answer.intent is Intent.COURSE_DETAILS
    assert (answer.learnt.role, answer.learnt.interests) == ("contadora", ("excel",))
    assert answer.needs_person
    assert answer.usage
    assert (answer.usage.input_tokens, answer.usage.cached_tokens) == (1900, 1024)
    assert answer.usage.output_tokens == 120


def test_the_rules_come_first_and_the_message_last(server: OpenAIServer) -> None:
    model_of(server).answer(PROMPT, soon())
    (request,) = server.requests
    assert request["path"] == "/v1/chat/completions"
    assert request["body"]["model"] == "small-model"
    assert request["body"]["response_format"]["json_schema"]["strict"] is True
    said = [(part["role"], part["content"]) for part in request["body"]["messages"]]
    assert said == [
        ("system", PROMPT.rules),
        *PROMPT.turns,
        ("system", PROMPT.facts),
        ("user", PROMPT.message),
    ]


@pytest.mark.parametrize(("behaviour", "outcome"), BAD.values(), ids=BAD)
def test_every_bad_answer_is_told_apart_after_exactly_one_request(
    server: OpenAIServer, behaviour: Behaviour, outcome: Outcome
) -> None:
    server.behaviour = behaviour
    assert outcome_of(model_of(server)) is outcome
    assert len(server.requests) == 1


@pytest.mark.parametrize("bad", ["cut off", "a refusal", "an unknown intent"])
def test_what_a_useless_answer_used_is_told_all_the_same(server: OpenAIServer, bad: str) -> None:
    server.behaviour = BAD[bad][0]
    with pytest.raises(ModelUnavailable) as caught:
        model_of(server).answer(PROMPT, soon())
    assert caught.value.usage
    assert caught.value.usage.output_tokens == 120


def test_nobody_listening_is_a_failed_connection(server: OpenAIServer) -> None:
    model = model_of(server)
    server.shutdown()
    server.server_close()
    assert outcome_of(model) is Outcome.CONNECTION


@pytest.mark.parametrize("behaviour", [waits, drips])
def test_the_deadline_holds_for_the_whole_call(server: OpenAIServer, behaviour: Behaviour) -> None:
    model = model_of(server)
    model.warm_up()
    server.behaviour = behaviour
    assert outcome_of(model, SHORT_S) is Outcome.TIMEOUT
    # The server had more to say, or had not begun: nothing but the deadline ended the call.
    assert not server.over.is_set()
    assert len(server.requests) <= 1


def test_a_voice_note_is_sent_as_a_file_and_read_as_text(server: OpenAIServer) -> None:
    server.hearing = hears(" hola, quiero un curso ")
    transcript = model_of(server).transcribe(NOTE, soon())
    assert transcript.text == "hola, quiero un curso"
    assert transcript.usage
    assert transcript.usage.input_tokens == 60
    (request,) = server.requests
    assert b'filename="voice.ogg"' in request["body"]
    assert NOTE.content in request["body"]


def test_a_minute_of_audio_is_counted_where_the_model_counts_so(server: OpenAIServer) -> None:
    server.hearing = gives(b'{"text": "hola", "usage": {"type": "duration", "seconds": 7}}')
    usage = model_of(server).transcribe(NOTE, soon()).usage
    assert usage
    assert usage.audio_s == 7


@pytest.mark.parametrize("text", ['{"text": ""}', '{"text": 5}', "[]", "{}"])
def test_a_voice_note_without_words_is_no_transcript(server: OpenAIServer, text: str) -> None:
    server.hearing = gives(text.encode())
    with pytest.raises(ModelUnavailable):
        model_of(server).transcribe(NOTE, soon())


def test_after_three_failures_in_a_row_nobody_is_asked_for_a_while(server: OpenAIServer) -> None:
    model = model_of(server)
    server.behaviour = fails_with(500)
    for _ in range(3):
        assert model.is_up
        assert outcome_of(model) is Outcome.SERVER_ERROR
    assert not model.is_up
    server.behaviour = says("hola")
    assert outcome_of(model) is Outcome.RESTING
    assert len(server.requests) == 3


def test_after_the_rest_one_call_tries_while_the_others_do_not_wait(server: OpenAIServer) -> None:
    model = model_of(server)
    server.behaviour = fails_with(500)
    for _ in range(3):
        outcome_of(model)
    asked, answers = Event(), Event()

    def thinks(handler) -> None:
        asked.set()
        answers.wait(GENEROUS_S)
        says("hola")(handler)

    server.behaviour = thinks
    rested(model)
    with ThreadPoolExecutor(1) as threads:
        trial = threads.submit(model.answer, PROMPT, soon())
        assert asked.wait(GENEROUS_S)
        assert outcome_of(model) is Outcome.RESTING
        answers.set()
        assert trial.result().text == "hola"
    assert model.answer(PROMPT, soon()).text == "hola"


def rested(model: OpenAIModel) -> None:
    """Let the breaker's half minute be over; it counts by the monotonic clock."""
    model._breaker._opened = time.monotonic() - 60


def test_a_failed_trial_lets_the_provider_rest_again(server: OpenAIServer) -> None:
    model = model_of(server)
    server.behaviour = fails_with(503)
    for _ in range(3):
        outcome_of(model)
    rested(model)
    assert outcome_of(model) is Outcome.SERVER_ERROR
    assert outcome_of(model) is Outcome.RESTING


@pytest.mark.parametrize("bad", ["cut off", "filtered", "a refusal"])
def test_what_is_wrong_with_one_message_does_not_stop_the_next(
    server: OpenAIServer, bad: str
) -> None:
    model = model_of(server)
    server.behaviour = BAD[bad][0]
    for _ in range(4):
        outcome_of(model)
    server.behaviour = says("hola")
    assert model.answer(PROMPT, soon()).text == "hola"


def test_an_answer_in_between_keeps_the_model_up(server: OpenAIServer) -> None:
    model = model_of(server)
    for behaviour in (fails_with(500), fails_with(500), says("hola"), fails_with(500)):
        server.behaviour = behaviour
        try:
            model.answer(PROMPT, soon())
        except ModelUnavailable:
            continue
    assert model.is_up


def test_when_all_threads_wait_the_next_is_told_at_once(server: OpenAIServer) -> None:
    model = model_of(server, TimedCalls(1, "test"))
    server.behaviour = waits
    model.warm_up()
    with ThreadPoolExecutor(1) as threads:
        first = threads.submit(outcome_of, model, GENEROUS_S)
        while not server.requests:
            time.sleep(0.01)
        assert outcome_of(model) is Outcome.BUSY
        server.over.set()
        assert first.result() is Outcome.CONNECTION


def test_a_call_that_is_late_gives_its_thread_back_when_it_ends() -> None:
    calls, ends = TimedCalls(1, "test"), Event()
    late = calls.start(lambda: ends.wait(GENEROUS_S))
    with pytest.raises(TimeoutError):
        result_of(late, soon(0.01))
    with pytest.raises(TooManyCalls):
        calls.start(lambda: True)
    ends.set()
    late.result(GENEROUS_S)
    while not calls._free.acquire(blocking=False):
        time.sleep(0.01)
    calls._free.release()
    assert result_of(calls.start(lambda: 5), soon()) == 5


def test_the_error_names_no_key_and_no_text(server: OpenAIServer) -> None:
    server.behaviour = fails_with(401)
    with pytest.raises(ModelUnavailable) as caught:
        model_of(server).answer(PROMPT, soon())
    assert "sk-test" not in str(caught.value)
    assert PROMPT.message not in str(caught.value)


def test_without_a_key_there_is_a_model_that_is_never_up() -> None:
    model = NullModel()
    assert not model.is_up
    with pytest.raises(ModelUnavailable):
        model.answer(PROMPT, soon())
    with pytest.raises(ModelUnavailable):
        model.transcribe(NOTE, soon())
