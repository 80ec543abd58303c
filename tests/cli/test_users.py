"""``flask users`` and ``flask audit``: what an operator may do with one person's data."""

import getpass
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask

from bot.services import turns
from tests.support.apps import AUTH_TOKEN, AppMaker
from tests.support.conversation import STORAGE_MODES
from tests.support.people import (
    AWAY,
    FACTS,
    HER_WORDS,
    TOLD,
    Apps,
    audit_of,
    everything,
    new_number,
    short,
)
from tests.support.webhook import Webhook

Run = Callable[..., Result]


@pytest.fixture(params=STORAGE_MODES)
def app(request: pytest.FixtureRequest, make_app: AppMaker, demo_url: str, tmp_path: Path) -> Flask:
    return Apps(make_app, demo_url, tmp_path)(request.param)


@pytest.fixture
def run(app: Flask) -> Run:
    return runner(app)


def runner(app: Flask) -> Run:
    """Give a command; in a terminal wide enough for every cell to stand on one line."""

    def run(*args: str, answer: str | None = None) -> Result:
        result = app.test_cli_runner(env={"COLUMNS": "300"}).invoke(args=args, input=answer)
        assert result.exception is None or isinstance(result.exception, SystemExit)
        return result

    return run


@pytest.fixture
def her(app: Flask) -> str:
    """Somebody who told a lot."""
    number = new_number()
    for said in TOLD:
        Webhook(app.test_client(), AUTH_TOKEN).say(said, number)
    return number


def document(result: Result) -> dict[str, Any]:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def lines(result: Result) -> list[dict[str, Any]]:
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


# To see


def test_a_person_is_shown_with_all_facts_under_either_variant(run: Run, her: str) -> None:
    for user_id in (her, short(her)):
        shown = document(run("users", "show", user_id))
        assert {name: shown[name] for name in FACTS} == FACTS
        assert "Ocupación" not in shown


def test_messages_are_listed_oldest_first_and_page_by_page(run: Run, her: str) -> None:
    first = run("users", "messages", her, "--limit", "4")
    said = [line["body"] for line in lines(first) if line["direction"] == "inbound"]
    assert said == list(TOLD[-2:])
    assert "--before " in first.stderr
    key = first.stderr.split("--before ")[1].strip()
    second = run("users", "messages", her, "--before", key)
    said = [line["body"] for line in lines(second) if line["direction"] == "inbound"]
    assert said == list(TOLD[:-2])
    assert second.stderr == ""


def test_a_key_of_no_page_is_told_in_one_line(run: Run, her: str) -> None:
    result = run("users", "messages", her, "--before", "x")
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: ")


@pytest.mark.parametrize(
    "command",
    [
        ("show",),
        ("messages",),
        ("export",),
        ("export", "--format", "text"),
        ("correct",),
        ("forget", "--yes"),
    ],
    ids=" ".join,
)
def test_nobody_is_said_so_in_one_line(run: Run, command: tuple[str, ...]) -> None:
    facts = ("name=Ana",) if command == ("correct",) else ()
    result = run("users", *command, new_number(), *facts)
    assert result.exit_code == 1
    assert result.stderr == "Error: Nobody is known under this user_id.\n"
    assert result.stdout == ""


# To copy


def test_a_copy_holds_everything(run: Run, her: str) -> None:
    run("users", "show", her, "--reason", "she called")
    copy = document(run("users", "export", her, "--reason", "by mail"))
    assert {name: copy["memory"][name] for name in FACTS} == FACTS
    assert copy["memory"]["additional_data"]["consent"]["receipts"]
    assert sorted(copy["user_ids"]) == sorted([her, short(her)])
    said = [each["body"] for each in copy["messages"] if each["direction"] == "inbound"]
    assert said == list(TOLD)
    assert len(copy["messages"]) == 2 * len(TOLD)
    noted = [(line["action"], line["reason"]) for line in copy["audit"]]
    assert noted == [("exported", "by mail"), ("read", "she called")]


