"""What the API lets the school's staff change: facts are corrected, people erased, all is noted."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from bot.models.access import Scope
from tests.support.apps import AUTH_TOKEN, AppMaker
from tests.support.people import TOLD, Call, audit_of, caller, everything, new_number, short
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


# To correct


def test_facts_are_corrected_and_taken_away_and_the_rest_stays(call: Call, her: str) -> None:
    changes = {
        "name": "María Fernanda",
        "level": None,
        "role": None,
        "email": None,
        "budget": 450.5,
        "interests": ["ventas", "datos"],
        "pain_points": [],
        "opted_out": True,
    }
    response = call("PATCH", f"/users/{short(her)}", json=changes)
    assert response.status_code == 200, response.text
    shown = call("GET", f"/users/{her}").json
    assert response.json == shown
    assert {name: shown[name] for name in changes} == changes
    assert {name: shown[name] for name in ("modality", "currency", "user_id")} == {
        "modality": "online",
        "currency": "USD",
        "user_id": her,
    }
    assert shown["interaction_count"] == len(TOLD)


def test_the_chat_knows_her_by_the_name_that_was_corrected(
    call: Call, webhook: Webhook, her: str
) -> None:
    call("PATCH", f"/users/{her}", json={"name": "Fernanda"})
    reply = webhook.say("hola", her)
    assert "Fernanda" in reply
    assert "Ximena" not in reply


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("surname", "Ruiz"),
        ("lead_score", 100),
        ("user_id", "1"),
        ("additional_data", {}),
        ("name", ""),
        ("name", 5),
        ("name", "x" * 256),
        ("name", "a\x00b"),
        ("email", "nonsense"),
        ("budget", -1),
        ("budget", "much"),
        ("currency", "usd"),
        ("interests", "ventas"),
        ("interests", [None]),
        ("interests", None),
        ("stage", "sold"),
        ("opted_out", "no"),
    ],
)
def test_what_is_no_fact_is_refused_and_changes_nothing(
    call: Call, her: str, field: str, value: object
) -> None:
    before = call("GET", f"/users/{her}").json
    response = call("PATCH", f"/users/{her}", json={"role": "abogada", field: value})
    assert response.status_code == 422, response.text
    assert list(response.json["errors"]) == [field]
    assert call("GET", f"/users/{her}").json == before


def test_nobody_is_corrected_or_made_under_an_unknown_number(call: Call) -> None:
    nobody = new_number()
    assert call("PATCH", f"/users/{nobody}", json={"name": "Ana"}).status_code == 404
    assert call("GET", f"/users/{nobody}").status_code == 404


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
def test_to_correct_or_erase_needs_a_key_that_may_write(app: Flask, her: str, method: str) -> None:
    for scope in (Scope.USERS_READ, Scope.LEADS_READ, Scope.COURSES_WRITE):
        response = caller(app, scope)(method, f"/users/{her}", json={})
        assert response.status_code == 403
        assert "users:write" in response.json["message"]
    assert caller(app, Scope.USERS_WRITE)(method, f"/users/{her}", json={}).status_code < 300


# To erase


@pytest.mark.parametrize("variant", [str, short], ids=["as she wrote", "the other way"])
def test_who_is_erased_under_either_variant_is_gone_under_both(
    app: Flask, call: Call, her: str, variant: Callable[[str], str]
) -> None:
    response = call("DELETE", f"/users/{variant(her)}")
    assert (response.status_code, response.text) == (204, "")
    for each in (her, short(her)):
        for path in ("", "/messages", "/export"):
            assert call("GET", f"/users/{each}{path}").status_code == 404
        assert call("DELETE", f"/users/{each}").status_code == 404
        assert each not in everything(app)


def test_what_somebody_else_said_stays(call: Call, webhook: Webhook, her: str) -> None:
    other = new_number()
    webhook.say("hola, me llamo Hortensia", other)
    call("DELETE", f"/users/{her}")
    assert call("GET", f"/users/{other}").json["name"] == "Hortensia"
    assert len(call("GET", f"/users/{other}/messages").json) == 2


def test_who_writes_again_after_the_erasure_is_shown_as_a_new_person(
    call: Call, webhook: Webhook, her: str
) -> None:
    call("DELETE", f"/users/{her}")
    webhook.say("hola, me llamo Rosario", short(her))
    shown = call("GET", f"/users/{her}").json
    assert (shown["name"], shown["role"], shown["interaction_count"]) == ("Rosario", None, 1)
    assert len(call("GET", f"/users/{her}/messages").json) == 2


# Who looked


def test_every_call_is_noted_with_who_made_it_what_it_did_and_why(
    app: Flask, call: Call, her: str
) -> None:
    calls = [
        ("GET", "", None),
        ("GET", "/messages", None),
        ("GET", "/export", None),
        ("PATCH", "", {"name": "Fernanda", "level": None}),
        ("DELETE", "", None),
    ]
    for place, (method, path, json) in enumerate(calls):
        call(method, f"/users/{her}{path}", json=json, headers={"X-Reason": f"ticket {place}"})
    noted = audit_of(app, her)
    assert [(line.action, line.reason) for line in noted] == [
        ("read", "ticket 0"),
        ("read", "ticket 1"),
        ("exported", "ticket 2"),
        ("changed", "ticket 3"),
        ("erased", "ticket 4"),
    ]
    assert all(line.actor.startswith("api key ") for line in noted)
    assert all(line.actor.endswith("(front desk)") for line in noted)
    assert len({line.person for line in noted}) == 1
    assert {line.user_id for line in noted} == {None}
    assert noted[3].details == {"fields": ["level", "name"]}


def test_what_was_refused_or_found_nobody_is_not_noted(app: Flask, call: Call, her: str) -> None:
    nobody = new_number()
    call("GET", f"/users/{nobody}")
    call("PATCH", f"/users/{her}", json={"surname": "Ruiz"})
    call("GET", f"/users/{her}/messages", before="x")
    caller(app, Scope.USERS_READ)("DELETE", f"/users/{her}")
    assert [line.action for line in audit_of(app, her) if line.action != "read"] == []
    assert audit_of(app, nobody) == []


def test_a_list_of_leads_is_noted_for_each_of_them(app: Flask, her: str) -> None:
    reader = caller(app, Scope.LEADS_READ)
    listed = reader("GET", "/leads", min_score=1, headers={"X-Reason": "campaign"})
    assert [lead["user_id"] for lead in listed.json] == [her]
    [line] = audit_of(app, her)
    assert (line.action, line.reason, line.user_id) == ("listed", "campaign", her)


def test_a_reason_that_is_too_long_is_refused(call: Call, her: str) -> None:
    assert call("GET", f"/users/{her}", headers={"X-Reason": "x" * 500}).status_code == 200
    assert call("GET", f"/users/{her}", headers={"X-Reason": "x" * 501}).status_code == 422


# Figures


@pytest.fixture
def figures(app: Flask) -> Call:
    return caller(app, Scope.LEADS_READ)


def test_figures_over_all_leads_are_counted(figures: Call, webhook: Webhook, her: str) -> None:
    other = new_number()
    webhook.say("hola", other)
    found = figures("GET", "/leads/statistics").json
    assert found["leads"] == 2
    assert found["active"] == {"1": 2, "7": 2, "30": 2}
    assert sum(step["leads"] for step in found["scores"]) == 2
    assert [step["from"] for step in found["scores"]] == [0, 20, 40, 60, 80]
    assert found["messages_per_lead"] == {"mean": 3.0, "1": 1, "2-5": 1, "6-20": 0, "21+": 0}
    assert sum(found["intents"].values()) == len(TOLD) + 1
    assert found["intents"]["AUTOMATION_NEED"] == 1
    assert sum(found["stages"].values()) == 2


def test_who_is_erased_counts_no_longer_but_what_was_asked_for_may(
    figures: Call, call: Call, webhook: Webhook, her: str
) -> None:
    call("DELETE", f"/users/{her}")
    found = figures("GET", "/leads/statistics").json
    assert found["leads"] == 0
    assert found["active"] == {"1": 0, "7": 0, "30": 0}
    assert found["messages_per_lead"]["mean"] == 0


def test_figures_need_a_key_that_may_read_leads(app: Flask) -> None:
    client: FlaskClient = app.test_client()
    assert client.get("/api/v1/leads/statistics").status_code == 401
    for scope in (Scope.USERS_READ, Scope.COURSES_READ):
        response = caller(app, scope)("GET", "/leads/statistics")
        assert response.status_code == 403
        assert "leads:read" in response.json["message"]
    assert caller(app, Scope.LEADS_READ)("GET", "/leads/statistics").status_code == 200
