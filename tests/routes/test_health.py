"""Probes for whoever runs the service, and figures of what it did."""

from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import event

from bot.extensions import db
from tests.support.apps import AUTH_TOKEN, AppMaker
from tests.support.webhook import PATH, Webhook, text_form

AWAY = "postgresql://nobody@127.0.0.1:1/none"
PARTS = {"database", "schema", "catalogue", "memory", "twilio", "openai"}


def test_alive_runs_no_statement(app: Flask, client: FlaskClient) -> None:
    seen: list[str] = []
    with app.app_context():
        event.listen(db.engine, "before_cursor_execute", lambda *args: seen.append(args[2]))
    assert client.get("/healthz").json == {"status": "ok"}
    assert seen == []


def test_alive_opens_no_connection_and_writes_no_file(make_app: AppMaker, tmp_path: Path) -> None:
    client = make_app(DATABASE_URL=AWAY).test_client()
    before = sorted(tmp_path.rglob("*"))
    for _ in range(3):
        assert client.get("/healthz").status_code == 200
    assert sorted(tmp_path.rglob("*")) == before


MODES = [
    ("json", "basic", {"database": None, "schema": None, "catalogue": None, "memory": True}),
    ("hybrid", "catalog-only", dict.fromkeys(("database", "schema", "catalogue", "memory"), True)),
    ("postgres", "catalog-only", dict.fromkeys(("database", "schema", "catalogue"), True)),
]


@pytest.mark.parametrize(("mode", "level", "state"), MODES, ids=[mode for mode, *_ in MODES])
def test_ready_tells_level_and_parts_in_each_mode(make_app, demo_url, mode, level, state) -> None:
    app = make_app(DATABASE_URL=demo_url, STORAGE_MODE=mode)
    response = app.test_client().get("/readyz")
    body = response.json
    assert response.status_code == 200
    assert (body["status"], body["level"]) == ("ready", level)
    assert set(body["parts"]) == PARTS
    assert {name: body["parts"][name]["ok"] for name in state} == state
    assert mode in body["parts"]["memory"]["detail"]


@pytest.mark.parametrize(
    ("environment", "level"),
    [
        ({"STORAGE_MODE": "json"}, "ai-only"),
        ({}, "full"),
        ({"DATABASE_URL": AWAY}, "ai-only"),
    ],
)
def test_with_a_model_the_level_is_higher(make_app, demo_url, environment, level) -> None:
    asked = {"DATABASE_URL": demo_url, "OPENAI_API_KEY": "sk-test"} | environment
    body = make_app(**asked).test_client().get("/readyz").json
    assert body["level"] == level
    assert body["parts"]["openai"]["ok"] is True
    assert "sk-test" not in str(body)


@pytest.mark.parametrize("mode", ["hybrid", "postgres"])
def test_without_its_database_it_is_ready_on_the_lowest_level(make_app: AppMaker, mode) -> None:
    client = make_app(DATABASE_URL=AWAY, STORAGE_MODE=mode).test_client()
    for _ in range(3):
        response = client.get("/readyz")
        assert response.status_code == 200
        assert response.json["level"] == "basic"
        assert response.json["parts"]["database"]["ok"] is False
        assert response.json["parts"]["memory"]["ok"] is True


def test_a_database_without_tables_is_told_and_gives_the_lowest_level(
    make_app: AppMaker, new_database
) -> None:
    body = make_app(DATABASE_URL=new_database()).test_client().get("/readyz").json
    assert body["parts"]["database"]["ok"] is True
    assert body["parts"]["schema"]["ok"] is False
    assert body["level"] == "basic"


def test_a_memory_that_cannot_be_written_is_not_ready(make_app: AppMaker, tmp_path: Path) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.touch()
    app = make_app(STORAGE_MODE="json", MEMORY_DIR=str(in_the_way / "memory"))
    response = app.test_client().get("/readyz")
    assert response.status_code == 503
    assert response.json["status"] == "not ready"
    assert response.json["parts"]["memory"]["ok"] is False


def test_ready_leaves_no_probe_behind(make_app: AppMaker, tmp_path: Path) -> None:
    make_app(STORAGE_MODE="json").test_client().get("/readyz")
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_missing_token_is_told_and_no_secret_is_shown(make_app: AppMaker) -> None:
    without = make_app(TWILIO_AUTH_TOKEN="").test_client().get("/readyz").json
    assert without["parts"]["twilio"]["ok"] is None
    shown = make_app(DATABASE_URL="postgresql://u:s3cret@127.0.0.1:1/x").test_client()
    answer = shown.get("/readyz").text
    assert "s3cret" not in answer
    assert AUTH_TOKEN not in answer


def figures(client: FlaskClient) -> dict[str, float]:
    families = text_string_to_metric_families(client.get("/metrics").text)
    totals: dict[str, float] = {}
    for sample in (sample for family in families for sample in family.samples):
        totals[sample.name] = totals.get(sample.name, 0) + sample.value
    return totals


def test_replies_repeats_and_refusals_are_counted(client: FlaskClient, webhook: Webhook) -> None:
    before = figures(client)
    webhook.say("hola")
    form = text_form("hola")
    webhook.post(form)
    webhook.post(form)
    client.post(PATH, data=form)
    after = figures(client)
    names = ("replies", "repeated_messages", "refused_signatures", "failures")
    grown = [after[f"brenda_{n}_total"] - before.get(f"brenda_{n}_total", 0) for n in names]
    assert grown == [2, 1, 1, 0]


def test_the_figures_tell_intent_source_and_level_and_no_person(client, webhook) -> None:
    webhook.say("hola")
    answer = client.get("/metrics")
    assert answer.content_type.startswith("text/plain")
    assert 'intent="GREETING"' in answer.text
    assert 'source="template"' in answer.text
    assert "5215512345678" not in answer.text
