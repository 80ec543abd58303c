"""``flask leads``: who is warm, and why, wherever leads are kept."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from click.testing import Result
from flask import Flask

from tests.support.apps import AppMaker
from tests.support.conversation import STORAGE_MODES, Conversation

AWAY = "postgresql://nobody@127.0.0.1:1/none"

Run = Callable[..., Result]


@pytest.fixture(params=STORAGE_MODES)
def app(request: pytest.FixtureRequest, make_app: AppMaker, demo_url: str) -> Flask:
    return make_app(DATABASE_URL=demo_url, STORAGE_MODE=request.param)


@pytest.fixture
def run(app: Flask) -> Run:
    return runner(app)


def runner(app: Flask) -> Run:
    # A terminal wide enough for every cell to stand on one line.
    return lambda *args: app.test_cli_runner(env={"COLUMNS": "240"}).invoke(args=["leads", *args])


def rows(output: str) -> list[list[str]]:
    """The cells of each line of the table."""
    lines = [line for line in output.splitlines() if line.startswith("│")]
    return [[cell.strip() for cell in line.strip("│").split("│")] for line in lines]


@pytest.fixture
def ana(app: Flask) -> Conversation:
    """Somebody who wants to enrol, and another who only says hello."""
    chat = Conversation(app)
    chat.say("hola, me llamo Ana Ruiz y soy directora de marketing")
    chat.say("¿cuánto cuesta?", "me quiero inscribir")
    Conversation(app, "573001234567").say("hola")
    return chat


def test_a_warm_lead_is_listed_with_what_makes_it_warm(ana: Conversation, run: Run) -> None:
    result = run("list")
    assert result.exit_code == 0
    [[user_id, name, score, today, stage, wrote, why]] = rows(result.stdout)
    assert (user_id, name, stage) == (ana.user_id, "Ana Ruiz", "buying")
    assert score == today == str(ana.memory.lead_score)
    assert wrote == f"{ana.memory.last_interaction_at:%Y-%m-%d %H:%M}"
    assert why.startswith("quiere inscribirse +30, etapa de la conversación +12, ")
    assert "1 of 1 leads with a score of 60 or more." in result.stdout


def test_only_the_weightiest_reasons_are_listed(ana: Conversation, run: Run) -> None:
    [row] = rows(run("list").stdout)
    assert row[-1].count("+") == 4


def test_the_least_score_can_be_chosen(ana: Conversation, run: Run) -> None:
    listed = rows(run("list", "--min-score", "0").stdout)
    assert [row[0] for row in listed] == [ana.user_id, "573001234567"]
    assert rows(run("list", "--min-score", "100").stdout) == []


def test_no_more_are_listed_than_are_wanted_and_all_are_counted(ana, run: Run) -> None:
    result = run("list", "--min-score", "0", "--limit", "1")
    assert [row[0] for row in rows(result.stdout)] == [ana.user_id]
    assert "1 of 2 leads with a score of 0 or more." in result.stdout


def test_silence_shows_in_the_score_of_today(ana: Conversation, run: Run) -> None:
    with time_machine.travel(datetime.now(UTC) + timedelta(days=30)):
        [row] = rows(run("list").stdout)
    assert int(row[2]) == ana.memory.lead_score
    assert int(row[3]) == pytest.approx(ana.memory.lead_score / 2, abs=0.51)


def test_nobody_warm_is_said_so(run: Run) -> None:
    result = run("list")
    assert result.exit_code == 0
    assert rows(result.stdout) == []
    assert "0 of 0 leads" in result.stdout


@pytest.mark.parametrize(
    "args", [("--min-score", "101"), ("--min-score", "x"), ("--limit", "0"), ("--limit", "1001")]
)
def test_a_wrong_number_is_explained(args: tuple[str, ...], run: Run) -> None:
    result = run("list", *args)
    assert result.exit_code == 2
    assert args[0] in result.stderr


def test_with_the_database_away_it_says_so_in_one_line(make_app: AppMaker) -> None:
    result = runner(make_app(DATABASE_URL=AWAY))("list")
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: The database cannot be reached")
    assert result.stderr.count("\n") == 1


def test_leads_in_files_are_listed_without_a_database(make_app: AppMaker) -> None:
    app = make_app()
    Conversation(app).say("me quiero inscribir")
    assert len(rows(runner(app)("list", "--min-score", "1").stdout)) == 1
