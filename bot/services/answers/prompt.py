"""The prompt: rules and school first, which never change, then the person, then this reply's facts.

Providers cache what prompts have in common at their beginning; OpenAI from 1,024 tokens on
(https://platform.openai.com/docs/guides/prompt-caching).
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from bot.clients.llm import Prompt
from bot.models.leads import LeadMemory
from bot.services.answers import digest
from bot.services.answers.facts import ABOUT, MATERIAL, TOPICS
from bot.services.answers.tokens import estimate
from bot.services.fact_gate import Given, GivenCourse
from bot.services.fact_gate.given import Fact, Facts

_RULES = Path(__file__).parents[2] / "data" / "prompt.txt"
_OF_EACH_MESSAGE, _SCHEMA_TOKENS = 8, 800
"""Tokens that a message costs besides its text, and those of the answer's schema."""
_SHORT_MESSAGE, _FEW_TURNS = 600, 2


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be answered: the facts, and how the message was understood."""

    given: Given
    memory: LeadMemory
    now: datetime
    intent: str
    aspects: tuple[str, ...] = ()
    matched: bool = True
    topic: str | None = None
    basis: str | None = None
    catalogue_known: bool = True


@dataclass(frozen=True, slots=True)
class _Detail:
    """How much is told; less and less of it until the prompt fits."""

    turns: int = digest.LAST_TURNS
    earlier_words: bool = True
    topics: bool = True
    aims: bool = True
    extras: bool = True
    message: int = 2000


_LESS: tuple[Callable[[_Detail], _Detail], ...] = (
    lambda detail: replace(detail, topics=False),
    lambda detail: replace(detail, earlier_words=False, turns=4),
    lambda detail: replace(detail, aims=False),
    lambda detail: replace(detail, extras=False, turns=_FEW_TURNS),
    lambda detail: replace(detail, message=_SHORT_MESSAGE, turns=0),
)


def rules() -> str:
    """What the model is told to be, in every prompt the same."""
    return _rules()


def prompt_for(asked: Asked, most_tokens: int) -> Prompt:
    """The prompt for one reply, of at most ``most_tokens`` by the estimate."""
    detail = _Detail()
    prompt = _written(asked, detail)
    for less in _LESS:
        if tokens_of(prompt) <= most_tokens:
            break
        detail = less(detail)
        prompt = _written(asked, detail)
    return prompt


def tokens_of(prompt: Prompt) -> int:
    """About how many tokens of input a prompt is, with the schema of the answer."""
    texts = (prompt.facts, prompt.message, *(text for _, text in prompt.turns))
    told = sum(estimate(text) + _OF_EACH_MESSAGE for text in texts)
    return _SCHEMA_TOKENS + _tokens_of_rules(prompt.rules) + _OF_EACH_MESSAGE + told


def _written(asked: Asked, detail: _Detail) -> Prompt:
    given, memory = asked.given, asked.memory
    told: dict[str, Any] = {
        "persona": digest.person_with_ages(memory, asked.now),
        "resumen": digest.summary(memory, asked.now, detail.earlier_words),
        "intencion": asked.intent,
        "pide": asked.aspects,
        "catalogo_disponible": asked.catalogue_known,
        "coincide": asked.matched,
        "tema_pedido": asked.topic,
        "ordenados_por": asked.basis,
        "definicion": given.definition,
        "cursos": [_course(course, detail) for course in given.courses],
    }
    kept = {key: value for key, value in told.items() if value not in (None, "", (), {}, [])}
    return Prompt(
        rules=f"{rules()}\n\nESCUELA {_json(dict(given.school))}",
        turns=digest.last_turns(memory, detail.turns) if detail.turns else (),
        facts=f"DATOS {_json(kept)}",
        message=given.message[: detail.message],
    )


def _course(course: GivenCourse, detail: _Detail) -> dict[str, Fact]:
    facts: Facts = course.facts
    left_out = () if detail.extras else (ABOUT, MATERIAL, "por_que_se_ofrece")
    told = {label: value for label, value in facts.items() if label not in left_out}
    if TOPICS in told and not detail.topics:
        told[TOPICS] = tuple(_without_topics(each, detail.aims) for each in told[TOPICS])
    return {"id": course.id, "nombre": course.name, **told}


def _without_topics(session: str, with_aim: bool) -> str:
    title = session.split(" [")[0]
    return title if with_aim else title.split(": ")[0]


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


_tokens_of_rules = lru_cache(maxsize=8)(estimate)


@cache
def _rules() -> str:
    return _RULES.read_text(encoding="utf-8").strip()
