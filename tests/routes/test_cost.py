"""What a message costs the database."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import get_ident

import pytest
from flask import Flask
from sqlalchemy import event, text

from bot.extensions import db
from bot.services import turns
from bot.services.catalogue.watch import knowledge
from tests.support.webhook import MARIA, Webhook

MOST_STATEMENTS = 5
MOST_TRANSACTIONS = 2

ONE_OF_EACH_INTENT = {
    "GREETING": "hola, buenas tardes",
    "EXPLORATION": "¿qué cursos de marketing tienen?",
    "COURSE_DETAILS": "¿cuántas sesiones tiene?",
    "PRICE_INQUIRY": "¿cuánto cuesta?",
    "BUYING_SIGNALS": "me quiero inscribir",
    "AUTOMATION_NEED": "pierdo horas armando reportes a mano",
    "PROFESSION_CHANGE": "quiero cambiar de carrera",
    "GENERAL_QUESTION": "¿eres un robot?",
    "FREE_RESOURCES": "¿tienen algo gratis?",
    "CONTACT_REQUEST": "quiero hablar con una persona",
    "OBJECTION_PRICE": "está muy caro",
    "OBJECTION_TIME": "no tengo tiempo",
    "OBJECTION_VALUE": "no creo que me sirva",
    "OBJECTION_TRUST": "¿cómo sé que no es una estafa?",
    "COURTESY": "muchas gracias",
    "OFF_TOPIC": "¿quién ganó el partido?",
    "PRIVACY_REQUEST": "¿qué datos guardan de mí?",
    "OPT_OUT": "ya no me escriban",
}


class Counted:
    statements = 0
    transactions = 0


@contextmanager
def counting(app: Flask) -> Iterator[Counted]:
    """Count what the answering thread asks for, once the catalogue's words are known."""
    counted = Counted()
    answering = get_ident()

    def statement(*_: object) -> None:
        counted.statements += get_ident() == answering

    def transaction(*_: object) -> None:
        counted.transactions += get_ident() == answering

    with app.app_context():
        engine = db.engine
        turns.warm_up()
        knowledge()
    event.listen(engine, "before_cursor_execute", statement)
    event.listen(engine, "begin", transaction)
    yield counted
    event.remove(engine, "before_cursor_execute", statement)
    event.remove(engine, "begin", transaction)


@pytest.mark.parametrize("intent", ONE_OF_EACH_INTENT)
@pytest.mark.parametrize("history", [None, "hola", "¿qué cursos de marketing tienen?"])
def test_a_template_reply_costs_few_statements_in_two_transactions(
    intent: str, history: str | None, app: Flask, webhook: Webhook
) -> None:
    if history:
        webhook.say(history)
    with counting(app) as counted:
        webhook.say(ONE_OF_EACH_INTENT[intent])
    assert 0 < counted.statements <= MOST_STATEMENTS
    assert counted.transactions <= MOST_TRANSACTIONS


def test_a_long_history_costs_no_more_than_a_short_one(app: Flask, webhook: Webhook) -> None:
    costs = []
    for logged in (10, 10_000):
        _log_messages(app, logged)
        webhook.say("hola")
        with counting(app) as counted:
            webhook.say("¿qué cursos de marketing tienen?")
        costs.append((counted.statements, counted.transactions))
    assert costs[0] == costs[1]
    assert costs[0][0] <= MOST_STATEMENTS


def test_a_repeated_message_costs_one_transaction(app: Flask, webhook: Webhook) -> None:
    from tests.support.webhook import text_form

    form = text_form("hola")
    webhook.post(form)
    with counting(app) as counted:
        webhook.post(form)
    assert counted.statements <= 2
    assert counted.transactions == 1


def _log_messages(app: Flask, count: int) -> None:
    with app.app_context():
        db.session.execute(
            text(
                "INSERT INTO messages (user_id, direction, kind, body) "
                "SELECT :user_id, 'inbound', 'text', 'hola' FROM generate_series(1, :count)"
            ),
            {"user_id": MARIA, "count": count},
        )
        db.session.commit()
