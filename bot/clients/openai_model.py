"""OpenAI's models through the ``openai`` package, which is slow to import: only when configured."""

import json
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from functools import cached_property
from importlib import import_module
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeVar

from circuitbreaker import STATE_HALF_OPEN, CircuitBreaker

from bot.clients.llm import Answer, ModelUnavailable, Prompt, Recording, Transcript
from bot.clients.timed_calls import TimedCalls, TooManyCalls, result_of
from bot.models.model_calls import Outcome, Usage
from config import Config

if TYPE_CHECKING:
    from openai import OpenAI

T = TypeVar("T")

_FAILURES_TO_OPEN = 3
_RETRY_AFTER_S = 30
_LONGEST_BODY = 200_000
_CACHE_KEY = "brenda"

_OF_STATUS = {
    401: Outcome.UNAUTHORIZED,
    403: Outcome.UNAUTHORIZED,
    408: Outcome.TIMEOUT,
    429: Outcome.RATE_LIMITED,
}
_OF_CODE = {
    "insufficient_quota": Outcome.QUOTA,
    "content_filter": Outcome.CONTENT_FILTER,
}
"""Error codes that say more than the status: https://platform.openai.com/docs/guides/error-codes"""

_OF_FINISH = {"length": Outcome.TOO_LONG, "content_filter": Outcome.CONTENT_FILTER}
_OF_THIS_MESSAGE = frozenset({Outcome.CONTENT_FILTER, Outcome.REFUSAL, Outcome.TOO_LONG})
"""Outcomes that say nothing about whether the next message would fare better."""


class OpenAIModel:
    """Chat completions and transcriptions, one call each, never repeated."""

    def __init__(self, config: Config, calls: TimedCalls) -> None:
        self._config = config
        self._calls = calls
        self._trial = Lock()
        self._breaker = CircuitBreaker(
            failure_threshold=_FAILURES_TO_OPEN,
            recovery_timeout=_RETRY_AFTER_S,
            expected_exception=_counts_as_failure,
            name="openai",
        )

    @property
    def is_up(self) -> bool:
        """False for a while after several failures in a row."""
        return not self._breaker.opened

    def warm_up(self) -> None:
        """Import the packages and build the client, which has no connection yet."""
        import_module("bot.clients.openai_answers")
        _ = self._client.chat.completions.with_streaming_response

    def close(self) -> None:
        """See :class:`bot.clients.llm.LanguageModel`."""
        if "_client" in self.__dict__:
            self._client.close()

    def answer(self, prompt: Prompt, deadline: float) -> Answer:
        """See :class:`bot.clients.llm.LanguageModel`."""
        return self._in_time(lambda: self._ask(prompt, deadline), deadline)

    def transcribe(self, recording: Recording, deadline: float) -> Transcript:
        """See :class:`bot.clients.llm.LanguageModel`."""
        return self._in_time(lambda: self._hear(recording, deadline), deadline)

    def _in_time(self, call: Callable[[], T], deadline: float) -> T:
        with self._one_trial():
            try:
                started = self._calls.start(call)
            except TooManyCalls as error:
                raise ModelUnavailable(Outcome.BUSY) from error
            with self._breaker:
                try:
                    return result_of(started, deadline)
                except TimeoutError as error:
                    raise ModelUnavailable(Outcome.TIMEOUT) from error

    @contextmanager
    def _one_trial(self) -> Generator[None]:
        """After a rest one call finds out whether the provider is back; the others do not wait."""
        if self._breaker.opened:
            raise ModelUnavailable(Outcome.RESTING)
        if self._breaker.state != STATE_HALF_OPEN:
            yield
            return
        if not self._trial.acquire(blocking=False):
            raise ModelUnavailable(Outcome.RESTING)
        try:
            yield
        finally:
            self._trial.release()

    def _ask(self, prompt: Prompt, deadline: float) -> Answer:
        from bot.clients.openai_answers import RESPONSE_FORMAT, read_answer

        with _named_errors():
            # Not parse(): the body is read piece by piece, so that its end can be waited for.
            streamed = self._client.chat.completions.with_streaming_response.create(
                model=self._config.openai_model,
                max_completion_tokens=self._config.openai_max_output_tokens,
                messages=_messages(prompt),
                response_format=RESPONSE_FORMAT,
                prompt_cache_key=_CACHE_KEY,
                timeout=max(deadline - time.monotonic(), 0.001),
            )
            with streamed as response:
                completion = json.loads(_body(response.iter_bytes(), deadline))
            usage = usage_of(completion)
            choice = completion["choices"][0]
            message = choice["message"]
            if outcome := _OF_FINISH.get(choice.get("finish_reason")):
                raise ModelUnavailable(outcome, usage)
            if message.get("refusal"):
                raise ModelUnavailable(Outcome.REFUSAL, usage)
            if not (message.get("content") or "").strip():
                raise ModelUnavailable(Outcome.EMPTY, usage)
            try:
                answer = read_answer(message["content"], usage)
            except ValueError as error:
                raise ModelUnavailable(Outcome.MALFORMED, usage) from error
            if not answer.text:
                raise ModelUnavailable(Outcome.EMPTY, usage)
            return answer

    def _hear(self, recording: Recording, deadline: float) -> Transcript:
        with _named_errors():
            streamed = self._client.audio.transcriptions.with_streaming_response.create(
                model=self._config.openai_transcription_model,
                file=(recording.file_name, recording.content),
                language="es",
                response_format="json",
                timeout=max(deadline - time.monotonic(), 0.001),
            )
            with streamed as response:
                heard = json.loads(_body(response.iter_bytes(), deadline))
            usage = usage_of(heard)
            if not heard["text"].strip():
                raise ModelUnavailable(Outcome.EMPTY, usage)
            return Transcript(heard["text"].strip(), usage)

    @cached_property
    def _client(self) -> "OpenAI":
        from openai import OpenAI

        return OpenAI(
            api_key=self._config.openai_api_key,
            base_url=self._config.openai_base_url or None,
            timeout=self._config.openai_timeout_s,
            max_retries=0,
        )


