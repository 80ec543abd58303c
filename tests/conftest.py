"""A real PostgreSQL for every test that needs one, and apps bound to it."""

import os
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg2
import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_migrate import upgrade
from psycopg2 import sql
from sqlalchemy.engine import make_url

from bot import create_app
from bot.clients.embedded_postgres import EmbeddedPostgres
from bot.extensions import db
from bot.services.demo import load_demo_catalogue
from config import Config
from tests.support.apps import AUTH_TOKEN, AppMaker
from tests.support.webhook import Webhook

OWN_TABLES = (
    "messages, user_memory, api_keys, person_aliases, erasures, audit_subjects, encryption_keys"
)


@pytest.fixture(scope="session")
def server_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A PostgreSQL server: TEST_DATABASE_URL, else the bundled one."""
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        yield given
        return
    server = EmbeddedPostgres(tmp_path_factory.mktemp("postgres"))
    yield server.join()
    server.leave()


@pytest.fixture(scope="session")
def new_database(server_url: str) -> Iterator["DatabaseMaker"]:
    """Make empty databases; they are dropped at the end."""
    maker = DatabaseMaker(server_url)
    yield maker
    maker.drop_all()


@pytest.fixture(scope="session")
def shared_url(new_database: "DatabaseMaker", tmp_path_factory: pytest.TempPathFactory) -> str:
    """A migrated database with the demo catalogue, made once."""
    url = new_database()
    app = create_app(
        Config.from_environment(
            {"DATABASE_URL": url, "INSTANCE_DIR": str(tmp_path_factory.mktemp("instance"))}
        )
    )
    with app.app_context():
        upgrade()
        load_demo_catalogue()
        db.engine.dispose()
    return url


@pytest.fixture
def demo_url(shared_url: str) -> Iterator[str]:
    """The demo catalogue, and nobody who has written yet; what people say is gone afterwards."""
    yield shared_url
    run_sql(shared_url, sql.SQL(f"TRUNCATE {OWN_TABLES}"))


@pytest.fixture
def make_app(tmp_path: Path) -> Iterator[AppMaker]:
    """Build apps with an instance folder of this test; their connections end with it."""
    maker = AppMaker(tmp_path)
    yield maker
    maker.close()


@pytest.fixture
def app(demo_url: str, make_app: AppMaker) -> Flask:
    """Brenda on PostgreSQL with the demo catalogue; nobody has written yet."""
    return make_app(DATABASE_URL=demo_url)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def webhook(client: FlaskClient) -> Webhook:
    """Sends signed WhatsApp messages to the app."""
    return Webhook(client, AUTH_TOKEN)


class DatabaseMaker:
    """Creates databases on one server."""

    def __init__(self, server_url: str) -> None:
        self._server_url = server_url
        self._made: list[str] = []

    def __call__(self) -> str:
        name = f"brenda_test_{uuid4().hex[:12]}"
        run_sql(self._server_url, sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        self._made.append(name)
        url = make_url(self._server_url).set(database=name)
        return url.render_as_string(hide_password=False)

    def drop_all(self) -> None:
        for name in self._made:
            run_sql(
                self._server_url,
                sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)),
            )


def run_sql(url: str, statement: sql.Composable) -> None:
    """Run one statement on a connection of its own, committed."""
    # A test that leaves a transaction open should fail here and not hang.
    connection = psycopg2.connect(url, options="-c lock_timeout=10s")
    connection.autocommit = True
    try:
        connection.cursor().execute(statement)
    finally:
        connection.close()
