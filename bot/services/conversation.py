"""One inbound message becomes one reply. This is the only orchestrator."""

import time
from dataclasses import dataclass
from typing import Any

import structlog

from bot.clients.llm import current_model
from bot.extensions import settings
from bot.models.leads import LeadChange, LeadMemory
from bot.models.messages import (
    InboundMessage,
    MessageKind,
    Reply,
    ReplySource,
    ServiceLevel,
    Turn,
    TurnState,
)
from bot.models.understanding import Facts, Guess, Intent
from bot.services import answers, catalogue, database, metrics, scoring, turns
from bot.services.catalogue import Findings
from bot.services.intents import classify
from bot.services.profile import extract
from bot.services.replies import Situation, render
from bot.services.spanish import fold

log = structlog.get_logger(__name__)

_LONGEST_UNDERSTOOD = 2000
_LONGEST_REMEMBERED = 1000
_LONGEST_FACT = 255
_MOST_REFUSED, _MOST_SEEN = 20, 60
_LONGEST_WAIT_BEFORE_THE_MODEL_S = 2.0
"""Twilio waits 15 s in all; a message taken over from a dead worker has used up some of them."""

_READ_AS_TEXT = frozenset(
    {MessageKind.TEXT, MessageKind.BUTTON, MessageKind.IMAGE, MessageKind.VIDEO}
)
_TEMPLATE_OF_KIND = {
    MessageKind.VOICE: "voice",
    MessageKind.IMAGE: "image",
    MessageKind.VIDEO: "video",
    MessageKind.DOCUMENT: "document",
    MessageKind.STICKER: "sticker",
    MessageKind.LOCATION: "location",
    MessageKind.CONTACT: "contact_card",
    MessageKind.REACTION: None,
}
_BACK_AGAIN = frozenset({"alta", "start", "iniciar", "unstop"})
_LET_BE = frozenset({Intent.COURTESY, Intent.OPT_OUT})
"""What somebody who left may say without being written to again."""

_STAGE_OF = {
    Intent.EXPLORATION: "exploring",
    Intent.AUTOMATION_NEED: "exploring",
    Intent.PROFESSION_CHANGE: "exploring",
    Intent.COURSE_DETAILS: "considering",
    Intent.PRICE_INQUIRY: "considering",
    Intent.OBJECTION_PRICE: "considering",
    Intent.OBJECTION_TIME: "considering",
    Intent.OBJECTION_VALUE: "considering",
    Intent.OBJECTION_TRUST: "considering",
    Intent.BUYING_SIGNALS: "buying",
    Intent.CONTACT_REQUEST: "handoff",
    Intent.OPT_OUT: "closed",
}
_EXTRA_FACTS = ("company", "email", "level", "modality", "budget", "currency")
_LABELS = {
    "name": "Nombre",
    "role": "Ocupación",
    "company": "Empresa",
    "email": "Correo",
    "level": "Nivel",
    "modality": "Modalidad preferida",
    "budget": "Presupuesto",
    "currency": "Moneda",
}


@dataclass(frozen=True, slots=True)
class _Understood:
    """What a message means: an intent with its facts, or the template of its kind."""

    text: str
    guess: Guess | None
    facts: Facts
    template: str | None


def handle_message(inbound: InboundMessage) -> Reply:
    """Answer one message: log it, understand it, word a reply, remember what it changed.

    The same ``message_sid`` again brings the same reply and changes nothing.
    """
    started = time.monotonic()
    turn = turns.open_turn(inbound)
    if turn.state is TurnState.ANSWERED and turn.reply:
        metrics.count_repeat()
        return turn.reply
    in_time = time.monotonic() - started < _LONGEST_WAIT_BEFORE_THE_MODEL_S
    understood = _understand(turn)
    findings = _findings(turn, understood)
    reply = _word(turn, understood, findings, may_ask=in_time)
    closed = turns.close_turn(turn, _change(turn, understood, findings, reply), reply)
    _report(turn, reply)
    return closed.reply or reply


def warm_up() -> None:
    """Do once, at start, what the first message would otherwise wait for."""
    classify("hola")
    extract("hola")
    catalogue.warm_up()
    render("greeting", Situation(school=settings().school_name), "")
    current_model().warm_up()


def _understand(turn: Turn) -> _Understood:
    inbound = turn.inbound
    text = inbound.body.strip()[:_LONGEST_UNDERSTOOD]
    if inbound.kind not in _READ_AS_TEXT or not text:
        template = _TEMPLATE_OF_KIND.get(inbound.kind, "unsupported")
        return _Understood(text, None, Facts(), template)
    if turn.memory.opted_out and fold(text) in _BACK_AGAIN:
        return _Understood(text, None, Facts(), "opt_in")
    guess = classify(text)
    leaves_in_peace = turn.memory.opted_out and guess.intent in _LET_BE
    template = None if leaves_in_peace else guess.intent.lower()
    return _Understood(text, guess, extract(text), template)


def _findings(turn: Turn, understood: _Understood) -> Findings:
    if not understood.guess or understood.template is None:
        return Findings()
    intent = understood.guess.intent
    if intent not in catalogue.ANSWERED_WITH_COURSES:
        return Findings()
    # The database was waited for a moment ago; one time-out a message is enough.
    is_away = turns.went_to_files(turn) and database.is_failing()
    return catalogue.find_for(understood.text, intent, understood.facts, turn.memory, is_away)