def _messages(prompt: Prompt) -> list[Any]:
    return [
        {"role": "system", "content": prompt.rules},
        *({"role": role, "content": text} for role, text in prompt.turns),
        {"role": "system", "content": prompt.facts},
        {"role": "user", "content": prompt.message},
    ]


def _body(pieces: Iterator[bytes], deadline: float) -> bytes:
    """The whole body; one that drips or has no end must not hold the thread."""
    body = bytearray()
    for piece in pieces:
        body += piece
        if time.monotonic() > deadline:
            raise ModelUnavailable(Outcome.TIMEOUT)
        if len(body) > _LONGEST_BODY:
            raise ModelUnavailable(Outcome.MALFORMED)
    return bytes(body)


def usage_of(answered: dict[str, Any]) -> Usage | None:
    """What the provider says that a call used; transcriptions name their figures otherwise."""
    used: dict[str, Any] = answered.get("usage") or {}
    if "prompt_tokens" in used:
        details: dict[str, Any] = used.get("prompt_tokens_details") or {}
        cached = details.get("cached_tokens") or 0
        return Usage(used["prompt_tokens"], cached, used["completion_tokens"])
    if "input_tokens" in used:
        return Usage(used["input_tokens"], 0, used["output_tokens"])
    return Usage(audio_s=float(used["seconds"])) if "seconds" in used else None


@contextmanager
def _named_errors() -> Generator[None]:
    """Whatever the packages raise, as :class:`ModelUnavailable` with the outcome's name.

    A 200 with broken JSON, or with HTML, is no error to the package; what is wrong with the body
    shows when it is read.
    """
    from httpx2 import HTTPError, TimeoutException
    from openai import APIConnectionError, APIStatusError, APITimeoutError, OpenAIError

    try:
        yield
    except (APITimeoutError, TimeoutException) as error:
        raise ModelUnavailable(Outcome.TIMEOUT) from error
    except APIStatusError as error:
        raise ModelUnavailable(_outcome_of(error.status_code, error.code)) from error
    except (APIConnectionError, HTTPError) as error:
        raise ModelUnavailable(Outcome.CONNECTION) from error
    except (OpenAIError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise ModelUnavailable(Outcome.MALFORMED) from error


def _outcome_of(status: int, code: str | None) -> Outcome:
    by_status = Outcome.SERVER_ERROR if status >= 500 else Outcome.REJECTED
    return _OF_CODE.get(code or "") or _OF_STATUS.get(status, by_status)


def _counts_as_failure(_kind: type[BaseException], error: BaseException) -> bool:
    return isinstance(error, ModelUnavailable) and error.outcome not in _OF_THIS_MESSAGE
