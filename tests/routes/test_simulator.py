"""The chat page for those who have no WhatsApp number yet."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from bot.extensions import db
from tests.support.apps import AppMaker
from tests.support.webhook import MARIA, Webhook

MESSAGES = "/simulator/messages"


@pytest.fixture
def on(make_app: AppMaker, app: Flask, demo_url: str) -> FlaskClient:
    """An app with the simulator; ``app`` empties the tables afterwards."""
    return make_app(DATABASE_URL=demo_url, SIMULATOR="true").test_client()


def say(client: FlaskClient, body: str, user_id: str = MARIA) -> dict:
    response = client.post(MESSAGES, json={"user_id": user_id, "body": body})
    assert response.status_code == 200, response.text
    return response.json


def test_it_does_not_exist_unless_it_is_turned_on(client: FlaskClient) -> None:
    assert client.get("/simulator").status_code == 404
    response = client.post(MESSAGES, json={"user_id": MARIA, "body": "hola"})
    assert response.status_code == 404
    assert response.json["code"] == 404


def test_the_page_loads_nothing_from_elsewhere(on: FlaskClient) -> None:
    page = on.get("/simulator")
    assert page.status_code == 200
    loaded = re.findall(r"""(?:src|href|action)\s*=\s*["']([^"']*)["']""", page.text)
    assert len(loaded) >= 2
    for address in loaded:
        assert address.startswith("/static/")
        with on.get(address) as asset:
            assert asset.status_code == 200
            assert not re.search(r"""(?:src|href|url\(|fetch\()\W*https?://""", asset.text)


def test_a_message_is_answered_as_in_the_webhook(on: FlaskClient) -> None:
    answer = say(on, "hola")
    assert "Brenda" in answer["messages"][0]
    assert (answer["intent"], answer["source"]) == ("GREETING", "template")
    assert answer["level"] == "catalog-only"


def test_what_is_said_here_is_remembered_for_the_webhook_too(on: FlaskClient, webhook) -> None:
    say(on, "hola, me llamo Ximena")
    assert "Ximena" in webhook.say("hola")


def test_what_is_said_here_is_logged_like_any_message(on: FlaskClient, app: Flask) -> None:
    say(on, "hola", "573001234567")
    with app.app_context():
        rows = db.session.execute(text("SELECT direction, user_id FROM messages ORDER BY id"))
        assert [tuple(row) for row in rows] == [
            ("inbound", "573001234567"),
            ("outbound", "573001234567"),
        ]


def test_two_people_have_two_memories(on: FlaskClient) -> None:
    say(on, "hola, me llamo Ximena")
    assert "Ximena" not in "".join(say(on, "hola", "573001234567")["messages"])


def test_a_person_without_a_number_can_write(on: FlaskClient) -> None:
    assert say(on, "hola", "US.1349120865530274191")["messages"]


def test_no_reply_is_an_empty_list(on: FlaskClient) -> None:
    say(on, "baja")
    assert say(on, "gracias")["messages"] == []


BAD_BODIES = {
    "broken JSON": (b"{", 400),
    "no UTF-8": (b"\xff\xfe", 400),
    "nothing": (b"", 422),
    "a list": (b"[]", 422),
    "null": (b"null", 422),
    "no fields": (b"{}", 422),
    "no body": (b'{"user_id": "52"}', 422),
    "an empty id": (b'{"user_id": "", "body": "hola"}', 422),
    "a blank id": (b'{"user_id": " ", "body": "hola"}', 422),
    "a path as id": (b'{"user_id": "../../x", "body": "hola"}', 422),
    "NUL in the id": (b'{"user_id": "5\\u0000", "body": "hola"}', 422),
    "a surrogate in the id": (b'{"user_id": "\\ud800", "body": "hola"}', 422),
    "numbers": (b'{"user_id": 52, "body": 5}', 422),
    "an unknown field": (b'{"user_id": "52", "body": "hola", "x": 1}', 422),
    "a very long body": (b'{"user_id": "52", "body": "%s"}' % (b"a" * 4097), 422),
}


@pytest.mark.parametrize(("body", "status"), BAD_BODIES.values(), ids=BAD_BODIES)
def test_bad_input_is_told_in_the_shape_of_all_errors(on, body: bytes, status: int) -> None:
    response = on.post(MESSAGES, data=body, content_type="application/json")
    assert response.status_code == status
    assert set(response.json) == {"code", "status", "message", "errors"}


@pytest.mark.parametrize("body", [b"\\u0000", b"\\ud800", b"a\\u0000b", b"\\ud83d\\ude00", b""])
def test_a_strange_text_is_answered_all_the_same(on: FlaskClient, body: bytes) -> None:
    sent = b'{"user_id": "5215512345678", "body": "%s"}' % body
    response = on.post(MESSAGES, data=sent, content_type="application/json")
    assert response.status_code == 200
    assert response.json["messages"]


def test_the_school_is_named_and_cannot_break_the_page(make_app: AppMaker) -> None:
    app = make_app(SIMULATOR="true", SCHOOL_NAME="<script>alert(1)</script>")
    page = app.test_client().get("/simulator").text
    assert "&lt;script&gt;" in page
    assert "<script>alert" not in page


def test_the_simulator_does_not_loosen_the_webhook(on: FlaskClient) -> None:
    assert Webhook(on, "another token").post({"Body": "hola"}).status_code == 403