def _word(turn: Turn, understood: _Understood, findings: Findings, may_ask: bool) -> Reply:
    intent = understood.guess.intent if understood.guess else None
    confidence = understood.guess.confidence if understood.guess else 1.0
    level = service_level(findings.is_current)
    about = findings.focus.id_course if findings.focus else None
    if understood.template is None:
        return Reply("", intent, confidence, ReplySource.SILENCE, level)
    if intent and may_ask:
        school = settings().school_name
        text = answers.word_reply(understood.text, intent, turn.memory, findings, school)
        if text:
            return Reply(text, intent, confidence, ReplySource.MODEL, level, about)
    situation = _situation(turn.memory, understood.facts, findings)
    text = render(understood.template, situation, turn.inbound.message_sid)
    return Reply(text, intent, confidence, ReplySource.TEMPLATE, level, about)


def service_level(catalogue_is_current: bool = True) -> ServiceLevel:
    """What is up at this moment, as docs/ARCHITECTURE.md names the four levels."""
    has_database = settings().has_database and catalogue_is_current and not database.is_away()
    if current_model().is_up:
        return ServiceLevel.FULL if has_database else ServiceLevel.AI_ONLY
    return ServiceLevel.CATALOG_ONLY if has_database else ServiceLevel.BASIC


def _situation(memory: LeadMemory, facts: Facts, findings: Findings) -> Situation:
    config = settings()
    name = facts.name or memory.name
    return Situation(
        school=config.school_name,
        name=name.split()[0] if name else None,
        returning=memory.interaction_count > 0,
        courses=tuple(findings.cards()),
        matched=findings.matched,
        topic=findings.topic,
        about_one=findings.about_one,
        catalogue_known=findings.known,
        pain=next(iter(facts.pain_points), None),
        role=facts.role or memory.role,
        adviser_contact=config.adviser_contact or None,
        privacy_url=config.privacy_url or None,
        known_facts=_known_facts(memory),
    )


def _known_facts(memory: LeadMemory) -> tuple[tuple[str, str], ...]:
    known = {"name": memory.name, "role": memory.role, **memory.additional_data}
    pairs = [(label, str(known[key])) for key, label in _LABELS.items() if known.get(key)]
    lists = (("Intereses", memory.interests), ("Lo que te complica", memory.pain_points))
    return (*pairs, *((label, ", ".join(values)) for label, values in lists if values))


def _change(turn: Turn, understood: _Understood, findings: Findings, reply: Reply) -> LeadChange:
    facts = understood.facts
    intent = understood.guess.intent if understood.guess else None
    return LeadChange(
        at=turn.inbound.received_at,
        facts=_told(facts) | _progress(intent, understood.template, findings, turn.memory),
        interests=facts.interests,
        pain_points=facts.pain_points,
        points=scoring.points(intent),
        rewards=scoring.rewards(facts),
        stage=_STAGE_OF.get(intent) if intent else None,
        said=_said(turn.inbound, reply),
    )


def _told(facts: Facts) -> dict[str, Any]:
    names = ("name", "role", *_EXTRA_FACTS)
    told = ((name, getattr(facts, name)) for name in names)
    return {name: _clipped(value) for name, value in told if value is not None}


def _clipped(value: str | float) -> str | float:
    """As much of a fact as its column holds."""
    return value[:_LONGEST_FACT] if isinstance(value, str) else value


def _progress(
    intent: Intent | None, template: str | None, findings: Findings, memory: LeadMemory
) -> dict[str, Any]:
    progress: dict[str, Any] = {}
    if intent is Intent.OPT_OUT:
        progress["opted_out"] = True
    if template == "opt_in":
        progress |= {"opted_out": None, "stage": "exploring"}
    if findings.focus:
        progress["current_course"] = findings.focus.name
        progress["current_course_id"] = str(findings.focus.id_course)
    current = memory.additional_data.get("current_course_id")
    if intent is Intent.OBJECTION_VALUE and current:
        refused = [*memory.values("refused_courses"), current]
        progress["refused_courses"] = refused[-_MOST_REFUSED:]
    if findings.courses and not findings.about_one:
        shown = [str(course.id_course) for course in findings.courses]
        progress["shown_courses"] = shown
        progress["seen_courses"] = [*memory.values("seen_courses"), *shown][-_MOST_SEEN:]
    return progress


def _said(inbound: InboundMessage, reply: Reply) -> tuple[dict[str, Any], ...]:
    at = inbound.received_at.isoformat()
    heard = inbound.body[:_LONGEST_REMEMBERED] or f"[{inbound.kind}]"
    turn = [{"role": "user", "content": heard, "timestamp": at}]
    if reply.text:
        answer = reply.text[:_LONGEST_REMEMBERED]
        turn.append({"role": "assistant", "content": answer, "timestamp": at})
    return tuple(turn)


def _report(turn: Turn, reply: Reply) -> None:
    metrics.count_reply(reply)
    log.info(
        "message_answered",
        message_sid=turn.inbound.message_sid,
        kind=turn.inbound.kind,
        intent=reply.intent,
        source=reply.source,
        service_level=reply.level,
    )
