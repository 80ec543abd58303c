"""The ``flask`` commands, as an operator types them."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import text

from bot.extensions import db
from bot.models.access import Scope
from config import ROOT
from tests.support.apps import AppMaker
from tests.support.webhook import MARIA, Webhook

AWAY = "postgresql://nobody@127.0.0.1:1/none"
TOKEN_LENGTH = 43

Run = Callable[..., Result]


def runner(app: Flask) -> Run:
    def run(*args: str, stdin: str | None = None) -> Result:
        return app.test_cli_runner().invoke(args=args, input=stdin)

    return run


@pytest.fixture
def run(app: Flask) -> Run:
    return runner(app)


def line_of(output: str, part: str) -> str:
    return next(line for line in output.splitlines() if line.split()[1:2] == [part])


def mends(output: str) -> list[str]:
    return [line for line in output.splitlines() if "→" in line]


# doctor


def test_doctor_has_one_line_a_part_and_the_level(run: Run) -> None:
    result = run("doctor")
    assert result.exit_code == 0
    marks = {part: line_of(result.output, part)[:4] for part in ("database", "schema", "catalogue")}
    assert set(marks.values()) == {"ok  "}
    assert "24 courses" in line_of(result.output, "catalogue")
    assert line_of(result.output, "memory").startswith("ok")
    assert line_of(result.output, "openai").startswith("--")
    assert result.output.splitlines()[-1] == "Level of service: catalog-only"
    assert mends(result.output) == []


def test_doctor_without_a_database_finds_nothing_wrong(make_app: AppMaker) -> None:
    result = runner(make_app())("doctor")
    assert result.exit_code == 0
    assert line_of(result.output, "database").startswith("--")
    assert result.output.splitlines()[-1] == "Level of service: basic"


def test_doctor_with_the_database_away_fails_and_tells_how_to_mend_it(make_app) -> None:
    result = runner(make_app(DATABASE_URL=AWAY))("doctor")
    assert result.exit_code == 1
    assert line_of(result.output, "database").startswith("FAIL")
    assert any("DATABASE_URL" in hint for hint in mends(result.output))
    assert result.output.splitlines()[-1] == "Level of service: basic"


def test_doctor_on_an_empty_database_says_to_migrate(make_app, new_database) -> None:
    result = runner(make_app(DATABASE_URL=new_database()))("doctor")
    assert result.exit_code == 1
    assert line_of(result.output, "database").startswith("ok")
    assert line_of(result.output, "schema").startswith("FAIL")
    assert any("flask db upgrade" in hint for hint in mends(result.output))


def test_doctor_on_a_memory_folder_that_cannot_be_written_names_it(make_app, tmp_path) -> None:
    (tmp_path / "file").touch()
    result = runner(make_app(MEMORY_DIR=str(tmp_path / "file" / "memory")))("doctor")
    assert result.exit_code == 1
    assert line_of(result.output, "memory").startswith("FAIL")
    assert any(str(tmp_path / "file") in hint for hint in mends(result.output))


def test_doctor_says_when_signatures_are_not_checked(make_app: AppMaker) -> None:
    loose = runner(make_app(TWILIO_VALIDATE_SIGNATURE="false"))("doctor")
    assert "NOT checked" in line_of(loose.output, "twilio")
    without = runner(make_app(TWILIO_AUTH_TOKEN=""))("doctor")
    assert any("TWILIO_AUTH_TOKEN" in hint for hint in mends(without.output))


def test_doctor_shows_no_secret(make_app: AppMaker) -> None:
    app = make_app(OPENAI_API_KEY="sk-s3cret", DATABASE_URL="postgresql://u:s3cret@127.0.0.1:1/x")
    output = runner(app)("doctor").output
    assert "s3cret" not in output
    assert line_of(output, "openai").startswith("ok")
    assert output.splitlines()[-1] == "Level of service: ai-only"


# api-keys


def test_a_new_key_stands_alone_on_the_last_line(run: Run, client) -> None:
    result = run("api-keys", "create", "panel", "--scope", "courses:read", "--scope", "users:read")
    assert result.exit_code == 0
    token = result.stdout.splitlines()[-1]
    assert result.stdout == f"{token}\n"
    assert "cannot be shown again" in result.stderr
    headers = {"Authorization": f"Bearer {token}"}
    assert client.get("/api/v1/courses/options", headers=headers).status_code == 200


def test_keys_are_listed_without_their_secrets(run: Run) -> None:
    token = run("api-keys", "create", "panel", "--scope", "admin").stdout.strip()
    result = run("api-keys", "list")
    (line,) = result.stdout.splitlines()
    key_id, name, scopes, _, state = line.split("\t")
    assert (name, scopes, state) == ("panel", "admin", "in force")
    assert token.startswith(f"brenda_{key_id}_")
    assert token[-TOKEN_LENGTH:] not in result.output


def test_a_revoked_key_is_listed_as_such_and_cannot_be_revoked_again(run: Run) -> None:
    key_id = run("api-keys", "create", "panel", "--scope", "admin").stdout.split("_")[1]
    assert run("api-keys", "revoke", key_id).exit_code == 0
    assert "revoked 20" in run("api-keys", "list").stdout
    again = run("api-keys", "revoke", key_id)
    assert again.exit_code == 1
    assert key_id in again.stderr


@pytest.mark.parametrize(
    "args",
    [
        ("create", "panel"),
        ("create",),
        ("create", "panel", "--scope", "everything"),
        ("revoke", "x"),
    ],
)
def test_a_wrong_call_is_explained(run: Run, args: tuple[str, ...]) -> None:
    result = run("api-keys", *args)
    assert result.exit_code == 2
    assert "Usage" in result.stderr


def test_every_scope_can_be_given(run: Run) -> None:
    for scope in Scope:
        assert run("api-keys", "create", "panel", "--scope", str(scope)).exit_code == 0


@pytest.mark.parametrize(
    "args",
    [
        ("api-keys", "list"),
        ("api-keys", "create", "panel", "--scope", "admin"),
        ("api-keys", "revoke", "1"),
        ("catalog", "demo"),
        ("users", "show", MARIA),
    ],
)
def test_without_its_database_a_command_says_so_in_one_line(make_app, args) -> None:
    result = runner(make_app(DATABASE_URL=AWAY))(*args)
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: The database cannot be reached")
    assert "Traceback" not in result.output


# catalog


def test_the_demo_catalogue_is_loaded_once_however_often_it_is_asked_for(
    make_app: AppMaker, new_database
) -> None:
    app = make_app(DATABASE_URL=new_database())
    run = runner(app)
    assert run("db", "upgrade").exit_code == 0
    assert run("catalog", "demo").stdout.startswith("24 ")
    before = counts(app)
    assert run("catalog", "demo").stdout.startswith("0 ")
    assert counts(app) == before
    with app.app_context():
        db.session.execute(text("UPDATE ai_courses SET name = 'Nuestro' WHERE price = '299'"))
        db.session.commit()
    run("catalog", "demo")
    with app.app_context():
        ours = db.session.scalar(text("SELECT count(*) FROM ai_courses WHERE name = 'Nuestro'"))
    assert ours


def counts(app: Flask) -> list[int]:
    tables = ("ai_courses", "ai_course_session", "ai_tema_activity", "bond", "elements_url")
    with app.app_context():
        return [db.session.scalar(text(f"SELECT count(*) FROM {table}")) for table in tables]


# users


def test_a_persons_memory_is_shown_as_json(run: Run, webhook: Webhook) -> None:
    webhook.say("hola, me llamo Ana Ruiz")
    shown = json.loads(run("users", "show", MARIA).stdout)
    assert (shown["user_id"], shown["name"]) == (MARIA, "Ana Ruiz")
    assert shown["opted_out"] is False
    assert "\\u" not in run("users", "show", MARIA).stdout


@pytest.mark.parametrize("user_id", ["5215500000000", "", "../../etc/passwd", "\udcff", "x" * 5000])
@pytest.mark.parametrize("mode", ["postgres", "json"])
def test_nobody_is_shown_in_one_line(make_app, demo_url, mode: str, user_id: str) -> None:
    result = runner(make_app(DATABASE_URL=demo_url, STORAGE_MODE=mode))("users", "show", user_id)
    assert result.exit_code == 1
    assert result.stderr == "Error: Nobody is known under this user_id.\n"


# chat


def test_a_chat_has_several_turns_and_remembers(run: Run) -> None:
    result = run("chat", "--user", MARIA, stdin="hola, me llamo Ximena\nhola\n\n")
    assert result.exit_code == 0
    assert result.stdout.count("Brenda: ") >= 2
    assert "Ximena" in result.stdout.split("Brenda: ")[-1]
    assert json.loads(run("users", "show", MARIA).stdout)["interaction_count"] == 2


def test_the_end_of_the_input_ends_the_chat_without_an_error(run: Run) -> None:
    result = run("chat", stdin="hola")
    assert result.exit_code == 0
    assert "Brenda: " in result.stdout
    assert "Aborted" not in result.output


def test_a_chat_needs_neither_database_nor_model(make_app: AppMaker) -> None:
    for environment in ({"STORAGE_MODE": "json"}, {"DATABASE_URL": AWAY}):
        result = runner(make_app(**environment))("chat", stdin="hola\n\n")
        assert result.exit_code == 0
        assert "Brenda: " in result.stdout


def test_silence_is_shown_as_such(run: Run) -> None:
    assert "(sin respuesta)" in run("chat", stdin="baja\ngracias\n\n").stdout


def test_a_person_without_a_number_can_chat(run: Run) -> None:
    user_id = "US.1349120865530274191"
    assert run("chat", "--user", user_id, stdin="hola\n\n").exit_code == 0
    assert json.loads(run("users", "show", user_id).stdout)["user_id"] == user_id


# A process of its own


def flask(folder: Path, *args: str, stdin: str = "", **environment: str):
    own = {
        "PATH": os.environ["PATH"],
        "INSTANCE_DIR": str(folder / "instance"),
        "DATABASE_URL": "",
        "STORAGE_MODE": "",
        "TWILIO_AUTH_TOKEN": "",
        "OPENAI_API_KEY": "",
        "MEMORY_DIR": "",
        "LOG_LEVEL": "",
        "LOG_FORMAT": "",
    }
    return subprocess.run(
        [sys.executable, "-m", "flask", *args],
        cwd=ROOT,
        env=own | environment,
        input=stdin,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_flask_finds_the_app_by_itself_and_doctor_reports(tmp_path: Path) -> None:
    done = flask(tmp_path, "doctor")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "Level of service: basic"


def test_a_key_made_in_a_process_can_be_caught_by_a_script(tmp_path: Path, app, demo_url) -> None:
    done = flask(
        tmp_path, "api-keys", "create", "ci", "--scope", "courses:read", DATABASE_URL=demo_url
    )
    assert done.returncode == 0, done.stderr
    token = done.stdout.splitlines()[-1]
    headers = {"Authorization": f"Bearer {token}"}
    assert app.test_client().get("/api/v1/courses/options", headers=headers).status_code == 200


def test_a_bad_environment_ends_a_command_in_one_line(tmp_path: Path) -> None:
    done = flask(tmp_path, "doctor", PORT="x", LOG_FORMAT="xml")
    assert done.returncode != 0
    assert "PORT" in done.stderr
    assert "LOG_FORMAT" in done.stderr
    assert "Traceback" not in done.stderr