def test_a_copy_to_be_read_tells_everything_in_spanish(run: Run, her: str) -> None:
    told = run("users", "export", her, "--format", "text").stdout
    for heading in ("COPIA DE TUS DATOS", "PERMISOS", "MENSAJES", "QUIÉN HA CONSULTADO TUS DATOS"):
        assert heading in told
    assert [said for said in TOLD if said not in told] == []
    assert "- Nombre: Ximena Sotomayor" in told


@pytest.mark.parametrize("form", ["json", "text"])
def test_a_copy_may_be_written_to_a_file(run: Run, her: str, form: str, tmp_path: Path) -> None:
    path = tmp_path / "copy"
    result = run("users", "export", her, "--format", form, "--output", str(path))
    assert (result.exit_code, result.stdout) == (0, f"Written to {path}.\n")
    written = path.read_text("utf-8")
    assert "automatización" in written
    assert written.endswith("\n")
    if form == "json":
        assert json.loads(written)["memory"]["name"] == "Ximena Sotomayor"


# To correct


def test_facts_are_corrected_and_taken_away(run: Run, her: str) -> None:
    facts = ("name=María Fernanda", "level=", "interests=ventas, datos", "budget=450.5")
    changed = document(run("users", "correct", her, *facts, "pain_points=", "opted_out=true"))
    assert changed == document(run("users", "show", her))
    assert (changed["name"], changed["level"], changed["budget"]) == ("María Fernanda", None, 450.5)
    assert (changed["interests"], changed["pain_points"]) == (["ventas", "datos"], [])
    assert (changed["opted_out"], changed["role"]) == (True, "veterinaria")


@pytest.mark.parametrize(
    "fact",
    ["surname=Ruiz", "nonsense", "budget=much", "stage=sold", "opted_out=maybe", "email=x", "=5"],
)
def test_what_is_no_fact_is_explained_and_changes_nothing(run: Run, her: str, fact: str) -> None:
    before = document(run("users", "show", her))
    result = run("users", "correct", her, "name=Ana", fact)
    assert result.exit_code == 2
    assert fact.partition("=")[0] in result.stderr
    assert document(run("users", "show", her)) == before


# To erase


def test_who_is_erased_is_gone_everywhere(app: Flask, run: Run, her: str) -> None:
    result = run("users", "forget", short(her), "--yes", "--reason", "asked for it")
    assert result.exit_code == 0
    assert result.stdout.startswith("Nothing is kept any more under ")
    assert her in result.stdout
    assert run("users", "show", her).exit_code == 1
    kept = everything(app)
    assert [each for each in (*HER_WORDS, her, short(her)) if each in kept] == []


@pytest.mark.parametrize("answer", ["n\n", "\n", ""], ids=["no", "nothing", "the end"])
def test_who_is_not_confirmed_is_kept(run: Run, her: str, answer: str) -> None:
    result = run("users", "forget", her, answer=answer)
    assert result.exit_code == 1
    assert her in result.stdout
    assert document(run("users", "show", her))["name"] == "Ximena Sotomayor"


def test_who_is_confirmed_is_erased(run: Run, her: str) -> None:
    assert run("users", "forget", her, answer="y\n").exit_code == 0
    assert run("users", "show", her).exit_code == 1


# The audit


def cells(result: Result) -> list[list[str]]:
    assert result.exit_code == 0, result.output
    rows = [line for line in result.stdout.splitlines() if line.startswith("│")]
    return [[cell.strip() for cell in row.strip("│").split("│")] for row in rows]


