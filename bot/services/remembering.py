"""What one message changes in what is remembered of its writer."""

from dataclasses import replace
from typing import Any

from bot.extensions import settings
from bot.models.catalogue import Course
from bot.models.context import Context, Mention, Question
from bot.models.leads import LeadChange, LeadMemory
from bot.models.messages import InboundMessage, Turn
from bot.models.understanding import Facts, Intent
from bot.services import consent, scoring
from bot.services.catalogue import Findings
from bot.services.replies import prose, version
from bot.services.understanding import Understood
from bot.services.wording import Worded

_LONGEST_REMEMBERED = 1000
_LONGEST_FACT = 255
_LONGEST_TOPIC = 200
_MOST_REFUSED, _MOST_SEEN = 20, 60
_FACTS = ("name", "role", "company", "email", "level", "modality", "budget", "currency")
_KEPT_LISTS = {"taken": "taken_courses", "refused": "refused_interests"}
_ONLY_DOUBTS = frozenset({"fear", "free_elsewhere"})
_TURNED_DOWN = frozenset({Question.DETAILS, Question.ENROL, Question.SYLLABUS})

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


def change_of(turn: Turn, findings: Findings, worded: Worded, usd: float) -> LeadChange:
    """The change that a message and its reply make; ``usd`` is what the model cost."""
    understood = worded.understood
    memory, facts, inbound = turn.memory, understood.facts, turn.inbound
    if understood.meaning and understood.meaning.forgets:
        return LeadChange(
            inbound.received_at, forgets=True, message_sid=inbound.message_sid, usd=usd
        )
    consented = _consent(turn, understood)
    if not consent.may_be_noted(settings().consent_mode, memory, understood.step):
        context = _context_without_consent(understood, findings, worded, inbound)
        kept = consented | {"context": context.as_json()}
        return LeadChange(inbound.received_at, facts=kept, usd=usd)
    stage = _STAGE_OF.get(understood.intent) if understood.intent else None
    if understood.needs_person:
        stage = _STAGE_OF[Intent.CONTACT_REQUEST]
    return LeadChange(
        at=inbound.received_at,
        facts={
            **_told(facts, memory),
            **_progress(understood, findings, worded, memory),
            **consented,
            "context": _context(understood, findings, worded, inbound).as_json(),
        },
        interests=facts.interests,
        pain_points=facts.pain_points,
        dropped=facts.refused,
        unsure=tuple(sorted(facts.unsure)),
        signals=scoring.signals(understood.intent, facts, stage, findings.focus),
        message_sid=inbound.message_sid,
        stage=stage,
        said=_said(inbound, worded.text),
        usd=usd,
    )


def _told(facts: Facts, memory: LeadMemory) -> dict[str, Any]:
    told = ((name, getattr(facts, name)) for name in _FACTS)
    values: dict[str, Any] = {name: _clipped(value) for name, value in told if value is not None}
    for name, kept in _KEPT_LISTS.items():
        if new := getattr(facts, name):
            values[kept] = list(dict.fromkeys([*memory.values(kept), *new]))[-_MOST_REFUSED:]
    return values


def _clipped(value: str | float) -> str | float:
    """As much of a fact as its column holds."""
    return value[:_LONGEST_FACT] if isinstance(value, str) else value


def _consent(turn: Turn, understood: Understood) -> dict[str, Any]:
    """The receipts of what was agreed to, and whether the person wants to be written to."""
    step, changed = understood.step, dict[str, Any]()
    event, shown = step.event, understood.template
    if step.event is consent.Event.OPTED_IN:
        changed = {"opted_out": None, "stage": "exploring"}
    elif understood.stops_writing:
        event, changed = consent.Event.OPTED_OUT, {"opted_out": True}
    elif step.event:
        shown = step.template or step.before or step.after
    if event is None or (event is consent.Event.OPTED_OUT and turn.memory.opted_out):
        return changed
    text = version(shown) if shown else ""
    return changed | {"consent": consent.with_receipt(turn.memory, event, text, turn.inbound)}


def _progress(
    understood: Understood, findings: Findings, worded: Worded, memory: LeadMemory
) -> dict[str, Any]:
    progress: dict[str, Any] = {}
    if findings.focus:
        progress["current_course"] = findings.focus.name
    current = understood.context.course
    if current and _turns_down(understood):
        refused = [*memory.values("refused_courses"), current.id_course]
        progress["refused_courses"] = refused[-_MOST_REFUSED:]
    shown = [str(course.id_course) for course in _shown(findings, worded)]
    if shown and not findings.about_one:
        seen = [id_course for id_course in memory.values("seen_courses") if id_course not in shown]
        progress["seen_courses"] = [*seen, *shown][-_MOST_SEEN:]
    return progress


def _context(
    understood: Understood, findings: Findings, worded: Worded, inbound: InboundMessage
) -> Context:
    """Where the conversation stands after the reply."""
    context = replace(
        understood.context,
        at=inbound.received_at,
        asked=worded.question,
        options=tuple(understood.meaning.options) if understood.meaning else (),
        details=_details(understood),
        intent=understood.intent,
        waiting=None,
    )
    shown = _shown(findings, worded)
    if shown and not findings.about_one:
        context = replace(context, shown=tuple(map(_mention, shown)))
    if findings.focus and findings.focus.name:
        context = context.turned_to(_mention(findings.focus))
    if findings.searched:
        context = replace(context, topic=findings.searched[:_LONGEST_TOPIC])
    return context


def _details(understood: Understood) -> tuple[str, ...]:
    """The aspects of a course that were asked now, else those of before."""
    meaning = understood.meaning
    asked = meaning.asks(Intent.COURSE_DETAILS) if meaning else ()
    return asked or understood.context.details


def _context_without_consent(
    understood: Understood, findings: Findings, worded: Worded, inbound: InboundMessage
) -> Context:
    """Of somebody who has not agreed no words are kept, but for those to be answered after it."""
    if understood.step.event is consent.Event.ASKED:
        waits = understood.step.waits
        return Context(at=inbound.received_at, asked=worded.question, waiting=waits)
    refused = understood.step.event is consent.Event.REFUSED
    waits = None if refused else understood.context.waiting
    return replace(_context(understood, findings, worded, inbound), topic=None, waiting=waits)


def _turns_down(understood: Understood) -> bool:
    """Whether the course at hand is of no use to the person; who only doubts may come round."""
    meaning = understood.meaning
    if meaning is None:
        return False
    if meaning.declines:
        return understood.context.asked in _TURNED_DOWN
    doubts = set(meaning.asks(Intent.OBJECTION_VALUE)) & _ONLY_DOUBTS
    return meaning.intent is Intent.OBJECTION_VALUE and not doubts


def _shown(findings: Findings, worded: Worded) -> list[Course]:
    """Of the courses that were found, those that the reply names, in its order."""
    if worded.courses is not None:
        found = {course.id_course: course for course in findings.courses}
        return [found[each] for each in worded.courses if each in found]
    return [course for course in findings.courses if (prose(course.name) or "") in worded.text]


def _mention(course: Course) -> Mention:
    return Mention(str(course.id_course), course.name or "")


def _said(inbound: InboundMessage, answer: str) -> tuple[dict[str, Any], ...]:
    at = inbound.received_at.isoformat()
    heard = inbound.body[:_LONGEST_REMEMBERED] or f"[{inbound.kind}]"
    turn = [{"role": "user", "content": heard, "timestamp": at}]
    if answer:
        said = answer[:_LONGEST_REMEMBERED]
        turn.append({"role": "assistant", "content": said, "timestamp": at})
    return tuple(turn)
