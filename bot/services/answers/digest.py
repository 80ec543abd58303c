"""What is remembered of a person, as much of it as a prompt needs: facts with their age."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from bot.models.leads import LeadMemory
from bot.models.scores import read_ledger
from bot.services.fact_gate.given import Fact
from bot.services.patterns import rules_of
from bot.services.replies import prose

LAST_TURNS = 6
_LONGEST_TURN = 500
_MOST_EARLIER, _LONGEST_EARLIER = 7, 90
_MOST_VALUES, _MOST_TOPICS = 6, 6

_FACTS = {
    "name": "nombre",
    "role": "ocupacion",
    "company": "empresa",
    "level": "nivel",
    "modality": "modalidad_preferida",
    "budget": "presupuesto",
}
_LISTS = {"interests": "intereses", "pain_points": "dificultades"}


def person_facts(memory: LeadMemory) -> dict[str, Fact]:
    """What is known of the person, by the label that the model reads."""
    known: dict[str, Fact] = {}
    for name, label in _FACTS.items():
        if value := memory.fact(name):
            unit = f" {memory.fact('currency') or ''}".rstrip() if name == "budget" else ""
            known[label] = f"{prose(str(value)) or ''}{unit}"
    for name, label in _LISTS.items():
        if values := getattr(memory, name):
            known[label] = tuple(prose(each) or "" for each in values[-_MOST_VALUES:])
    return known


def person_with_ages(memory: LeadMemory, now: datetime) -> dict[str, Any]:
    """The same, each with when it was said: what is old may have changed."""
    told: dict[str, Any] = dict(person_facts(memory))
    for name, label in {**_FACTS, **_LISTS}.items():
        noted = memory.noted_at(name)
        if label in told and noted:
            told[label] = {"dato": told[label], "dicho": _ago(noted, now)}
    return told


def summary(memory: LeadMemory, now: datetime, with_words: bool = True) -> dict[str, Any]:
    """What came before the last turns, in a few lines, however long the conversation was."""
    told: dict[str, Any] = {}
    if memory.first_interaction_at:
        told["primer_contacto"] = _ago(memory.first_interaction_at, now)
        told["mensajes_hasta_ahora"] = memory.interaction_count
    if topics := list(_topics(memory, now)):
        told["de_que_hablo"] = topics
    if refused := memory.values("refused_interests"):
        told["no_quiere"] = [prose(str(each)) for each in refused[-_MOST_VALUES:]]
    if taken := memory.values("taken_courses"):
        told["ya_tomo"] = [prose(str(each)) for each in taken[-_MOST_VALUES:]]
    if with_words and (earlier := _earlier(memory)):
        told["antes_escribio"] = earlier
    return told


def last_turns(memory: LeadMemory, most: int = LAST_TURNS) -> tuple[tuple[str, str], ...]:
    """The last turns word for word, oldest first, as (role, text)."""
    turns = ((turn.get("role"), turn.get("content")) for turn in memory.message_history[-most:])
    return tuple(
        (role, content[:_LONGEST_TURN])
        for role, content in turns
        if role in ("user", "assistant") and isinstance(content, str) and content
    )


def _topics(memory: LeadMemory, now: datetime) -> Iterator[str]:
    """What was asked for or objected, the latest first."""
    ledger = read_ledger(memory.additional_data.get("score"))
    names = rules_of("names")
    asked = [
        (entry.at, names[intent])
        for signal, entry in ledger.items()
        if (intent := signal.removeprefix("intent:")) in names
    ]
    for at, name in sorted(asked, reverse=True)[:_MOST_TOPICS]:
        yield f"{name} ({_ago(at, now)})"


def _earlier(memory: LeadMemory) -> list[str]:
    """The beginnings of what the person wrote before the last turns."""
    older = memory.message_history[:-LAST_TURNS]
    said = (turn.get("content") for turn in older if turn.get("role") == "user")
    texts = [text for each in said if (text := prose(str(each or ""), limit=_LONGEST_EARLIER))]
    return texts[-_MOST_EARLIER:]


def _ago(moment: datetime, now: datetime) -> str:
    days = max((now - moment).days, 0)
    if days == 0:
        return "hoy"
    return "ayer" if days == 1 else f"hace {days} días"
