"""Words a reply: the model's text where it may and can, else the templates."""

import re
from dataclasses import dataclass, replace
from uuid import UUID

from bot.models.context import Question
from bot.models.leads import LeadMemory
from bot.models.messages import Turn
from bot.models.model_calls import ModelCall, Outcome
from bot.models.understanding import Facts, Intent
from bot.services import answers, catalogue, spanish
from bot.services.catalogue import Findings
from bot.services.glossary import define
from bot.services.patterns import rules_of
from bot.services.references import session_number
from bot.services.replies import CourseCard, Rendered, Situation, render
from bot.services.school import school
from bot.services.understanding import Understood

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
_BESIDES = {
    Intent.PRICE_INQUIRY: ("details", "besides_details"),
    Intent.BUYING_SIGNALS: ("prices", "besides_price"),
    Intent.FREE_RESOURCES: ("prices", "besides_price"),
    Intent.COURSE_DETAILS: ("prices", "besides_price"),
}
"""By the intent that is answered: which aspects ask for something besides, and who answers."""

_ASKED_BESIDES = frozenset(
    {"price", "instalments", "methods", "invoice", "discount", "scholarship"}
)
_MOST_PEOPLE = 1000
_GIVEN_NAME = re.compile(r"[^\W\d_]{2,}")


@dataclass(frozen=True, slots=True)
class Worded:
    """A reply's text, the question it ends in, and how the message was understood in the end.

    With the model's words, ``courses`` are those that they name. ``call`` tells what became of
    asking the model, also when a template answered after all.
    """

    text: str
    understood: Understood
    question: Question | None = None
    courses: tuple[UUID, ...] | None = None
    call: ModelCall | None = None

    @property
    def by_model(self) -> bool:
        """Whether the model wrote it."""
        return self.call is not None and self.call.outcome is Outcome.USED


def word(turn: Turn, understood: Understood, findings: Findings, deadline: float) -> Worded:
    """The reply to a message; empty when nothing is to be sent.

    The model, where it may be asked, is waited for until ``deadline``.
    """
    if understood.template is None:
        return Worded("", understood)
    situation = situation_of(turn, understood, findings)
    if not answers.may_be_asked(turn.memory, understood):
        return _by_template(turn, understood, findings, situation)
    spoken = answers.speak(turn, understood, findings, situation, deadline)
    if spoken.text:
        return Worded(
            _with_notice(spoken.text, turn, understood),
            understood.taught(spoken.intent, spoken.learnt, spoken.needs_person),
            spoken.question,
            spoken.courses,
            spoken.call,
        )
    if spoken.intent and understood.is_open_to(spoken.intent):
        understood = understood.read_as(spoken.intent)
        findings, situation = Findings(), situation_of(turn, understood, Findings())
    return replace(_by_template(turn, understood, findings, situation), call=spoken.call)


def _with_notice(text: str, turn: Turn, understood: Understood) -> str:
    step, seed = understood.step, turn.inbound.message_sid
    before, after = (
        name and render(name, school(), seed).body for name in (step.before, step.after)
    )
    return "\n\n".join(filter(None, (before, text, after)))


def _by_template(
    turn: Turn, understood: Understood, findings: Findings, situation: Situation
) -> Worded:
    seed = turn.inbound.message_sid
    template = _template(understood, findings)
    main = render(template, situation, seed, avoid=_said_last(turn.memory))
    parts = [main.body, *_besides(understood, findings, situation, seed)]
    step = understood.step
    if step.before:
        parts.insert(0, render(step.before, situation, seed).body)
    if step.after:
        parts.append(render(step.after, situation, seed).body)
    body = "\n\n".join(filter(None, parts))
    is_asked_back = step.template or main.question is Question.ERASE
    if turn.memory.refused_consent and not is_asked_back:
        return Worded(body, understood)  # who refused is answered, and asked for nothing
    return Worded(Rendered(body, main.ending, main.question).text, understood, main.question)


def _template(understood: Understood, findings: Findings) -> str:
    template = understood.template or ""
    if understood.meaning and template == understood.meaning.intent.lower():
        if findings.basis == catalogue.COMPARED and understood.intent is not Intent.BUYING_SIGNALS:
            return "comparison"
        if template == "exploration" and findings.about_one and not findings.basis:
            return "course_details"
    return template


