"""Asks the model once for the words of a reply, and decides whether they may be sent."""

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from uuid import UUID

from bot.clients.llm import Answer, ModelUnavailable, Prompt, current_model
from bot.extensions import settings
from bot.models.context import Question
from bot.models.messages import Turn
from bot.models.model_calls import ModelCall, Outcome, Purpose, Usage
from bot.models.understanding import Facts, Intent
from bot.services import database, fact_gate, spending, turnstile
from bot.services.answers import prompt as prompts
from bot.services.answers.facts import given_for, ids_of
from bot.services.answers.learning import facts_from
from bot.services.catalogue import Findings
from bot.services.fact_gate import Given
from bot.services.replies import Situation, clean
from bot.services.understanding import Understood

_LONGEST_REPLY = 1500
_LEAST_WAIT_S = 0.2
_MAY_HAVE_COST = frozenset({Outcome.TIMEOUT, Outcome.MALFORMED, Outcome.EMPTY})
_BY_TEMPLATE_ONLY = frozenset({Intent.OPT_OUT, Intent.PRIVACY_REQUEST})


@dataclass(frozen=True, slots=True)
class Spoken:
    """What became of asking the model; ``text`` is empty when a template is to answer.

    ``courses`` are those that the text names, in its order. ``intent`` is what the model takes
    the message for, ``learnt`` what it says that the message tells of its writer.
    """

    call: ModelCall
    text: str = ""
    question: Question | None = None
    courses: tuple[UUID, ...] = ()
    intent: Intent | None = None
    learnt: Facts = field(default_factory=Facts)
    needs_person: bool = False


def speak(
    turn: Turn, understood: Understood, findings: Findings, situation: Situation, deadline: float
) -> Spoken:
    """The model's reply to a message of ``turn``; it is waited for until ``deadline``.

    No transaction is open and no connection is held while the model is waited for.
    """
    given = given_for(situation, findings, turn.memory, understood.text)
    refused = spending.refusal(turn.memory)
    database.release()
    if refused is None and deadline - time.monotonic() < _LEAST_WAIT_S:
        refused = Outcome.NO_TIME
    if refused:
        return Spoken(_call(refused))
    prompt = prompts.prompt_for(
        _asked(turn, understood, situation, given), settings().openai_max_input_tokens
    )
    started = time.monotonic()
    try:
        with turnstile.outside():
            answer = current_model().answer(prompt, deadline)
    except ModelUnavailable as error:
        usage = error.usage or _likely_usage(error.outcome, prompt)
        return Spoken(_call(error.outcome, usage, time.monotonic() - started))
    return _checked(answer, given, understood, time.monotonic() - started)


def warm_up() -> None:
    """Read and compile what the first reply would otherwise wait for."""
    fact_gate.unfounded("Hola", Given(school={}), prompts.rules())


def _checked(answer: Answer, given: Given, understood: Understood, waited: float) -> Spoken:
    text = clean(_as_whatsapp(answer.text))
    if len(text) > _LONGEST_REPLY:
        return Spoken(_call(Outcome.TOO_LONG, answer.usage, waited))
    if answer.intent in _BY_TEMPLATE_ONLY:
        return Spoken(_call(Outcome.INTENT, answer.usage, waited), intent=answer.intent)
    reasons = (
        *fact_gate.unfounded(text, given, prompts.rules()),
        *_missing_link(text, given, understood),
        *(f"course_id: {each[:8]}" for each in _unknown_ids(answer, given)),
    )
    if reasons:
        return Spoken(_call(Outcome.GATE, answer.usage, waited, reasons))
    return Spoken(
        _call(Outcome.USED, answer.usage, waited),
        text=text,
        question=answer.question,
        courses=ids_of(given, answer.course_ids),
        intent=answer.intent,
        learnt=facts_from(answer.learnt, understood),
        needs_person=answer.needs_person,
    )


def _asked(turn: Turn, understood: Understood, situation: Situation, given: Given) -> prompts.Asked:
    meaning = understood.meaning
    return prompts.Asked(
        given=given,
        memory=turn.memory,
        now=turn.inbound.received_at,
        intent=understood.intent or "",
        aspects=tuple(aspect.name for aspect in meaning.aspects) if meaning else (),
        matched=situation.matched,
        topic=situation.topic,
        basis=situation.basis,
        catalogue_known=situation.catalogue_known,
    )


def _call(
    outcome: Outcome,
    usage: Usage | None = None,
    seconds: float = 0.0,
    reasons: tuple[str, ...] = (),
) -> ModelCall:
    model = settings().openai_model
    usd = spending.cost(model, usage)
    return ModelCall(Purpose.REPLY, model, outcome, reasons, usage, usd, round(seconds, 3))


def _likely_usage(outcome: Outcome, prompt: Prompt) -> Usage | None:
    """An answer that never came may be charged for all the same."""
    if outcome not in _MAY_HAVE_COST:
        return None
    most = settings().openai_max_output_tokens
    return Usage(prompts.tokens_of(prompt), 0, most, is_estimate=True)


def _missing_link(text: str, given: Given, understood: Understood) -> Iterator[str]:
    """Whoever wants to enrol gets the way to do it in this reply, not in the next."""
    if understood.intent is not Intent.BUYING_SIGNALS:
        return
    links = [str(course.facts.get("enlace_de_inscripcion", "")) for course in given.courses[:1]]
    if any(link and link not in text for link in links):
        yield "missing: the enrolment link"


def _unknown_ids(answer: Answer, given: Given) -> set[str]:
    return set(answer.course_ids) - {course.id for course in given.courses}


def _as_whatsapp(reply: str) -> str:
    """Models write Markdown by habit; WhatsApp shows its marks as they are."""
    bold = re.sub(r"\*\*(.+?)\*\*", r"*\1*", reply)
    without_titles = re.sub(r"(?m)^#{1,6}\s+", "", bold)
    return re.sub(r"\[([^\]]+)\]\((https?://[^)\s]+)\)", r"\1: \2", without_titles)
