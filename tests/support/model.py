"""An app whose language model is the stand-in, and what it keeps of each call."""

from typing import Any

from flask import Flask
from sqlalchemy import text

from bot.extensions import db
from tests.support.apps import AUTH_TOKEN
from tests.support.openai_server import OpenAIServer
from tests.support.webhook import Webhook

PATIENT = {"OPENAI_TIMEOUT_S": "12"}
"""A first call imports the package, which takes longer than most tests' deadlines."""


def with_model(server: OpenAIServer, **environment: str) -> dict[str, str]:
    """The environment of an app that asks ``server``."""
    return {
        "OPENAI_API_KEY": "sk-test",
        "OPENAI_BASE_URL": server.url,
        "CONSENT_MODE": "off",
        **PATIENT,
        **environment,
    }


def webhook_of(app: Flask) -> Webhook:
    return Webhook(app.test_client(), AUTH_TOKEN)


def last_reply(app: Flask) -> dict[str, Any]:
    """The newest outbound row of the message log."""
    query = "SELECT * FROM messages WHERE direction = 'outbound' ORDER BY id DESC LIMIT 1"
    with app.app_context():
        row = dict(db.session.execute(text(query)).mappings().one())
        db.session.rollback()
    return row


def last_call(app: Flask) -> dict[str, Any]:
    """What became of the newest reply's call of the model."""
    calls = last_reply(app)["model_calls"]
    assert len(calls) == 1
    return calls[0]
