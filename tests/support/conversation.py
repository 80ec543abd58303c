"""One lead's conversation, and what is kept of it wherever this app keeps it."""

from itertools import count
from typing import Any

from flask import Flask
from sqlalchemy import text

from bot.errors import NotFound
from bot.extensions import db
from bot.models.leads import LeadMemory
from bot.services import leads
from bot.stores.storage import current_storage
from tests.support.apps import AUTH_TOKEN
from tests.support.webhook import MARIA, Webhook, messages, text_form

STORAGE_MODES = ("postgres", "json", "hybrid")


class Conversation:
    """Sends a lead's messages to ``app``; their SIDs, and so the wording, are always the same."""

    def __init__(self, app: Flask, user_id: str = MARIA) -> None:
        self.app = app
        self.user_id = user_id
        self._webhook = Webhook(app.test_client(), AUTH_TOKEN)
        self._numbers = count(1)
        self._last: dict[str, str] = {}

    def say(self, *texts: str, **parameters: str) -> str:
        """Send some messages; the reply to the last, empty for silence."""
        replies = [self._send(self._form(each, parameters)) for each in texts]
        return replies[-1]

    def again(self) -> str:
        """Deliver the last message once more."""
        return self._send(self._last)

    @property
    def last_sid(self) -> str:
        return self._last["MessageSid"]

    @property
    def memory(self) -> LeadMemory:
        with self.app.app_context():
            return leads.get_memory(self.user_id)

    @property
    def is_remembered(self) -> bool:
        try:
            return bool(self.memory)
        except NotFound:
            return False

    @property
    def consent(self) -> dict[str, Any]:
        return self.memory.additional_data.get("consent", {})

    @property
    def events(self) -> list[str]:
        """What the receipts are for, oldest first."""
        return [receipt["event"] for receipt in self.consent.get("receipts", [])]

    def heard(self) -> list[str]:
        """The bodies of the lead's messages, as they are logged."""
        with self.app.app_context():
            storage = current_storage()
            if storage.sql is None:
                return [turn.inbound.body for turn in storage.files.turns(self.user_id)]
            query = "SELECT body FROM messages WHERE direction = 'inbound' ORDER BY id"
            return list(db.session.scalars(text(query)))

    def written(self) -> str:
        """Every row and every file of this app, in lower case."""
        config = self.app.extensions["config"]
        files = [path for path in config.instance_dir.rglob("*.json*") if path.is_file()]
        found = [path.read_text("utf-8") for path in files]
        if config.has_database:
            with self.app.app_context():
                for table in ("messages", "user_memory"):
                    query = text(f"SELECT to_jsonb({table})::text FROM {table}")
                    found += db.session.scalars(query)
        return "\n".join(found).lower()

    def _form(self, body: str, parameters: dict[str, str]) -> dict[str, str]:
        sid = f"SM{self.user_id:0>20}{next(self._numbers):012x}"
        return text_form(body, self.user_id, **({"MessageSid": sid} | parameters))

    def _send(self, form: dict[str, str]) -> str:
        self._last = form
        response = self._webhook.post(form)
        assert response.status_code == 200
        return "\n\n".join(messages(response.text))
