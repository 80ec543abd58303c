"""The language model as the services see it: OpenAI (bot/clients/openai_model.py), or nothing."""

from dataclasses import dataclass, field
from typing import Protocol

from flask import current_app

from bot.errors import BotError
from bot.models.context import Question
from bot.models.model_calls import Outcome, Usage
from bot.models.understanding import Intent


class ModelUnavailable(BotError):
    """The language model gave no usable answer in time.

    ``usage`` is what the call used all the same, when that is known.
    """

    status = 503

    def __init__(self, outcome: Outcome, usage: Usage | None = None) -> None:
        super().__init__(f"The language model gave no usable answer: {outcome}.")
        self.outcome = outcome
        self.usage = usage


@dataclass(frozen=True, slots=True)
class Prompt:
    """What the model is told, the stable part first, so that the provider can cache it.

    ``turns`` are (role, text) pairs of the conversation, oldest first; role is ``user`` or
    ``assistant``.
    """

    rules: str
    turns: tuple[tuple[str, str], ...]
    facts: str
    message: str


@dataclass(frozen=True, slots=True)
class Learnt:
    """What the model says that the message tells of its writer; empty is nothing."""

    name: str | None = None
    role: str | None = None
    company: str | None = None
    level: str | None = None
    modality: str | None = None
    interests: tuple[str, ...] = ()
    pain_points: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """The model's structured answer.

    ``question`` is what a bare "sí" to the end of ``text`` would mean, ``course_ids`` the ids, as
    the facts name them, of the courses that it speaks of, in their order.
    """

    text: str
    intent: Intent
    question: Question | None = None
    course_ids: tuple[str, ...] = ()
    learnt: Learnt = field(default_factory=Learnt)
    needs_person: bool = False
    usage: Usage | None = None


@dataclass(frozen=True, slots=True)
class Recording:
    """A voice note: its bytes, and a file name that tells the format."""

    content: bytes
    file_name: str


@dataclass(frozen=True, slots=True)
class Transcript:
    """What was heard."""

    text: str
    usage: Usage | None = None


class LanguageModel(Protocol):
    """Something that words replies and hears voice notes, each in one call within a deadline.

    Deadlines are moments of :func:`time.monotonic`.
    """

    @property
    def is_up(self) -> bool:
        """Whether asking is worth the try."""
        ...

    def warm_up(self) -> None:
        """Import and build what the first call would otherwise wait for."""
        ...

    def close(self) -> None:
        """Give back what is held: connections that were kept for the next call."""
        ...

    def answer(self, prompt: Prompt, deadline: float) -> Answer:
        """The model's answer.

        Raises:
            ModelUnavailable: when there is no usable answer before the deadline.
        """
        ...

    def transcribe(self, recording: Recording, deadline: float) -> Transcript:
        """The words of a voice note in Spanish.

        Raises:
            ModelUnavailable: when there are none before the deadline.
        """
        ...


class NullModel:
    """Stands in when no model is configured."""

    is_up = False

    def warm_up(self) -> None:
        """Nothing to do."""

    def close(self) -> None:
        """Nothing to give back."""

    def answer(self, prompt: Prompt, deadline: float) -> Answer:  # noqa: ARG002
        """Always raise :class:`ModelUnavailable`."""
        raise ModelUnavailable(Outcome.RESTING)

    def transcribe(self, recording: Recording, deadline: float) -> Transcript:  # noqa: ARG002
        """Always raise :class:`ModelUnavailable`."""
        raise ModelUnavailable(Outcome.RESTING)


def current_model() -> LanguageModel:
    """The model of the running app."""
    return current_app.extensions["language_model"]
