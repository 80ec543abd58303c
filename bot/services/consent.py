"""Whether a lead agreed to be advised here: a small state machine, with a receipt for each step.

What is kept lies in ``additional_data["consent"]``: the ``state`` and the ``receipts``, each with
the event, the text that was shown or said, the moment, and the message that it came with.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, cast

from bot.models.context import Context, Question
from bot.models.leads import LeadMemory
from bot.models.messages import InboundMessage
from bot.models.understanding import Intent
from bot.services import short_answers

NOTICE, REQUIRED, OFF = "notice", "required", "off"
"""The modes, as ``CONSENT_MODE`` names them."""

_ALWAYS_ANSWERED = frozenset({Intent.OPT_OUT, Intent.PRIVACY_REQUEST})
"""A right needs no consent."""


class State(StrEnum):
    """Where a lead stands."""

    UNKNOWN = "unknown"
    NOTICED = "noticed"
    ASKED = "asked"
    ACCEPTED = "accepted"
    REFUSED = "refused"


class Event(StrEnum):
    """What a receipt is for."""

    NOTICED = "noticed"
    ASKED = "asked"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    OPTED_OUT = "opted_out"
    OPTED_IN = "opted_in"


@dataclass(frozen=True, slots=True)
class Step:
    """What consent makes of one message.

    ``event`` happened by it. ``template`` answers it instead of anything else; without one it is
    answered as usual, after the words of ``before`` and followed by those of ``after``. ``answers``
    is a message from before that is answered now.
    """

    event: Event | None = None
    template: str | None = None
    before: str | None = None
    after: str | None = None
    answers: str | None = None
    waits: str | None = None


def step_unread(mode: str, memory: LeadMemory, context: Context) -> Step:
    """The step that a message without words makes, such as a voice note."""
    state = state_of(memory)
    if mode != REQUIRED or state is State.ACCEPTED:
        return Step()
    if state is State.REFUSED:
        return Step(template="consent_reminder")
    return Step(Event.ASKED, "consent_ask", waits=context.waiting)


def step(mode: str, text: str, intent: Intent, memory: LeadMemory, context: Context) -> Step:
    """The step that a message of ``intent`` makes; ``mode`` is that of the configuration."""
    if mode == OFF or _answers_the_erasure(text, context):
        return Step()
    state = state_of(memory)
    if short_answers.refuses(text) or _says_no(text, state, context):
        return Step(Event.REFUSED, "consent_refused")
    if _says_yes(text, state, context):
        return Step(Event.ACCEPTED, before="consent_accepted", answers=context.waiting)
    if intent in _ALWAYS_ANSWERED or state is State.ACCEPTED:
        return Step()
    if mode == REQUIRED:
        if state is State.REFUSED:
            return Step(template="consent_reminder")
        return Step(Event.ASKED, "consent_ask", waits=_worth_waiting(text, intent, context))
    is_news = state is State.UNKNOWN and intent is not Intent.COURTESY
    return Step(Event.NOTICED, after="privacy_notice") if is_news else Step()


def state_of(memory: LeadMemory) -> State:
    """Where the lead stands; an older bot noted ``privacy_accepted``."""
    kept = _kept(memory)
    if kept.get("state") in tuple(State):
        return State(kept["state"])
    return State.ACCEPTED if memory.additional_data.get("privacy_accepted") else State.UNKNOWN


def may_reach_model(mode: str, memory: LeadMemory) -> bool:
    """Whether what the lead writes may be sent to the language model."""
    state = state_of(memory)
    if mode == REQUIRED:
        return state is State.ACCEPTED
    return mode == OFF or state is not State.REFUSED


def may_be_noted(mode: str, memory: LeadMemory, step: Step) -> bool:
    """Whether what the lead says of themselves may be kept after this message."""
    state = state_of(memory)
    if step.event is Event.ACCEPTED or state is State.ACCEPTED:
        return step.event is not Event.REFUSED
    return mode != REQUIRED and State.REFUSED not in {state, step.event}


def with_receipt(
    memory: LeadMemory, event: Event, shown: str, inbound: InboundMessage
) -> dict[str, Any]:
    """What is kept after ``event``: ``shown`` names the text that the lead was sent."""
    kept = _kept(memory)
    at: datetime = inbound.received_at
    receipt = {
        "event": event,
        "text": shown,
        "at": at.isoformat(),
        "message_sid": inbound.message_sid,
    }
    is_state = event in tuple(State)
    return {
        "state": event if is_state else state_of(memory),
        "receipts": [*(kept.get("receipts") or ()), receipt],
    }


def _kept(memory: LeadMemory) -> dict[str, Any]:
    kept = memory.additional_data.get("consent")
    return cast(dict[str, Any], kept) if isinstance(kept, dict) else {}


def _says_yes(text: str, state: State, context: Context) -> bool:
    if short_answers.accepts(text):
        return state is not State.ACCEPTED
    return context.asked is Question.CONSENT and short_answers.yes_or_no(text) is True


def _answers_the_erasure(text: str, context: Context) -> bool:
    return context.asked is Question.ERASE and short_answers.yes_or_no(text) is not None


def _says_no(text: str, state: State, context: Context) -> bool:
    asked = context.asked is Question.CONSENT and state is not State.ACCEPTED
    return asked and short_answers.yes_or_no(text) is False


def _worth_waiting(text: str, intent: Intent, context: Context) -> str | None:
    """What is to be answered later: the last message that asks for something."""
    idle = intent in {Intent.GREETING, Intent.COURTESY}
    return context.waiting or text if idle else text
