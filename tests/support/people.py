"""People of one test, and everything that is kept of them wherever an app keeps it."""

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any
from uuid import uuid4

from flask import Flask
from sqlalchemy import text
from werkzeug.test import TestResponse

from bot.extensions import db
from bot.models.access import Scope
from bot.models.audit import Access, AuditLine
from bot.models.leads import LeadMemory, number_variants
from bot.services import access, audit, people, turns
from bot.stores.storage import Storage
from tests.stores.builders import change, close_one
from tests.support.apps import AUTH_TOKEN, AppMaker
from tests.support.webhook import Webhook

API = "/api/v1"
AWAY = "postgresql://nobody@127.0.0.1:1/none"
TESTER = Access("test")
TOLD = (
    "hola, me llamo Ximena Sotomayor y soy veterinaria",
    "mi correo es ximena@clinica.example y tengo un presupuesto de 300 dólares",
    "pierdo horas haciendo peritajes a mano",
    "me interesa el marketing y la automatización",
    "tengo nivel intermedio y prefiero clases en línea",
)
HER_WORDS = ("ximena", "sotomayor", "veterinaria", "clinica.example", "peritajes")
"""Words of :data:`TOLD` that nobody else says, and no course of the demo."""

FACTS = {
    "name": "Ximena Sotomayor",
    "role": "veterinaria",
    "email": "ximena@clinica.example",
    "budget": 300.0,
    "currency": "USD",
    "level": "intermedio",
    "modality": "online",
    "interests": ["marketing", "automatización"],
    "pain_points": ["haciendo peritajes a mano"],
}

Call = Callable[..., TestResponse]

_numbers = count(10_000_000)
_TABLES = text("""
    SELECT relname FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'm') ORDER BY relname
""")


def new_number() -> str:
    """A Mexican mobile, written the long way, that no other test has: the audit keeps all."""
    return f"52133{next(_numbers)}"


def new_opaque_id() -> str:
    """The id of somebody without a number."""
    return f"US.1349{uuid4().int % 10**15:015}"


def short(number: str) -> str:
    """The other way to write a number."""
    return number_variants(number)[1]


def storage_of(app: Flask) -> Storage:
    return app.extensions["storage"]


def audit_of(app: Flask, user_id: str) -> list[AuditLine]:
    """What was noted about a person, oldest first."""
    with app.app_context():
        return list(audit.entries(user_id, limit=1000))[::-1]


def everything(app: Flask) -> str:
    """The name and content of every file and every row of every table, in lower case."""
    config = app.extensions["config"]
    found = list(in_files(config.instance_dir, config.memory_dir))
    if config.has_database:
        with app.app_context():
            found += _rows()
    return "\n".join(found).lower()


def in_files(*folders: Path) -> Iterator[str]:
    """Names and contents of all that is in these folders."""
    for folder in folders:
        for path in folder.rglob("*"):
            yield str(path.relative_to(folder))
            if path.is_file():
                yield path.read_bytes().decode("utf-8", errors="replace")


def _rows() -> list[str]:
    found: list[str] = []
    for table in db.session.scalars(_TABLES).all():
        rows = db.session.scalars(text(f'SELECT to_jsonb(known)::text FROM "{table}" AS known'))
        found += [f"{table}: {row}" for row in rows]
    return found


def caller(app: Flask, *scopes: Scope) -> Call:
    """Calls below /api/v1 with a key of these scopes, ``headers`` beside it."""
    with app.app_context():
        token = access.create_key("front desk", scopes)

    def call(
        method: str, path: str, json: object = None, headers: Any = (), **query: object
    ) -> TestResponse:
        sent = {"Authorization": f"Bearer {token}", **dict(headers)}
        client = app.test_client()
        return client.open(
            API + path, method=method, json=json, headers=sent, query_string=query or None
        )

    return call


class Her:
    """Somebody with a number that is written in two ways, and an id from before she had it."""

    def __init__(self) -> None:
        self.number = new_number()
        self.opaque_id = new_opaque_id()

    @property
    def ids(self) -> tuple[str, ...]:
        return self.number, short(self.number), self.opaque_id

    def says(self, app: Flask, *texts: str, **parameters: str) -> str:
        """The reply to the last of some messages, each under another way to write her number."""
        webhook = Webhook(app.test_client(), AUTH_TOKEN)
        ways = (self.number, short(self.number))
        replies = [
            webhook.say(each, ways[place % 2], **parameters) for place, each in enumerate(texts)
        ]
        return replies[-1]

    def traces(self, kept: str) -> list[str]:
        """What of hers stands in a text."""
        known = (*HER_WORDS, *(each.lower() for each in self.ids))
        return [each for each in known if each in kept]

    def is_forgotten_by(self, app: Flask) -> people.Forgotten:
        with app.app_context():
            return people.forget(self.number, TESTER)

    def memory(self, app: Flask) -> LeadMemory | None:
        with app.app_context():
            return turns.load_memory(self.number)


def wait_in_the_spool(app: Flask, her: Her, body: str) -> None:
    """A turn as an outage leaves it."""
    facts = {"name": "Ximena Sotomayor"}
    spool = storage_of(app).spool
    close_one(spool, change(facts=facts), body=body, user_id=her.number, address="")


class Apps:
    """Starts apps of one or several machines on one database, with the memory in another folder."""

    def __init__(self, make_app: AppMaker, url: str, folder: Path) -> None:
        self._make_app = make_app
        self._url = url
        self._folder = folder

    def __call__(self, mode: str, machine: str = "", **environment: str) -> Flask:
        known = {
            "INSTANCE_DIR": str(self._folder / f"instance{machine}"),
            "MEMORY_DIR": str(self._folder / f"memory{machine}"),
            **({} if mode == "json" else {"DATABASE_URL": self._url}),
        }
        return self._make_app(STORAGE_MODE=mode, **(known | environment))

    def cut_off(self, machine: str = "", **environment: str) -> Flask:
        """An app whose database is away for good; it does not try again in a thread."""
        app = self("postgres", machine, DATABASE_URL=AWAY, **environment)
        app.extensions["bringing_back"] = True
        return app