def test_every_command_is_noted_with_who_gave_it_and_why(app: Flask, run: Run, her: str) -> None:
    run("users", "show", her, "--reason", "she called")
    run("users", "messages", her)
    run("users", "export", her)
    run("users", "correct", her, "name=Ana", "level=")
    run("leads", "list", "--min-score", "1", "--reason", "campaign")
    noted = audit_of(app, her)
    assert [line.action for line in noted] == ["read", "read", "exported", "changed", "listed"]
    assert (noted[0].reason, noted[4].reason) == ("she called", "campaign")
    assert noted[3].details == {"fields": ["level", "name"]}
    assert all(line.actor.endswith(f"({getpass.getuser()})") for line in noted)
    assert "users show" in noted[0].actor
    assert "leads list" in noted[4].actor


def test_the_audit_of_a_person_is_listed_the_newest_first(run: Run, her: str) -> None:
    run("users", "show", her, "--reason", "she called")
    run("users", "correct", her, "name=Ana")
    newest, oldest = cells(run("audit", "list", "--user", short(her)))
    assert (newest[1], newest[2], newest[5]) == ("changed", her, "fields: name")
    assert (oldest[1], oldest[2], oldest[4]) == ("read", her, "she called")
    assert len(cells(run("audit", "list", "--user", her, "--limit", "1"))) == 1


def test_after_the_erasure_the_audit_tells_what_was_done_and_not_with_whose(
    run: Run, her: str
) -> None:
    run("users", "show", her)
    run("users", "forget", her, "--yes", "--reason", "asked for it")
    for arguments in (("--user", her), ("--user", short(her)), ()):
        result = run("audit", "list", *arguments)
        erased, read = cells(result)[:2]
        assert (erased[1], erased[4], read[1]) == ("erased", "asked for it", "read")
        assert erased[2] == read[2]
        assert erased[2].startswith("(")
        assert her not in result.output
        assert short(her) not in result.output


def test_the_audit_of_somebody_nobody_looked_at_is_empty(run: Run) -> None:
    assert cells(run("audit", "list", "--user", new_number())) == []


# Figures


def test_figures_over_all_leads_are_shown(run: Run, app: Flask, her: str) -> None:
    Webhook(app.test_client(), AUTH_TOKEN).say("hola", new_number())
    result = run("leads", "stats")
    found = {(what, name): count for what, name, count in cells(result)}
    assert found["leads", ""] == "2"
    assert [found["active", f"in {days} days"] for days in (1, 7, 30)] == ["2", "2", "2"]
    assert (found["messages", "1"], found["messages", "2-5"]) == ("1", "1")
    assert sum(int(count) for (what, _), count in found.items() if what == "score") == 2
    assert found["intent (replies)", "AUTOMATION_NEED"] == "1"
    assert "3.0 messages a lead" in result.stdout


# While the database is away


@pytest.mark.parametrize(
    "command",
    [
        ("users", "show", "1"),
        ("users", "messages", "1"),
        ("users", "export", "1"),
        ("users", "correct", "1", "name=Ana"),
        ("users", "forget", "1", "--yes"),
        ("users", "expire", "--days", "1"),
        ("audit", "list"),
        ("leads", "stats"),
    ],
    ids=" ".join,
)
def test_with_the_database_away_it_says_so_in_one_line(
    make_app: AppMaker, command: tuple[str, ...]
) -> None:
    result = runner(make_app(DATABASE_URL=AWAY))(*command)
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: The database cannot be reached")
    assert result.stderr.count("\n") == 1


def test_what_was_corrected_is_in_the_backup_too(
    make_app: AppMaker, demo_url: str, tmp_path: Path
) -> None:
    app = Apps(make_app, demo_url, tmp_path)("postgres", MEMORY_JSON_BACKUP="true")
    number = new_number()
    Webhook(app.test_client(), AUTH_TOKEN).say(TOLD[0], number)
    assert runner(app)("users", "correct", number, "name=Rosario").exit_code == 0
    with app.app_context():
        memory = turns.load_memory(number)
    [backup] = app.extensions["config"].memory_dir.glob("memory_*.json")
    assert memory
    assert memory.name == json.loads(backup.read_text("utf-8"))["name"] == "Rosario"
