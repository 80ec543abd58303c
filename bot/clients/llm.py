"""The language model: OpenAI, or nothing at all.

The ``openai`` package is slow to import, so that happens when it is first needed. Its time-outs
hold for each read only; the deadline for the whole call is kept here, by not waiting longer.
"""

import json
import time
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as DeadlinePassed
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol

from circuitbreaker import CircuitBreaker
from flask import Flask, current_app

from bot.errors import ModelUnavailable
from config import Config

if TYPE_CHECKING:
    from openai import OpenAI

_MAX_CALLS_AT_ONCE = 128
_MAX_OUTPUT_TOKENS = 500
_FAILURES_TO_OPEN = 3
_RETRY_AFTER_S = 30


@dataclass(frozen=True, slots=True)
class Prompt:
    """What the model is told: the stable rules first, then what this reply needs."""

    rules: str
    facts: str
    message: str


class LanguageModel(Protocol):
    """Something that words a reply."""

    @property
    def is_up(self) -> bool:
        """Whether asking is worth the try."""
        ...

    def warm_up(self) -> None:
        """Import and build what the first call would otherwise wait for."""
        ...

    def complete(self, prompt: Prompt) -> str:
        """The model's text.

        Raises:
            ModelUnavailable: when there is no usable text within the deadline.
        """
        ...


class NullModel:
    """Stands in when no model is configured."""

    is_up = False

    def warm_up(self) -> None:
        """Nothing to do."""

    def complete(self, prompt: Prompt) -> str:  # noqa: ARG002
        """Always raise :class:`ModelUnavailable`."""
        raise ModelUnavailable("No language model is configured: set OPENAI_API_KEY.")


class OpenAIModel:
    """Chat completions, one call each, within one deadline in seconds."""

    def __init__(self, api_key: str, base_url: str, name: str, timeout_s: float) -> None:
        self._api_key = api_key
        self._base_url = base_url
        self._name = name
        self._timeout_s = timeout_s
        self._breaker = CircuitBreaker(
            failure_threshold=_FAILURES_TO_OPEN,
            recovery_timeout=_RETRY_AFTER_S,
            expected_exception=ModelUnavailable,
            name="openai",
        )

    @property
    def is_up(self) -> bool:
        """False for a while after several failures in a row."""
        return not self._breaker.opened

    def warm_up(self) -> None:
        """Import the package; the client itself is built after the fork, in each worker."""
        import_module("openai")

    def complete(self, prompt: Prompt) -> str:
        """See :class:`LanguageModel`."""
        if not self.is_up:
            raise ModelUnavailable
        with self._breaker:
            deadline = time.monotonic() + self._timeout_s
            call = self._threads.submit(self._ask, prompt, deadline)
            return self._within_deadline(call)

    def _within_deadline(self, call: "Future[str]") -> str:
        try:
            return call.result(timeout=self._timeout_s)
        except DeadlinePassed as error:
            call.cancel()
            raise ModelUnavailable(f"No answer within {self._timeout_s} s.") from error

    def _ask(self, prompt: Prompt, deadline: float) -> str:
        from httpx2 import HTTPError
        from openai import OpenAIError

        try:
            answer: Any = json.loads(self._receive(prompt, deadline))
            text = answer["choices"][0]["message"]["content"]
        except (OpenAIError, HTTPError) as error:
            raise ModelUnavailable(type(error).__name__) from error
        except (ValueError, LookupError, TypeError) as error:
            # A 200 with broken JSON, or with HTML, is no error to the package.
            raise ModelUnavailable("The answer could not be read.") from error
        if not isinstance(text, str) or not text.strip():
            raise ModelUnavailable("The answer was empty.")
        return text.strip()

    def _receive(self, prompt: Prompt, deadline: float) -> bytes:
        """The answer's body, read piece by piece: a server that drips must not hold the thread."""
        body = bytearray()
        with self._client.chat.completions.with_streaming_response.create(
            model=self._name,
            max_completion_tokens=_MAX_OUTPUT_TOKENS,
            messages=[
                {"role": "system", "content": prompt.rules},
                {"role": "system", "content": prompt.facts},
                {"role": "user", "content": prompt.message},
            ],
        ) as response:
            for piece in response.iter_bytes():
                body += piece
                if time.monotonic() > deadline:
                    raise ModelUnavailable("The answer did not end in time.")
        return bytes(body)

    @cached_property
    def _client(self) -> "OpenAI":
        from openai import OpenAI

        return OpenAI(
            api_key=self._api_key,
            base_url=self._base_url or None,
            timeout=self._timeout_s,
            max_retries=0,
        )

    @cached_property
    def _threads(self) -> ThreadPoolExecutor:
        """Made on first use, so that each gunicorn worker has its own after the fork."""
        return ThreadPoolExecutor(_MAX_CALLS_AT_ONCE, thread_name_prefix="openai")


def init_app(app: Flask, config: Config) -> None:
    """Give ``app`` the configured model, or the null one."""
    model: LanguageModel = NullModel()
    if config.openai_api_key:
        model = OpenAIModel(
            config.openai_api_key,
            config.openai_base_url,
            config.openai_model,
            config.openai_timeout_s,
        )
    app.extensions["language_model"] = model


def current_model() -> LanguageModel:
    """The model of the running app."""
    return current_app.extensions["language_model"]
