"""Plays conversations from data files through the signed webhook, and checks each turn.

A turn may expect an intent, one of several texts, the absence of others, silence, and what is
remembered afterwards. Texts are compared without regard to case and accents.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import text

from bot.errors import NotFound
from bot.extensions import db
from bot.models.leads import LeadMemory
from bot.services import leads
from bot.services.spanish import plain
from bot.stores.message_rows import ERASED
from tests.support.webhook import Webhook

FILES = sorted(Path(__file__).parent.glob("*.jsonl"))


@dataclass(frozen=True)
class Played:
    """One turn as it went: what was said, what is remembered, and what is wrong with it."""

    said: str
    reply: str
    intent: str | None
    memory: dict[str, Any]
    problems: tuple[str, ...]

    def __str__(self) -> str:
        lines = [f"> {self.said}", self.reply or "(silence)", f"  [{self.intent}] {self.memory}"]
        return "\n".join([*lines, *(f"  !!! {problem}" for problem in self.problems)])


def dialogues() -> list[dict[str, Any]]:
    """Every conversation of the data files: ``name`` and ``turns``."""
    lines = (line for file in FILES for line in file.read_text("utf-8").splitlines())
    return [json.loads(line) for line in lines]


def play(dialogue: dict[str, Any], app: Flask, webhook: Webhook, user_id: str) -> Iterator[Played]:
    """Say each turn of ``dialogue`` as ``user_id``."""
    for turn in dialogue["turns"]:
        reply = webhook.say(turn["user"], user_id=user_id)
        memory, intent = _remembered(app, user_id), _last_intent(app, user_id)
        problems = tuple(_problems(turn, reply, memory, intent))
        yield Played(turn["user"], reply, intent, memory, problems)


def _problems(
    turn: dict[str, Any], reply: str, memory: dict[str, Any], intent: str | None
) -> Iterator[str]:
    said = plain(reply)
    wanted = [plain(text) for text in turn.get("must_contain_any", [])]
    if turn.get("expect_intent") not in (None, intent):
        yield f"the intent is not {turn['expect_intent']}"
    if turn.get("expect_silence") and reply:
        yield "there is a reply"
    # Who left may be left in peace.
    if not (reply or turn.get("expect_silence") or memory["opted_out"]):
        yield "there is no reply"
    if wanted and not any(text in said for text in wanted):
        yield f"none of {wanted} is said"
    for unwanted in turn.get("must_not_contain", []):
        if plain(unwanted) in said:
            yield f"{unwanted!r} is said"
    for key, value in turn.get("memory", {}).items():
        if not _is_remembered(value, memory.get(key)):
            yield f"{key} is {memory.get(key)!r}, not {value!r}"


def _is_remembered(expected: Any, known: Any) -> bool:
    """Lists need some item with each expected word; None stands for nothing; texts are equal."""
    if expected is None:
        return not known
    if isinstance(expected, list):
        kept = " | ".join(plain(str(item)) for item in known or ())
        return all(plain(word) in kept for word in expected)
    if isinstance(expected, str):
        return plain(expected) == plain(str(known))
    return expected == known


def _remembered(app: Flask, user_id: str) -> dict[str, Any]:
    with app.app_context():
        described = leads.describe(_memory(user_id))
    return {key: value for key, value in described.items() if key != "message_history"}


def _memory(user_id: str) -> LeadMemory:
    """What is remembered; nothing of somebody who was erased."""
    try:
        return leads.get_memory(user_id)
    except NotFound:
        return LeadMemory(user_id)


def _last_intent(app: Flask, user_id: str) -> str | None:
    newest = text(
        "SELECT intent FROM messages WHERE direction = 'outbound' "
        "AND user_id IN (:user_id, :erased) ORDER BY id DESC LIMIT 1"
    )
    with app.app_context():
        return db.session.scalar(newest, {"user_id": user_id, "erased": ERASED})