def _besides(
    understood: Understood, findings: Findings, situation: Situation, seed: str
) -> list[str]:
    """The answer to the second request of a message, when it is about the same course."""
    meaning = understood.meaning
    if meaning is None or not findings.about_one or meaning.intent not in _BESIDES:
        return []
    aspects, template = _BESIDES[meaning.intent]
    asked = set(getattr(situation, aspects))
    if aspects == "prices":
        asked &= _ASKED_BESIDES
    return [render(template, situation, seed).body] if asked else []


def _said_last(memory: LeadMemory) -> str | None:
    """The last reply, so that the next one does not read the same."""
    said = (turn for turn in reversed(memory.message_history) if turn.get("role") == "assistant")
    last = next(said, None)
    return str(last.get("content")) if last else None


def situation_of(turn: Turn, understood: Understood, findings: Findings) -> Situation:
    """Everything that the templates may speak of in answer to one message."""
    memory, facts, meaning = turn.memory, understood.facts, understood.meaning
    forgets = bool(meaning and meaning.forgets)
    known = LeadMemory(memory.user_id) if forgets else memory
    name = facts.name or known.name
    people = _people(understood)
    details = meaning.asks(Intent.COURSE_DETAILS) if meaning else ()
    return replace(
        school(),
        name=name.split()[0] if name else None,
        greeted_as=_guessed_name(turn) if not name else None,
        returning=known.interaction_count > 0,
        courses=tuple(_with_people(findings, people)),
        matched=findings.matched,
        topic=findings.topic,
        about_one=findings.about_one,
        basis=findings.basis,
        current=findings.current_card(),
        catalogue_known=findings.known,
        asked=meaning.asks(meaning.intent) if meaning else (),
        details=details,
        prices=meaning.asks(Intent.PRICE_INQUIRY) if meaning else (),
        session=session_number(understood.text, is_sure="session" in details),
        people=people,
        pain=next(iter(facts.pain_points), None),
        role=facts.role or known.role,
        level=facts.level or known.fact("level"),
        email=facts.email or known.fact("email"),
        interests=(*known.interests, *facts.interests),
        learnt=_learnt(facts),
        known_facts=_known_facts(known),
        definition=define(understood.text) if understood.template == "general_question" else None,
        options=tuple(rules_of("names")[intent] for intent in meaning.options) if meaning else (),
    )


def _with_people(findings: Findings, people: int | None) -> list[CourseCard]:
    cards = findings.cards()
    if not people:
        return cards
    return [
        replace(card, group_price=catalogue.group_price(course, people))
        for card, course in zip(cards, findings.courses, strict=True)
    ]


def _people(understood: Understood) -> int | None:
    """How many should take part, where a price for several is asked for."""
    if not understood.meaning or "group" not in understood.meaning.asks(Intent.PRICE_INQUIRY):
        return None
    amounts = spanish.amounts(spanish.mirror(understood.text))
    counts = (int(each.value) for each in amounts if not each.is_money)
    return next((count for count in counts if 1 < count <= _MOST_PEOPLE), None)


def _guessed_name(turn: Turn) -> str | None:
    """A given name on the WhatsApp profile: good enough for a hello, not to be kept."""
    words = _GIVEN_NAME.findall(turn.inbound.profile_name or "")
    first = words[0] if words else ""
    return first if spanish.plain(first) in spanish.word_list("given_names") else None


def _learnt(facts: Facts) -> tuple[tuple[str, str], ...]:
    told = ((label, getattr(facts, key)) for key, label in _LABELS.items())
    return tuple((label, str(value)) for label, value in told if value)


def _known_facts(memory: LeadMemory) -> tuple[tuple[str, str], ...]:
    known = {"name": memory.name, "role": memory.role, **memory.additional_data}
    pairs = [(label, str(known[key])) for key, label in _LABELS.items() if known.get(key)]
    lists = (("Intereses", memory.interests), ("Lo que te complica", memory.pain_points))
    return (*pairs, *((label, ", ".join(values)) for label, values in lists if values))
