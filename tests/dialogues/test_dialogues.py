"""Whole conversations from a data file, through the signed webhook.

A turn may expect an intent, one of several texts, the absence of others, silence, and what is
remembered afterwards. Texts are compared without regard to case and accents.
"""

import json
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from bot.services import leads
from bot.services.spanish import strip_accents
from tests.support.apps import AUTH_TOKEN, AppMaker
from tests.support.webhook import MARIA, Webhook

DIALOGUES = [
    json.loads(line)
    for line in Path(__file__).with_name("dialogues.jsonl").read_text("utf-8").splitlines()
]


@pytest.mark.parametrize("dialogue", DIALOGUES, ids=lambda dialogue: dialogue["name"])
def test_the_conversation_goes_as_it_should(
    dialogue: dict[str, Any], app: Flask, webhook: Webhook
) -> None:
    said: list[str] = []
    for turn in dialogue["turns"]:
        reply = webhook.say(turn["user"])
        said.append(f"\n> {turn['user']}\n{reply or '(silence)'}")
        memory = remembered(app)
        said.append(f"  [{memory}]")
        problem = _problem(turn, reply, memory, last_intent(app))
        assert not problem, f"{problem}\n" + "\n".join(said)


def _problem(
    turn: dict[str, Any], reply: str, memory: dict[str, Any], intent: str | None
) -> str | None:
    plain = _plain(reply)
    wanted = [_plain(text) for text in turn.get("must_contain_any", [])]
    checks = {
        f"the intent is {intent}": turn.get("expect_intent") in (None, intent),
        "there is a reply": not (turn.get("expect_silence") and reply),
        "there is no reply": bool(turn.get("expect_silence") or reply),
        f"none of {wanted} is said": not wanted or any(text in plain for text in wanted),
    }
    for text in turn.get("must_not_contain", []):
        checks[f"{text!r} is said"] = _plain(text) not in plain
    for key, value in turn.get("memory", {}).items():
        checks[f"{key} is {memory.get(key)!r}"] = memory.get(key) == value
    return next((problem for problem, passes in checks.items() if not passes), None)


def _plain(text: str) -> str:
    return strip_accents(text.lower())


def remembered(app: Flask) -> dict[str, Any]:
    with app.app_context():
        described = leads.describe(leads.get_memory(MARIA))
    return {key: value for key, value in described.items() if key != "message_history"}


def last_intent(app: Flask) -> str | None:
    from sqlalchemy import text

    from bot.extensions import db

    with app.app_context():
        newest = "SELECT intent FROM messages WHERE direction = 'outbound' ORDER BY id DESC LIMIT 1"
        return db.session.scalar(text(newest))


def test_the_reply_to_an_exploring_lead_has_the_agreed_form(webhook: Webhook) -> None:
    webhook.say("hola, soy María")
    replies = [webhook.say("quiero explorar cursos de marketing") for _ in range(40)]
    agreed = next(reply for reply in replies if reply.startswith("¡Excelente que estés explorando"))
    assert agreed.startswith("¡Excelente que estés explorando, María! 🎯\n\n")
    card = (
        "*1. 📚 Automatización con IA para Marketing*\n"
        "📝 Aprende a automatizar campañas y análisis de datos\n"
        "📊 Nivel: intermedio | 💻 Modalidad: online | 🗓️ Sesiones: 8\n"
        "💰 Precio: $299 USD"
    )
    assert card in agreed
    assert agreed.endswith("?")


@pytest.mark.parametrize("mode", ["json", "hybrid", "postgres"])
def test_every_storage_mode_remembers_a_name(mode: str, make_app: AppMaker, demo_url: str) -> None:
    app = make_app(STORAGE_MODE=mode, DATABASE_URL=demo_url)
    webhook = Webhook(app.test_client(), AUTH_TOKEN)
    number = f"52155000{len(mode):05d}"
    webhook.say("hola, soy Lucía", user_id=number)
    assert "Lucía" in webhook.say("hola", user_id=number)
    with app.app_context():
        assert leads.get_memory(number).interaction_count == 2


def test_a_person_without_a_number_is_remembered(webhook: Webhook) -> None:
    webhook.say("hola, soy Paula", user_id="US.1349120865530274191")
    assert "Paula" in webhook.say("hola", user_id="US.1349120865530274191")


def test_a_lead_is_the_same_person_under_both_spellings_of_her_number(webhook: Webhook) -> None:
    webhook.say("hola, soy Paula", user_id="525511112222")
    assert "Paula" in webhook.say("hola", user_id="5215511112222")


def test_the_api_shows_what_the_chat_learnt(app: Flask, client: FlaskClient) -> None:
    Webhook(client, AUTH_TOKEN).say("hola, soy Marta, contadora, mi correo es marta@example.com")
    with app.app_context():
        memory = leads.describe(leads.get_memory(MARIA))
    assert (memory["name"], memory["email"]) == ("Marta", "marta@example.com")
    assert memory["lead_score"] > 0
    assert memory["opted_out"] is False
