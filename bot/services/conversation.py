"""One inbound message becomes one reply. This is the only orchestrator."""

import time

import structlog

from bot.clients.llm import current_model
from bot.extensions import settings
from bot.models.messages import (
    InboundMessage,
    Reply,
    ReplySource,
    ServiceLevel,
    Turn,
    TurnState,
)
from bot.models.model_calls import ModelCall
from bot.models.understanding import Intent
from bot.services import answers, catalogue, database, intents, metrics, spending, turns, turnstile
from bot.services.catalogue import Findings, Wanted
from bot.services.hearing import heard
from bot.services.profile import extract
from bot.services.remembering import change_of
from bot.services.replies import Situation, render
from bot.services.understanding import Understood, understand
from bot.services.wording import Worded, word

log = structlog.get_logger(__name__)

_SHARE_OF_THE_MODEL = 0.95
"""Of the time that a reply may take; the rest is for checking, or for the template instead."""


def handle_message(inbound: InboundMessage) -> Reply:
    """Answer one message: log it, understand it, word a reply, remember what it changed.

    The same ``message_sid`` again brings the same reply and changes nothing.
    """
    deadline = time.monotonic() + _SHARE_OF_THE_MODEL * settings().openai_timeout_s
    with turnstile.inside():
        return _answered(inbound, deadline)


def _answered(inbound: InboundMessage, deadline: float) -> Reply:
    turn = turns.open_turn(inbound)
    if turn.state is TurnState.ANSWERED and turn.reply:
        metrics.count_repeat()
        return turn.reply
    turn, hearing = heard(turn, deadline)
    understood = understand(turn)
    findings = _findings(turn, understood)
    worded = word(turn, understood, findings, deadline)
    calls = tuple(filter(None, (hearing, worded.call)))
    reply = _reply(findings, worded, calls)
    usd = spending.note(calls)
    closed = turns.close_turn(turn, change_of(turn, findings, worded, usd), reply)
    _report(turn, reply)
    return closed.reply or reply


def warm_up() -> None:
    """Do once, at start, what the first message would otherwise wait for."""
    intents.classify("hola")
    extract("hola")
    turns.warm_up()
    catalogue.warm_up()
    render("greeting", Situation(school=settings().school_name), "")
    if settings().openai_api_key:
        answers.warm_up()
    current_model().warm_up()


def service_level(catalogue_is_current: bool = True) -> ServiceLevel:
    """What is up at this moment, as docs/ARCHITECTURE.md names the four levels."""
    has_database = settings().has_database and catalogue_is_current and not database.is_away()
    if current_model().is_up:
        return ServiceLevel.FULL if has_database else ServiceLevel.AI_ONLY
    return ServiceLevel.CATALOG_ONLY if has_database else ServiceLevel.BASIC


def _findings(turn: Turn, understood: Understood) -> Findings:
    meaning = understood.meaning
    speaks_of_courses = meaning and understood.template == meaning.intent.lower()
    if not meaning or meaning.intent not in catalogue.ANSWERED_WITH_COURSES:
        return Findings()
    if not speaks_of_courses and understood.template != "which":
        return Findings()
    # The database was waited for a moment ago; one time-out a message is enough.
    is_away = turns.went_to_files(turn) and database.is_failing()
    wanted = Wanted(
        understood.text,
        meaning.intent,
        understood.facts,
        turn.memory,
        understood.context,
        meaning.asks(Intent.COURSE_DETAILS),
        meaning.reference,
        of_the_list=understood.template == "which",
    )
    return catalogue.find_for(wanted, is_away)


def _reply(findings: Findings, worded: Worded, calls: tuple[ModelCall, ...]) -> Reply:
    source = ReplySource.MODEL if worded.by_model else ReplySource.TEMPLATE
    meaning = worded.understood.meaning
    return Reply(
        worded.text,
        (meaning and meaning.noted_as) or worded.understood.intent,
        meaning.confidence if meaning else 1.0,
        source if worded.text else ReplySource.SILENCE,
        service_level(findings.is_current),
        findings.focus.id_course if findings.focus else None,
        calls,
    )


def _report(turn: Turn, reply: Reply) -> None:
    metrics.count_reply(reply)
    log.info(
        "message_answered",
        message_sid=turn.inbound.message_sid,
        kind=turn.inbound.kind,
        intent=reply.intent,
        source=reply.source,
        service_level=reply.level,
        model_calls=[f"{call.purpose}: {call.outcome}" for call in reply.calls],
    )
