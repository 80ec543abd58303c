"""What is logged helps to find a fault and says nothing about a person."""

import dataclasses
import io
import json
import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import structlog
from flask import Flask
from sqlalchemy import text

from bot import logs
from bot.errors import StoreUnavailable
from bot.extensions import db
from bot.services import database
from config import Config
from tests.support.apps import AUTH_TOKEN, AppMaker
from tests.support.webhook import MARIA, Webhook, text_form

OPAQUE = "US.1349120865530274191"
SECRET = "palabra-muy-privada"
SID = "SM1220fd2a77ef0db63c4d479b2ebc82fe"
FORMATS = ["json", "console"]

Output = Callable[[], str]


@pytest.fixture
def log_in(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], Output]]:
    """Log in a format, from now on, into what the returned function reads."""
    root = logging.getLogger()
    before = root.handlers, root.level

    def begin(log_format: str) -> Output:
        stream = io.StringIO()
        monkeypatch.setattr("sys.stderr", stream)
        plain = Config.from_environment({})
        logs.init_app(dataclasses.replace(plain, log_format=log_format, log_level="DEBUG"))
        return stream.getvalue

    yield begin
    root.handlers, root.level = before
    structlog.reset_defaults()


def converse(webhook: Webhook) -> None:
    for who in (MARIA, OPAQUE):
        webhook.say(f"hola, me llamo Ana y mi correo es ana@example.com. {SECRET}", who)
        webhook.say(f"¿cuánto cuesta el curso de marketing? {SECRET}", who)
        webhook.say(f"baja {SECRET}", who)
    repeated = text_form(SECRET)
    webhook.post(repeated)
    webhook.post(repeated)


def says_nothing_personal(output: str) -> bool:
    hidden = (MARIA, OPAQUE, OPAQUE.removeprefix("US."), SECRET, "ana@example.com", "Ana")
    return output != "" and not any(value in output for value in hidden)


@pytest.mark.parametrize("log_format", FORMATS)
def test_a_whole_conversation_leaves_no_personal_data_in_the_log(webhook, log_in, log_format):
    output = log_in(log_format)
    converse(webhook)
    assert says_nothing_personal(output())
    assert "message_answered" in output()


def test_nor_does_the_most_talkative_level(make_app: AppMaker, demo_url, log_in, app):
    output = log_in("json")
    talkative = make_app(DATABASE_URL=demo_url, LOG_LEVEL="DEBUG", LOG_FORMAT="json")
    converse(Webhook(talkative.test_client(), AUTH_TOKEN))
    assert says_nothing_personal(output())


@pytest.mark.parametrize("log_format", FORMATS)
def test_nor_does_one_while_the_database_is_away(make_app: AppMaker, log_in, log_format):
    app = make_app(DATABASE_URL="postgresql://nobody@127.0.0.1:1/none")
    output = log_in(log_format)
    converse(Webhook(app.test_client(), AUTH_TOKEN))
    assert says_nothing_personal(output())
    assert "turn_goes_to_files" in output()


@pytest.mark.parametrize("log_format", FORMATS)
def test_nor_does_a_message_that_fails(app: Flask, webhook, log_in, log_format):
    """A constraint that the message breaks: PostgreSQL answers with the values of the row."""
    constraint = "ADD CONSTRAINT broken CHECK (body NOT LIKE '%\n%')"
    with app.app_context():
        db.session.execute(text(f"ALTER TABLE messages {constraint}"))
        db.session.commit()
        db.session.remove()
    try:
        output = log_in(log_format)
        webhook.say(f"{SECRET}\n{SECRET}\n\n{SECRET} al final")
        assert "message_failed" in output()
        assert "CheckViolation" in output()
        assert says_nothing_personal(output())
    finally:
        with app.app_context():
            db.session.execute(text("ALTER TABLE messages DROP CONSTRAINT broken"))
            db.session.commit()


def test_nor_does_a_damaged_memory_file(make_app: AppMaker, log_in, tmp_path: Path):
    app = make_app(STORAGE_MODE="json", MEMORY_DIR=str(tmp_path / "memory"))
    (tmp_path / "memory").mkdir()
    (tmp_path / "memory" / f"memory_{MARIA}.json").write_text(f'{{"name": "{SECRET}')
    output = log_in("json")
    Webhook(app.test_client(), AUTH_TOKEN).say("hola")
    assert "damaged_file_set_aside" in output()
    assert says_nothing_personal(output())


FAILING = {
    "a row that a constraint refuses": (
        "INSERT INTO user_memory (user_id, additional_data, lead_score)"
        " VALUES (:who, jsonb_build_object('x', CAST(:what AS text)), 0), (:who, '{}', 0)"
    ),
    "a value that has another type": "SELECT CAST(CAST(:what AS text) AS integer), :who",
    "a table that is missing": "SELECT CAST(:what AS text) FROM nowhere WHERE a = :who",
    "a column that is missing": "SELECT :who, CAST(:what AS text), nothing FROM messages",
}


@pytest.mark.parametrize("statement", FAILING.values(), ids=FAILING)
@pytest.mark.parametrize("log_format", FORMATS)
def test_the_traceback_of_a_failing_statement_hides_its_values(
    app: Flask, log_in, log_format, statement
):
    output = log_in(log_format)
    with app.app_context():
        try:
            db.session.execute(text(statement), {"who": MARIA, "what": f"{SECRET}\n{SECRET}"})
        except Exception as error:
            structlog.get_logger("ours").error("failed", exc_info=error)
            logging.getLogger("theirs").exception("failed for +%s", MARIA)
        db.session.rollback()
    assert output().count("Traceback") >= 2
    assert says_nothing_personal(output())


def test_each_line_of_the_json_format_is_json(app: Flask, webhook, log_in):
    output = log_in("json")
    converse(webhook)
    with app.app_context(), pytest.raises(StoreUnavailable):
        database.read(lambda: db.session.execute(text("SELECT * FROM nowhere")))
    logging.getLogger("theirs").warning("línea uno\nlínea dos %s", object())
    events = [json.loads(line) for line in output().splitlines()]
    assert all({"event", "level", "timestamp", "logger"} <= event.keys() for event in events)


MASKED = {
    f"+{MARIA}": "+52…78",
    MARIA: "52…78",
    f"whatsapp:+{MARIA}": "whatsapp:+52…78",
    f"/api/v1/users/{MARIA}/messages": "/api/v1/users/52…78/messages",
    f"lead_{MARIA}/x": "lead_52…78/x",
    f"memory_{MARIA}.json": "memory_52…78.json",
    f"('{MARIA}', 1)": "('52…78', 1)",
    OPAQUE: "US.13…91",
    f"whatsapp:{OPAQUE}": "whatsapp:US.13…91",
    f"memory_{OPAQUE}.json": "memory_US.13…91.json",
    "US.ENT.11815799212886844830": "US.ENT.11…30",
}
KEPT = [
    SID,
    "local-0123456789abcdef0123456789abcdef",
    "e7a7c4a9-a357-59d0-9e84-9722f56f4cb8",
    "12345678-1234-1234-1234-123456789012",
    "2026-11-22T22:14:24.527794",
    "port 5432",
    "8 s",
]


@pytest.mark.parametrize(("value", "shown"), MASKED.items())
def test_a_number_is_masked_wherever_it_stands(value, shown):
    assert logs.without_personal_data(None, "", {"event": value}) == {"event": shown}


@pytest.mark.parametrize("value", KEPT)
def test_what_identifies_a_message_or_a_course_stays_readable(value):
    assert logs.without_personal_data(None, "", {"event": value}) == {"event": value}
