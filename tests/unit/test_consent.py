"""Consent as a state machine: what each message does to it, and what each state allows."""

from datetime import UTC, datetime
from typing import Any

import pytest

from bot.models.context import Context, Question
from bot.models.leads import LeadMemory
from bot.models.messages import InboundMessage, MessageKind
from bot.models.understanding import Intent
from bot.services.consent import (
    NOTICE,
    OFF,
    REQUIRED,
    Event,
    State,
    Step,
    may_be_noted,
    may_reach_model,
    state_of,
    step,
    with_receipt,
)

AT = datetime(2027, 3, 1, 12, tzinfo=UTC)
PRICE = "¿cuánto cuesta?"
NOBODY = LeadMemory("5215512345678")
ASKED = Context(at=AT, asked=Question.CONSENT)


def lead(state: State) -> LeadMemory:
    return LeadMemory("5215512345678", additional_data={"consent": {"state": state}})


def inbound(text: str, sid: str = "SM1") -> InboundMessage:
    return InboundMessage(
        sid, "5215512345678", "whatsapp:+5215512345678", "whatsapp:+1", MessageKind.TEXT, text, AT
    )


def step_of(
    text: str,
    state: State = State.UNKNOWN,
    intent: Intent = Intent.PRICE_INQUIRY,
    context: Context = ASKED,
    mode: str = REQUIRED,
) -> Step:
    return step(mode, text, intent, lead(state), context)


# Where a lead stands


@pytest.mark.parametrize(
    ("known", "state"),
    [
        ({}, State.UNKNOWN),
        ({"privacy_accepted": True}, State.ACCEPTED),
        ({"privacy_accepted": False}, State.UNKNOWN),
        ({"consent": None}, State.UNKNOWN),
        ({"consent": "damaged"}, State.UNKNOWN),
        ({"consent": []}, State.UNKNOWN),
        ({"consent": {}}, State.UNKNOWN),
        ({"consent": {}, "privacy_accepted": True}, State.ACCEPTED),
        ({"consent": {"state": "accepted"}}, State.ACCEPTED),
        ({"consent": {"state": "refused"}, "privacy_accepted": True}, State.REFUSED),
    ],
)
def test_the_state_is_that_of_the_memory(known: dict[str, Any], state: State) -> None:
    assert state_of(LeadMemory("1", additional_data=known)) is state


# Without consent


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("text", ["hola", "acepto", "no acepto", "sí", "no", PRICE])
def test_where_consent_is_off_nothing_happens(text: str, state: State) -> None:
    assert step_of(text, state, mode=OFF) == Step()


# A notice


@pytest.mark.parametrize("intent", [Intent.GREETING, Intent.PRICE_INQUIRY, Intent.OFF_TOPIC])
def test_a_notice_follows_the_first_answer(intent: Intent) -> None:
    first = step_of("hola", intent=intent, context=Context(), mode=NOTICE)
    assert first == Step(Event.NOTICED, after="privacy_notice")


@pytest.mark.parametrize("state", [State.NOTICED, State.ASKED, State.ACCEPTED, State.REFUSED])
def test_a_notice_is_given_once(state: State) -> None:
    assert step_of(PRICE, state, context=Context(), mode=NOTICE) == Step()


@pytest.mark.parametrize("intent", [Intent.COURTESY, Intent.OPT_OUT, Intent.PRIVACY_REQUEST])
def test_a_thank_you_or_a_right_brings_no_notice(intent: Intent) -> None:
    assert step_of("gracias", intent=intent, context=Context(), mode=NOTICE) == Step()


# Asked before anything is answered


def test_where_it_is_required_the_first_answer_asks_and_the_message_waits() -> None:
    first = step_of(PRICE, context=Context())
    assert first == Step(Event.ASKED, "consent_ask", waits=PRICE)


@pytest.mark.parametrize("state", [State.UNKNOWN, State.NOTICED, State.ASKED])
def test_until_it_is_given_it_is_asked_for(state: State) -> None:
    assert step_of(PRICE, state).template == "consent_ask"


@pytest.mark.parametrize("intent", [Intent.GREETING, Intent.COURTESY])
def test_a_hello_does_not_push_out_the_question_that_waits(intent: Intent) -> None:
    waiting = Context(at=AT, asked=Question.CONSENT, waiting=PRICE)
    assert step_of("hola?", State.ASKED, intent, waiting).waits == PRICE
    assert step_of("hola", State.ASKED, intent, ASKED).waits == "hola"


def test_the_last_question_is_the_one_that_waits() -> None:
    waiting = Context(at=AT, asked=Question.CONSENT, waiting=PRICE)
    assert step_of("¿cuándo empieza?", State.ASKED, context=waiting).waits == "¿cuándo empieza?"


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("intent", [Intent.OPT_OUT, Intent.PRIVACY_REQUEST])
def test_a_right_needs_no_consent(intent: Intent, state: State) -> None:
    assert step_of("borren mis datos", state, intent) == Step()


def test_who_accepted_is_answered_as_usual() -> None:
    assert step_of(PRICE, State.ACCEPTED) == Step()


def test_who_refused_is_reminded() -> None:
    assert step_of(PRICE, State.REFUSED, context=Context()) == Step(template="consent_reminder")


# A yes


