"""The warmest leads by the API: who they are, in what order, and what their score is made of."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import text
from werkzeug.test import TestResponse

from bot.extensions import db
from bot.models.access import Scope
from bot.services import access
from tests.support.apps import AppMaker
from tests.support.conversation import Conversation

LEADS = "/api/v1/leads"
WARM = (
    "hola, me llamo Ana Ruiz y soy directora de marketing",
    "¿cuánto cuesta el curso de ventas?",
    "me quiero inscribir",
)
COLD = "573001234567"
SHOWN = {
    "user_id",
    "name",
    "role",
    "lead_score",
    "score_today",
    "score_reasons",
    "stage",
    "current_course",
    "interaction_count",
    "last_interaction_at",
    "opted_out",
}

Ask = Callable[..., TestResponse]


@pytest.fixture(params=["postgres", "hybrid"])
def app(request: pytest.FixtureRequest, make_app: AppMaker, demo_url: str) -> Flask:
    """Leads in tables and in files; the keys are in the database in either case."""
    return make_app(DATABASE_URL=demo_url, STORAGE_MODE=request.param)


@pytest.fixture
def ask(app: Flask) -> Ask:
    """Read something of the API with a key that may read leads and people."""
    token = key(app, Scope.LEADS_READ, Scope.USERS_READ)

    def ask(path: str = LEADS, **query: object) -> TestResponse:
        return app.test_client().get(path, query_string=query, headers=bearer(token))

    return ask


@pytest.fixture
def ana(app: Flask) -> Conversation:
    """Somebody who wants to enrol, and another who only says hello."""
    chat = Conversation(app)
    chat.say(*WARM)
    Conversation(app, COLD).say("hola")
    return chat


def key(app: Flask, *scopes: Scope) -> str:
    with app.app_context():
        return access.create_key("test", scopes)


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def names(response: TestResponse) -> list[str]:
    return [lead["user_id"] for lead in response.json]


def points_of(reasons: list[dict[str, Any]]) -> dict[str, float]:
    return {reason["signal"]: reason["points"] for reason in reasons}


# Who may read it


@pytest.mark.parametrize("scope", Scope)
def test_only_a_key_for_leads_opens_it(scope: Scope, app: Flask) -> None:
    response = app.test_client().get(LEADS, headers=bearer(key(app, scope)))
    allowed = scope in (Scope.LEADS_READ, Scope.ADMIN)
    assert response.status_code == (200 if allowed else 403)
    if not allowed:
        assert "leads:read" in response.json["message"]


def test_without_a_key_nothing_is_shown(app: Flask, ana: Conversation) -> None:
    response = app.test_client().get(LEADS)
    assert response.status_code == 401
    assert "Ana" not in response.text


# Which leads


def test_a_warm_lead_is_shown_and_a_cold_one_is_not(ana: Conversation, ask: Ask) -> None:
    response = ask()
    assert response.status_code == 200
    [lead] = response.json
    assert set(lead) == SHOWN
    assert (lead["user_id"], lead["name"]) == (ana.user_id, "Ana Ruiz")
    assert lead["role"] == "directora de marketing"
    assert (lead["stage"], lead["interaction_count"]) == ("buying", 3)
    assert lead["lead_score"] == ana.memory.lead_score
    assert lead["lead_score"] >= 60
    assert lead["opted_out"] is False


@pytest.mark.parametrize("beside", [-1, 0, 1])
def test_a_lead_is_shown_from_its_score_on(beside: int, ana: Conversation, ask: Ask) -> None:
    found = ask(min_score=ana.memory.lead_score + beside)
    assert names(found) == ([ana.user_id] if beside <= 0 else [])


def test_with_no_least_score_everybody_is_shown(ana: Conversation, ask: Ask) -> None:
    assert names(ask(min_score=0)) == [ana.user_id, COLD]


def test_who_left_is_warm_no_longer(ana: Conversation, ask: Ask) -> None:
    ana.say("BAJA")
    assert names(ask(min_score=1)) == []
    gone = next(lead for lead in ask(min_score=0).json if lead["user_id"] == ana.user_id)
    assert (gone["opted_out"], gone["lead_score"]) == (True, 0)


@pytest.mark.parametrize("value", ["-1", "101", "many", ""])
def test_a_least_score_that_is_none_is_refused(value: str, ask: Ask) -> None:
    response = ask(min_score=value)
    assert response.status_code == 422
    assert "min_score" in str(response.json["errors"])


def test_nobody_known_is_an_empty_list(ask: Ask) -> None:
    response = ask()
    assert (response.status_code, response.json) == (200, [])
    assert json.loads(response.headers["X-Pagination"])["total"] == 0


def test_the_highest_score_comes_first_and_equal_ones_by_their_id(app: Flask, ask: Ask) -> None:
    said = {
        "5215500000003": ["¿cuánto cuesta el curso de ventas?"],
        "5215500000002": ["me quiero inscribir"],
        "5215500000001": ["¿cuánto cuesta el curso de ventas?"],
        "5215500000004": ["hola"],
    }
    for user_id, texts in said.items():
        Conversation(app, user_id).say(*texts)
    order = ["5215500000002", "5215500000001", "5215500000003", "5215500000004"]
    assert names(ask(min_score=0)) == order


def test_a_page_tells_how_many_there_are_and_pages_do_not_overlap(app: Flask, ask: Ask) -> None:
    everybody = [f"521550000000{number}" for number in range(5)]
    for user_id in everybody:
        Conversation(app, user_id).say("me quiero inscribir")
    pages = [ask(min_score=1, page=page, page_size=2) for page in (1, 2, 3)]
    assert [len(names(page)) for page in pages] == [2, 2, 1]
    assert [user_id for page in pages for user_id in names(page)] == everybody
    headers = [json.loads(page.headers["X-Pagination"]) for page in pages]
    assert [(each["total"], each["total_pages"]) for each in headers] == [(5, 3)] * 3
    assert [each["page"] for each in headers] == [1, 2, 3]


@pytest.mark.parametrize("query", [{"page": 0}, {"page_size": 101}, {"page_size": 0}])
def test_an_impossible_page_is_refused(query: dict[str, int], ask: Ask) -> None:
    assert ask(**query).status_code == 422


# Why


def test_a_score_is_the_sum_of_its_reasons_the_weightiest_first(
    ana: Conversation, ask: Ask
) -> None:
    [lead] = ask().json
    points = [reason["points"] for reason in lead["score_reasons"]]
    assert points == sorted(points, key=abs, reverse=True)
    assert round(sum(points)) == lead["lead_score"]
    assert lead["score_reasons"][0]["reason"] == "quiere inscribirse"


def test_each_reason_names_the_message_that_gave_it_and_when(app: Flask, ask: Ask) -> None:
    chat, sids = Conversation(app), []
    for said in WARM:
        chat.say(said)
        sids.append(chat.last_sid)
    [lead] = ask().json
    by_signal = {reason["signal"]: reason for reason in lead["score_reasons"]}
    given_by = {
        "fact:name": sids[0],
        "decides": sids[0],
        "intent:PRICE_INQUIRY": sids[1],
        "intent:BUYING_SIGNALS": sids[2],
    }
    assert {signal: by_signal[signal]["message_sid"] for signal in given_by} == given_by
    assert by_signal["intent:BUYING_SIGNALS"]["at"] == lead["last_interaction_at"]
    assert by_signal["fact:name"]["at"] < by_signal["intent:PRICE_INQUIRY"]["at"]


def test_what_was_asked_twice_adds_up_to_its_most(app: Flask, ask: Ask) -> None:
    chat = Conversation(app)
    for _ in range(4):
        chat.say("¿cuánto cuesta el curso de ventas?")
    [lead] = ask(min_score=1).json
    asked = points_of(lead["score_reasons"])["intent:PRICE_INQUIRY"]
    assert asked == 15


def test_a_persons_memory_shows_the_same_reasons(ana: Conversation, ask: Ask) -> None:
    [lead] = ask().json
    person = ask(f"/api/v1/users/{ana.user_id}").json
    assert person["score_reasons"] == lead["score_reasons"]
    assert person["score_reasons"]
    assert (person["lead_score"], person["score_today"]) == (
        lead["lead_score"],
        lead["score_today"],
    )


@pytest.mark.parametrize(("days", "left"), [(0, 1.0), (30, 0.5), (60, 0.25), (3650, 0.0)])
def test_silence_cools_a_lead(days: int, left: float, ana: Conversation, ask: Ask) -> None:
    score = ana.memory.lead_score
    with time_machine.travel(datetime.now(UTC) + timedelta(days=days)):
        [lead] = ask().json
    assert lead["lead_score"] == score
    assert lead["score_today"] == pytest.approx(score * left, abs=0.51)


def test_who_writes_again_after_months_starts_from_what_is_left(
    ana: Conversation, ask: Ask
) -> None:
    before = ana.memory.lead_score
    with time_machine.travel(datetime.now(UTC) + timedelta(days=90)):
        ana.say("gracias")
        found = ask(min_score=0).json
    lead = next(lead for lead in found if lead["user_id"] == ana.user_id)
    assert 0 < lead["lead_score"] < before
    assert lead["score_today"] == lead["lead_score"]
    assert points_of(lead["score_reasons"])["fact:name"] == 3
    assert points_of(lead["score_reasons"])["intent:BUYING_SIGNALS"] < 1


# The points of each message


def test_the_log_has_the_points_that_each_message_gave(make_app, demo_url: str) -> None:
    chat = Conversation(make_app(DATABASE_URL=demo_url))
    chat.say("hola", *WARM, "gracias")
    query = "SELECT score_signals FROM messages WHERE direction = 'outbound' ORDER BY id"
    with chat.app.app_context():
        given = list(db.session.scalars(text(query)))
    hello, told, price, enrols, thanks = given
    assert (hello, thanks) == ({}, {})
    assert told == {"fact:name": 3, "fact:role": 4, "decides": 6}
    assert price == {"intent:PRICE_INQUIRY": 10, "depth": 1, "stage": 5}
    assert enrols == {"intent:BUYING_SIGNALS": 30, "depth": 1, "stage": 12}
    # A further stage takes the place of the one before.
    points = sum(sum(each.values()) for each in given) - price["stage"]
    assert chat.memory.lead_score == points


def test_a_repeated_delivery_gives_its_points_once(ana: Conversation) -> None:
    before = ana.memory
    ana.again()
    assert ana.memory.lead_score == before.lead_score
    assert ana.memory.additional_data["score"] == before.additional_data["score"]
