"""The model's wording of a reply: one call, then every figure and link checked, else nothing."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import structlog

from bot.clients.llm import Prompt, current_model
from bot.errors import ModelUnavailable
from bot.models.leads import LeadMemory
from bot.models.understanding import Intent
from bot.services import database
from bot.services.catalogue import Findings, card

log = structlog.get_logger(__name__)

_RULES = Path(__file__).parents[1] / "data" / "prompt.txt"
_LAST_TURNS = 6
_TEMPLATE_ONLY = frozenset(
    {Intent.OPT_OUT, Intent.PRIVACY_REQUEST, Intent.COURTESY, Intent.GREETING}
)
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_LINK = re.compile(r"(?:https?://|www\.)[^\s*)]+")
_LIST_MARK = re.compile(r"(?m)^\W{0,3}\d{1,2}[.)]\s")


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
    # What the person said is among the facts too, but it proves no price.
    return _as_whatsapp(reply) if _says_only(reply, _as_text(facts["cursos"])) else None


def _facts(intent: Intent, memory: LeadMemory, findings: Findings, school: str) -> dict[str, Any]:
    cards = [card(course, findings.bonuses) for course in findings.courses]
    courses = [{name: getattr(item, name) for name in item.__slots__} for item in cards]
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


def _says_only(reply: str, facts: str) -> bool:
    """Whether every number and link in ``reply`` stands in ``facts``."""
    without_marks = _LIST_MARK.sub("", reply)
    unknown = _figures(without_marks) - _figures(facts)
    links = {link.rstrip(".,;") for link in _LINK.findall(reply)}
    refused = bool(unknown) or any(link not in facts for link in links)
    if refused:
        log.warning("model_reply_refused", unknown_figures=len(unknown))
    return not refused


def _figures(text: str) -> set[str]:
    return {re.sub(r"[.,]0+$", "", number).replace(",", "") for number in _NUMBER.findall(text)}


def _as_whatsapp(reply: str) -> str:
    """Models write Markdown by habit; WhatsApp shows its marks as they are."""
    bold = re.sub(r"\*\*(.+?)\*\*", r"*\1*", reply)
    without_titles = re.sub(r"(?m)^#{1,6}\s+", "", bold)
    return re.sub(r"\[([^\]]+)\]\((https?://[^)\s]+)\)", r"\1: \2", without_titles)


@cache
def _rules() -> str:
    return _RULES.read_text(encoding="utf-8")