@pytest.mark.parametrize("mode", [REQUIRED, NOTICE])
@pytest.mark.parametrize(
    "text",
    ["sí", "Acepto", "acepto el aviso de privacidad", "dale", "órale", "sí po", "ok", "👍", "👍🏾"],
)
def test_a_yes_to_the_question_accepts_and_answers_what_waited(text: str, mode: str) -> None:
    waiting = Context(at=AT, asked=Question.CONSENT, waiting=PRICE)
    made = step_of(text, State.ASKED, Intent.COURTESY, waiting, mode)
    assert made == Step(Event.ACCEPTED, before="consent_accepted", answers=PRICE)


@pytest.mark.parametrize("state", [State.UNKNOWN, State.NOTICED, State.REFUSED])
def test_an_explicit_consent_counts_without_a_question(state: State) -> None:
    assert step_of("acepto", state, Intent.COURTESY, Context()).event is Event.ACCEPTED


@pytest.mark.parametrize("asked", [None, Question.ENROL, Question.CHOICE])
@pytest.mark.parametrize("text", ["sí", "dale", "👍"])
def test_a_yes_to_another_question_is_no_consent(text: str, asked: Question | None) -> None:
    made = step_of(text, State.ASKED, Intent.COURTESY, Context(at=AT, asked=asked))
    assert made.event is Event.ASKED


@pytest.mark.parametrize(
    "text", ["quisiera saber el precio", "¿aceptan tarjeta?", "si tienen cursos", "acepto tarjeta"]
)
def test_what_only_sounds_like_a_yes_is_no_consent(text: str) -> None:
    assert step_of(text, State.ASKED).event is Event.ASKED


def test_who_accepted_does_not_accept_again() -> None:
    assert step_of("acepto", State.ACCEPTED, Intent.BUYING_SIGNALS, Context()) == Step()


# A no


@pytest.mark.parametrize("mode", [REQUIRED, NOTICE])
@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("text", ["no acepto", "No acepto.", "no autorizo", "rechazo el aviso"])
def test_an_explicit_refusal_counts_in_every_state(text: str, state: State, mode: str) -> None:
    made = step_of(text, state, Intent.BUYING_SIGNALS, Context(), mode)
    assert made == Step(Event.REFUSED, "consent_refused")


@pytest.mark.parametrize("text", ["no", "no gracias", "nel", "👎🏼"])
def test_a_no_to_the_question_refuses(text: str) -> None:
    assert step_of(text, State.ASKED).event is Event.REFUSED


@pytest.mark.parametrize("text", ["no", "no gracias", "👎"])
def test_a_no_to_another_question_is_no_refusal(text: str) -> None:
    enrol = Context(at=AT, asked=Question.ENROL)
    assert step_of(text, State.ACCEPTED, Intent.COURTESY, enrol) == Step()
    assert step_of(text, State.ACCEPTED, Intent.COURTESY, ASKED) == Step()


# What a state allows


@pytest.mark.parametrize("state", State)
def test_the_model_reads_only_what_the_mode_allows(state: State) -> None:
    assert may_reach_model(OFF, lead(state))
    assert may_reach_model(NOTICE, lead(state)) is (state is not State.REFUSED)
    assert may_reach_model(REQUIRED, lead(state)) is (state is State.ACCEPTED)


@pytest.mark.parametrize(
    ("state", "made", "may"),
    [
        (State.UNKNOWN, Step(), True),
        (State.UNKNOWN, Step(Event.NOTICED), True),
        (State.UNKNOWN, Step(Event.ASKED), False),
        (State.ASKED, Step(Event.ACCEPTED), True),
        (State.ASKED, Step(Event.REFUSED), False),
        (State.ACCEPTED, Step(), True),
        (State.ACCEPTED, Step(Event.REFUSED), False),
        (State.REFUSED, Step(), False),
        (State.REFUSED, Step(Event.ACCEPTED), True),
    ],
)
def test_nothing_is_noted_of_who_was_only_asked_or_refused(
    state: State, made: Step, may: bool
) -> None:
    assert may_be_noted(REQUIRED if made.event is Event.ASKED else NOTICE, lead(state), made) is may


# Receipts


def test_each_step_leaves_a_receipt() -> None:
    asked = with_receipt(NOBODY, Event.ASKED, "consent_ask", inbound(PRICE, "SM1"))
    memory = LeadMemory("1", additional_data={"consent": asked})
    accepted = with_receipt(memory, Event.ACCEPTED, "consent_accepted", inbound("acepto", "SM2"))
    assert accepted == {
        "state": "accepted",
        "receipts": [
            {
                "event": "asked",
                "text": "consent_ask",
                "at": AT.isoformat(),
                "message_sid": "SM1",
            },
            {
                "event": "accepted",
                "text": "consent_accepted",
                "at": AT.isoformat(),
                "message_sid": "SM2",
            },
        ],
    }
    assert memory.additional_data == {"consent": asked}


@pytest.mark.parametrize("event", [Event.OPTED_OUT, Event.OPTED_IN])
@pytest.mark.parametrize("state", State)
def test_leaving_and_coming_back_change_no_consent(state: State, event: Event) -> None:
    kept = with_receipt(lead(state), event, "opt_out", inbound("baja"))
    assert kept["state"] == state
    assert [receipt["event"] for receipt in kept["receipts"]] == [event]


@pytest.mark.parametrize("damaged", [None, "x", 5, []])
def test_a_damaged_consent_is_begun_anew(damaged: object) -> None:
    memory = LeadMemory("1", additional_data={"consent": damaged})
    kept = with_receipt(memory, Event.NOTICED, "privacy_notice", inbound("hola"))
    assert kept["state"] == "noticed"
    assert len(kept["receipts"]) == 1
