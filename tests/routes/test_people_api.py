"""What the API lets the school's staff do with one person's data: see, copy, correct, erase."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from bot.models.access import Scope
from tests.support.apps import AUTH_TOKEN, AppMaker
from tests.support.people import FACTS, TOLD, Call, caller, new_number, short
from tests.support.webhook import Webhook


@pytest.fixture(params=["postgres", "hybrid"])
def app(request: pytest.FixtureRequest, make_app: AppMaker, demo_url: str) -> Flask:
    """The API needs its keys in a database, so there is none where all is in files."""
    return make_app(DATABASE_URL=demo_url, STORAGE_MODE=request.param)


@pytest.fixture
def call(app: Flask) -> Call:
    return caller(app, Scope.USERS_READ, Scope.USERS_WRITE)


@pytest.fixture
def webhook(app: Flask) -> Webhook:
    return Webhook(app.test_client(), AUTH_TOKEN)


@pytest.fixture
def her(webhook: Webhook) -> str:
    """Somebody who told a lot."""
    number = new_number()
    for said in TOLD:
        webhook.say(said, number)
    return number


def bodies(response: TestResponse) -> list[str]:
    assert response.status_code == 200, response.text
    return [message["body"] for message in response.json]


def stands_in_order(parts: list[str], whole: str) -> bool:
    at = 0
    for part in parts:
        at = whole.find(part, at) + len(part)
        if at < len(part):
            return False
    return True


# To see


def test_her_messages_and_the_replies_are_listed_the_newest_first(
    call: Call, webhook: Webhook, her: str
) -> None:
    reply = webhook.say("¿cuánto cuesta?", short(her), MessageSid="SM" + "a" * 32)
    newest, message, *rest = call("GET", f"/users/{her}/messages").json
    assert (newest["direction"], newest["body"]) == ("outbound", reply)
    assert (newest["reply_to"], newest["intent"]) == ("SM" + "a" * 32, "PRICE_INQUIRY")
    assert (message["direction"], message["body"]) == ("inbound", "¿cuánto cuesta?")
    assert message["message_sid"] == "SM" + "a" * 32
    said = [each["body"] for each in rest if each["direction"] == "inbound"]
    assert said == list(reversed(TOLD))


def test_her_messages_are_found_under_either_variant_of_her_number(call: Call, her: str) -> None:
    listed = call("GET", f"/users/{her}/messages").json
    assert len(listed) == 2 * len(TOLD)
    assert call("GET", f"/users/{short(her)}/messages").json == listed


def test_what_she_attached_is_listed_by_its_kind(call: Call, webhook: Webhook, her: str) -> None:
    webhook.say("", her, MessageType="image", NumMedia="1", MediaUrl0="https://x.example/a.jpg")
    assert call("GET", f"/users/{her}/messages", limit=2).json[1]["kind"] == "image"


@pytest.mark.parametrize("path", ["", "/messages", "/export"])
def test_nobody_is_found_under_a_number_that_never_wrote(call: Call, path: str) -> None:
    assert call("GET", f"/users/{new_number()}{path}").status_code == 404


@pytest.mark.parametrize("path", ["", "/messages", "/export"])
def test_to_see_somebody_needs_a_key_that_may_read_people(app: Flask, her: str, path: str) -> None:
    for scope in (Scope.USERS_WRITE, Scope.LEADS_READ, Scope.COURSES_READ):
        response = caller(app, scope)("GET", f"/users/{her}{path}")
        assert response.status_code == 403
        assert "users:read" in response.json["message"]
    assert caller(app, Scope.USERS_READ)("GET", f"/users/{her}{path}").status_code == 200


# Pages


def pages(call: Call, user_id: str, limit: int, between: Callable[[], object]) -> list[Any]:
    """All messages, page after page; ``between`` happens after the first."""
    found: list[Any] = []
    key: dict[str, str] = {}
    while True:
        response = call("GET", f"/users/{user_id}/messages", limit=limit, **key)
        assert response.status_code == 200, response.text
        found += response.json
        if "X-Next-Before" not in response.headers:
            return found
        assert len(response.json) == limit
        if not key:
            between()
        key = {"before": response.headers["X-Next-Before"]}


@pytest.mark.parametrize("limit", [7, 50, 60], ids=lambda limit: f"pages of {limit}")
def test_all_pages_hold_each_message_once_and_in_order_though_a_new_one_comes_in_between(
    call: Call, webhook: Webhook, limit: int
) -> None:
    number = new_number()
    said = [f"gracias, es la número {place}" for place in range(60)]
    for body in said:
        webhook.say(body, number)
    found = pages(call, number, limit, lambda: webhook.say("una más", number))
    assert len(found) == len({each["key"] for each in found}) == 120
    assert [each["direction"] for each in found] == ["outbound", "inbound"] * 60
    assert [each["body"] for each in found if each["direction"] == "inbound"] == said[::-1]
    answered = [each["reply_to"] for each in found[::2]]
    assert answered == [each["message_sid"] for each in found[1::2]]


def test_a_page_that_holds_all_names_no_next_one(call: Call, her: str) -> None:
    assert "X-Next-Before" not in call("GET", f"/users/{her}/messages", limit=10).headers
    assert "X-Next-Before" in call("GET", f"/users/{her}/messages", limit=9).headers


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("before", "x"),
        ("before", "1"),
        ("before", "1."),
        ("before", "1.x"),
        ("before", "1.1.1"),
        ("before", "1.1\n"),
        ("before", "-99999999999999999.1"),
        ("before", "1.9999999999999999999"),
        ("before", "1" * 100),
        ("before", "١.١"),
        ("limit", "0"),
        ("limit", "201"),
        ("limit", "x"),
    ],
)
def test_a_key_or_a_number_that_means_no_page_is_refused(
    call: Call, her: str, name: str, value: str
) -> None:
    response = call("GET", f"/users/{her}/messages", **{name: value})
    assert response.status_code == 422
    assert list(response.json["errors"]) == [name]


# To copy


def test_a_copy_holds_every_fact_message_and_receipt_and_who_looked(
    app: Flask, call: Call, her: str
) -> None:
    call("GET", f"/users/{her}", headers={"X-Reason": "she called"})
    copy = call("GET", f"/users/{her}/export").json
    assert sorted(copy["user_ids"]) == sorted([her, short(her)])
    assert {name: copy["memory"][name] for name in FACTS} == FACTS
    assert copy["memory"]["interaction_count"] == len(TOLD)
    assert copy["memory"]["score_reasons"]
    inbound = [each for each in copy["messages"] if each["direction"] == "inbound"]
    assert [each["body"] for each in inbound] == list(TOLD)
    outbound = [each for each in copy["messages"] if each["direction"] == "outbound"]
    assert [each["reply_to"] for each in outbound] == [each["message_sid"] for each in inbound]
    assert all(each["body"] and each["score_signals"] for each in outbound)
    [receipt] = copy["memory"]["additional_data"]["consent"]["receipts"]
    assert (receipt["event"], receipt["message_sid"]) == ("noticed", inbound[0]["message_sid"])
    assert [(line["action"], line["reason"]) for line in copy["audit"]] == [
        ("exported", ""),
        ("read", "she called"),
    ]
    assert "front desk" in copy["audit"][0]["actor"]


def test_a_copy_holds_more_messages_than_a_page_does(call: Call, webhook: Webhook) -> None:
    number = new_number()
    for place in range(105):
        webhook.say(f"gracias {place}", number)
    copy = call("GET", f"/users/{number}/export").json
    said = [each["body"] for each in copy["messages"] if each["direction"] == "inbound"]
    assert said == [f"gracias {place}" for place in range(105)]


def test_a_copy_to_be_read_tells_everything_in_spanish(
    call: Call, webhook: Webhook, her: str
) -> None:
    call("GET", f"/users/{her}", headers={"X-Reason": "llamó por teléfono"})
    replies = bodies(call("GET", f"/users/{her}/messages"))[::2]
    response = call("GET", f"/users/{her}/export", format="text")
    assert response.mimetype == "text/plain"
    told = response.text
    headings = ["COPIA DE TUS DATOS", "LO QUE SABEMOS DE TI", "PERMISOS", "MENSAJES"]
    assert stands_in_order([*headings, *TOLD, "QUIÉN HA CONSULTADO TUS DATOS"], told)
    assert stands_in_order(replies[::-1], told)
    for name, value in FACTS.items():
        parts = value if isinstance(value, list) else [value]
        assert [part for part in parts if str(part) not in told] == [], name
    assert her in told
    assert re.search(r"consulta, api key \d+ \(front desk\) \(llam", told)
    assert re.search(r"copia, api key \d+ \(front desk\)", told)


def test_a_copy_to_be_read_has_no_words_of_the_program_for_receipts_and_stage(
    call: Call, her: str
) -> None:
    told = call("GET", f"/users/{her}/export", format="text").text
    known, receipts = told.split("PERMISOS")[0], told.split("PERMISOS")[1].split("OTROS DATOS")[0]
    assert "noticed" not in receipts
    assert re.search(r"exploring|considering|buying", known) is None


def test_a_copy_to_be_read_has_accents_as_people_write_them(
    call: Call, webhook: Webhook, her: str
) -> None:
    webhook.say("¿qué cursos tienen de automatización y contaduría?", her)
    told = call("GET", f"/users/{her}/export", format="text").text
    assert re.findall(r"\\u[0-9a-f]{4}", told) == []


def test_a_copy_in_another_form_is_refused(call: Call, her: str) -> None:
    assert call("GET", f"/users/{her}/export", format="pdf").status_code == 422
