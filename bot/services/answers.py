"""The model's wording of a reply: one call, then every figure and link checked, else nothing."""

import json
import re
from collections.abc import Iterable
from dataclasses import asdict
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import structlog

from bot.clients.llm import Prompt, current_model
from bot.errors import ModelUnavailable
from bot.models.leads import LeadMemory
from bot.models.understanding import Intent
from bot.services import database, money
from bot.services.catalogue import Findings
from bot.services.replies import clean

log = structlog.get_logger(__name__)

_RULES = Path(__file__).parents[1] / "data" / "prompt.txt"
_LAST_TURNS = 6
_TEMPLATE_ONLY = frozenset(
    {Intent.OPT_OUT, Intent.PRIVACY_REQUEST, Intent.COURTESY, Intent.GREETING}
)
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_MONEY = re.compile(
    r"[$€]\s?(\d+(?:[.,]\d+)*)"
    r"|(\d+(?:[.,]\d+)*)\s?(?:%|por ciento|usd|mxn|cop|eur|d[oó]lares|pesos|euros|soles)",
    re.IGNORECASE,
)
_LINK = re.compile(r"https?://[^\s*)]+|\b[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}\b(?:/[^\s*)]*)?")
_LIST_MARK = re.compile(r"(?m)^\s*\*?\d{1,2}[.)]\s+(?=\W*[^\W\d_])")
_PROMISE = re.compile(
    r"grati|regal|descuento|rebaja|promoci|beca|garant|[uú]ltim[oa]s? (?:lug|opor)"
)


def word_reply(
    text: str, intent: Intent, memory: LeadMemory, findings: Findings, school: str
) -> str | None:
    """The model's reply to ``text``, or None when a template should answer."""
    model = current_model()
    if intent in _TEMPLATE_ONLY or memory.opted_out or not model.is_up:
        return None
    facts = _facts(intent, memory, findings, school)
    database.release()
    try:
        reply = model.complete(Prompt(_rules(), f"DATOS\n{_as_text(facts)}", text))
    except ModelUnavailable as error:
        log.warning("model_unavailable", reason=str(error))
        return None
    text = clean(_as_whatsapp(reply))
    # What the person said is among the facts too, but it proves no price.
    return text if is_borne_out(text, _as_text(facts["cursos"])) else None


def _facts(intent: Intent, memory: LeadMemory, findings: Findings, school: str) -> dict[str, Any]:
    courses = map(asdict, findings.cards())
    return {
        "escuela": school,
        "intencion": intent,
        "catalogo_disponible": findings.known,
        "cursos": [{key: value for key, value in item.items() if value} for item in courses],
        "persona": {
            "nombre": memory.name,
            "ocupacion": memory.role,
            "intereses": memory.interests,
            "dificultades": memory.pain_points,
            "nivel": memory.additional_data.get("level"),
        },
        "ultimos_mensajes": memory.message_history[-_LAST_TURNS:],
    }


def _as_text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


def is_borne_out(reply: str, facts: str) -> bool:
    """Whether every figure, link and promise in ``reply`` stands in ``facts``."""
    text = _LIST_MARK.sub("", reply)
    told = {
        "figure": _figures(_NUMBER.findall(text)) - _figures(_NUMBER.findall(facts)),
        "price": _money(text) - _money(facts),
        "link": {link for link in _links(reply) if link not in facts},
        "promise": set(_PROMISE.findall(text.lower())) - set(_PROMISE.findall(facts.lower())),
    }
    unknown = [kind for kind, values in told.items() if values]
    if unknown:
        log.warning("model_reply_refused", unknown=unknown)
    return not unknown


def _figures(numbers: Iterable[str]) -> set[Decimal | str]:
    """Numbers by value: ``4,500``, ``4500`` and ``4.500,00`` are one."""
    return {value if (value := money.amount(number)) is not None else number for number in numbers}


def _money(text: str) -> set[Decimal | str]:
    return _figures(before or after for before, after in _MONEY.findall(text))


def _links(text: str) -> set[str]:
    return {link.rstrip(".,;") for link in _LINK.findall(text)}


def _as_whatsapp(reply: str) -> str:
    """Models write Markdown by habit; WhatsApp shows its marks as they are."""
    bold = re.sub(r"\*\*(.+?)\*\*", r"*\1*", reply)
    without_titles = re.sub(r"(?m)^#{1,6}\s+", "", bold)
    return re.sub(r"\[([^\]]+)\]\((https?://[^)\s]+)\)", r"\1: \2", without_titles)


@cache
def _rules() -> str:
    return _RULES.read_text(encoding="utf-8")
