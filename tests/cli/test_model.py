"""``flask model``: costs by day, and the gate for whoever edits its rules."""

from collections.abc import Callable, Iterator

import pytest
from click.testing import Result
from flask import Flask

from tests.support.apps import AppMaker
from tests.support.model import webhook_of, with_model
from tests.support.openai_server import OpenAIServer, says

Run = Callable[..., Result]
ASKED = "¿qué cursos de marketing tienen?"


@pytest.fixture
def openai() -> Iterator[OpenAIServer]:
    with OpenAIServer() as server:
        yield server


def runner(app: Flask) -> Run:
    return lambda *args: app.test_cli_runner(env={"COLUMNS": "200"}).invoke(args=["model", *args])


def test_costs_are_shown_by_day_purpose_and_outcome(
    make_app: AppMaker, app: Flask, demo_url: str, openai: OpenAIServer
) -> None:
    app = make_app(DATABASE_URL=demo_url, **with_model(openai))
    for text in ("Claro que sí. ¿Qué te gustaría lograr?", "Cuesta $1 USD."):
        openai.behaviour = says(text)
        webhook_of(app).say(ASKED)
        webhook_of(app).say("gracias")
    result = runner(app)("costs")
    assert result.exit_code == 0
    lines = [line for line in result.stdout.splitlines() if "reply" in line]
    cells = [[cell.strip() for cell in line.strip("│").split("│")] for line in lines]
    assert {cell[2] for cell in cells} == {"used", "gate"}
    assert all(cell[3:] == ["1", "1,900", "1,024", "120", "0.0003"] for cell in cells)
    assert "0.0006 USD in 30 days." in result.stdout


def test_costs_of_nothing_are_nothing(app: Flask) -> None:
    assert "0.0000 USD in 7 days." in runner(app)("costs", "--days", "7").stdout


def test_costs_without_a_database_say_why(make_app: AppMaker) -> None:
    result = runner(make_app())("costs")
    assert result.exit_code == 1
    assert "database" in result.output


def test_the_gate_says_what_it_has_against_a_text(app: Flask) -> None:
    text = "Excel y Finanzas con IA cuesta 4500 pesos e incluye certificado."
    result = runner(app)("check", text, "--course", "excel")
    assert result.exit_code == 1
    assert result.stdout == "not in the facts   certificate: certificado\n"


def test_the_gate_says_that_a_text_is_well(app: Flask) -> None:
    text = "Excel y Finanzas con IA cuesta 4500 pesos y son ocho sesiones."
    result = runner(app)("check", text, "--course", "excel")
    assert (result.exit_code, "in the facts" in result.stdout) == (0, True)


def test_without_a_course_only_the_school_is_known(app: Flask) -> None:
    assert runner(app)("check", "Cuesta $299 USD.").exit_code == 1
    assert runner(app)("check", "Con gusto te ayudo a elegir.").exit_code == 0


def test_a_course_that_is_not_there_is_said(app: Flask) -> None:
    result = runner(app)("check", "hola", "--course", "cocina")
    assert result.exit_code == 1
    assert "No course has 'cocina' in its name." in result.output


def test_a_policy_with_what_is_no_intent_stops_the_start(make_app: AppMaker) -> None:
    from config import ConfigError

    with pytest.raises(ConfigError, match="OPENAI_INTENTS: there is no PIZZA"):
        make_app(OPENAI_INTENTS="EXPLORATION, PIZZA")


def test_doctor_tells_what_was_spent_and_what_voice_notes_need(
    make_app: AppMaker, app: Flask, demo_url: str, openai: OpenAIServer
) -> None:
    app = make_app(DATABASE_URL=demo_url, **with_model(openai))
    webhook_of(app).say(ASKED)
    output = app.test_cli_runner().invoke(args=["doctor"]).output
    assert "0.0003 of 10 USD spent today" in output
    assert "TWILIO_ACCOUNT_SID" in output
