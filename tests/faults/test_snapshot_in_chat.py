"""The database is away, and the catalogue as it was last kept on disk is not."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from flask import Flask

from bot.services import catalogue
from tests.faults.conftest import Database
from tests.support.apps import AUTH_TOKEN, AppMaker
from tests.support.gunicorn import Gunicorn
from tests.support.patience import eventually
from tests.support.webhook import MARIA, Webhook, text_form

MARKETING = "Automatización con IA para Marketing"
ANDRES = "573001234567"


@pytest.fixture
def deployed(tmp_path: Path, database: Database) -> Iterator[Gunicorn]:
    """A server that has had the time to keep the catalogue."""
    server = Gunicorn(tmp_path, DATABASE_URL=database.url, LOG_FORMAT="json", WEB_CONCURRENCY="1")
    eventually(lambda: any((tmp_path / "instance").glob("*.sqlite")))
    yield server
    server.stop()


@pytest.fixture
def app(database: Database, make_app: AppMaker) -> Flask:
    """An app that has just kept the catalogue."""
    app = make_app(DATABASE_URL=database.url)
    app.extensions["catalogue_watch"].look_again()
    return app


def test_courses_are_shown_and_sold_while_the_database_is_away(
    deployed: Gunicorn, database: Database
) -> None:
    database.stop()

    def say(text: str) -> str:
        return "\n\n".join(deployed.post(text_form(text)))

    listed = say("hola, ¿qué cursos de marketing tienen?")
    assert f"*1. 📚 {MARKETING}*" in listed
    assert "$299 USD" in listed
    about_it = say("¿cuánto cuesta?")
    assert MARKETING in about_it
    assert "$299 USD" in about_it
    assert "12 de enero de 2027" in say("¿y cuándo empieza?")
    assert "Paquete de 12 plantillas" in about_it
    assert "https://example.com/inscripcion/" in say("me quiero inscribir")
    assert "Excel y Finanzas con IA" in say("ola kiero un curzo de exel")
    assert "buceo" in say("¿tienen un curso de buceo?")
    levels = [line for line in deployed.log().splitlines() if "message_answered" in line]
    assert len(levels) == 6
    assert all('"service_level": "basic"' in line for line in levels)

    database.start()
    eventually(lambda: len(replies(database)) == 6)
    assert {level for level, _ in replies(database)} == {"basic"}
    assert [name for _, name in replies(database)][:3] == [MARKETING] * 3


def test_courses_are_shown_by_an_app_that_never_saw_the_database(
    app: Flask, database: Database, make_app: AppMaker
) -> None:
    database.stop()
    webhook = Webhook(make_app(DATABASE_URL=database.url).test_client(), AUTH_TOKEN)
    assert MARKETING in webhook.say("¿qué cursos de marketing tienen?")
    shown = webhook.say("¿qué cursos tienen?", ANDRES)
    assert shown.count("*1. 📚") == shown.count("*3. 📚") == 1
    others = webhook.say("otros cursos", ANDRES)
    assert others.count("*1. 📚") == 1
    assert not set(headings(shown)) & set(headings(others))
    assert "edición 2023" not in shown + others


def test_without_a_snapshot_no_course_is_made_up(database: Database, make_app: AppMaker) -> None:
    webhook = Webhook(make_app(DATABASE_URL=database.url).test_client(), AUTH_TOKEN)
    database.stop()
    reply = webhook.say("¿qué cursos de marketing tienen?")
    assert reply
    assert "📚" not in reply
    assert "catálogo" in reply or "cursos" in reply


def test_the_same_is_found_and_recommended_with_and_without_the_database(
    app: Flask, database: Database
) -> None:
    with app.app_context():
        before = _found_and_recommended()
    database.stop()
    with app.app_context():
        assert _found_and_recommended() == before


def test_what_changed_in_the_meantime_is_shown_once_the_database_is_back(
    app: Flask, database: Database
) -> None:
    webhook = Webhook(app.test_client(), AUTH_TOKEN)
    database.stop()
    assert "$299 USD" in webhook.say("¿cuánto cuesta el curso de marketing?")
    database.start()
    run_sql(database, f"UPDATE ai_courses SET price = '325' WHERE name = '{MARKETING}'")
    eventually(lambda: "$325 USD" in webhook.say("¿cuánto cuesta el curso de marketing?", ANDRES))


def _found_and_recommended() -> list[Any]:
    """What comes first, and all that comes; among near equals the order may differ."""
    results: list[Any] = []
    for text in ("marketing", "exel", "python desde cero", "algo para abogados", "buceo"):
        found = [item.course.name for item in catalogue.search_courses_by_text(text)]
        results.append((found[:1], set(found)))
    for wishes in ((["marketing"], "principiante"), (["excel"], None), ([], None)):
        recommended = catalogue.get_recommended_courses(*wishes)
        reasons = [(item.course.name, item.reasons) for item in recommended]
        results.append((reasons[:1], set(reasons)))
    return results


def headings(reply: str) -> list[str]:
    return [line.split("📚")[1] for line in reply.splitlines() if "📚" in line]


def replies(database: Database) -> list[tuple[str, str | None]]:
    """The level of each logged reply, and the course that it turns to."""
    query = (
        "SELECT messages.level, name FROM messages LEFT JOIN ai_courses USING (id_course) "
        f"WHERE direction = 'outbound' AND user_id = '{MARIA}' ORDER BY messages.id"
    )
    return run_sql(database, query)


def run_sql(database: Database, statement: str) -> list[Any]:
    connection = psycopg2.connect(database.url)
    connection.autocommit = True
    try:
        cursor = connection.cursor()
        cursor.execute(statement)
        return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()
