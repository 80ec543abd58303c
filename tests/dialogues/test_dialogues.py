"""Whole conversations, and what of them must hold in every storage mode."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from bot.services import leads
from tests.dialogues.playing import dialogues, play
from tests.support.apps import AUTH_TOKEN, AppMaker
from tests.support.webhook import MARIA, Webhook


@pytest.mark.parametrize("dialogue", dialogues(), ids=lambda dialogue: dialogue["name"])
def test_the_conversation_goes_as_it_should(
    dialogue: dict[str, Any], app: Flask, webhook: Webhook
) -> None:
    played = list(play(dialogue, app, webhook, MARIA))
    problems = [problem for turn in played for problem in turn.problems]
    assert not problems, "\n\n".join(map(str, played))


def test_there_are_many_conversations_and_each_has_a_name_of_its_own() -> None:
    names = [dialogue["name"] for dialogue in dialogues()]
    assert len(names) >= 60
    assert len(set(names)) == len(names)


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
