"""``flask memory status``: why the memory is, or is not, kept."""

from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import text

from bot.extensions import db
from bot.models.leads import LeadMemory
from bot.services import encryption
from bot.stores.storage import Storage
from tests.stores.builders import close_one, inbound
from tests.support.apps import AppMaker
from tests.support.conversation import Conversation
from tests.support.webhook import MARIA, Webhook

KEY = "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVowMTIzNDU="
AWAY = "postgresql://u:s3cret@127.0.0.1:1/none"


def status(app: Flask) -> Result:
    return app.test_cli_runner().invoke(args=("memory", "status"))


def line_of(result: Result, part: str) -> str:
    return next(line for line in result.output.splitlines() if line.split()[1:2] == [part])


def mend_of(result: Result, part: str) -> str:
    """The line with the arrow under the line of ``part``."""
    lines = result.output.splitlines()
    below = lines[lines.index(line_of(result, part)) + 1 :]
    return next(line for line in below if "→" in line)


def storage_of(app: Flask) -> Storage:
    return app.extensions["storage"]


# What is in force


@pytest.mark.parametrize(
    ("environment", "mode", "reason"),
    [
        ({}, "json: ", "STORAGE_MODE and DATABASE_URL are empty"),
        ({"DATABASE_URL": AWAY}, "postgres: ", "STORAGE_MODE is empty and DATABASE_URL is set"),
        ({"DATABASE_URL": AWAY, "STORAGE_MODE": "hybrid"}, "hybrid: ", "STORAGE_MODE=hybrid"),
        ({"DATABASE_URL": AWAY, "STORAGE_MODE": "json"}, "json: ", "STORAGE_MODE=json says so"),
        ({"STORAGE_MODE": "json"}, "json: ", "and DATABASE_URL is empty"),
    ],
)
def test_the_mode_is_told_with_the_variables_that_decided_it(
    make_app: AppMaker, environment: dict[str, str], mode: str, reason: str
) -> None:
    line = line_of(status(make_app(**environment)), "mode")
    assert mode in line
    assert reason in line


def test_in_files_everything_is_well_before_anybody_has_written(make_app, tmp_path) -> None:
    result = status(make_app())
    assert result.exit_code == 0, result.output
    assert str(tmp_path / "instance" / "memory") in line_of(result, "memory")
    assert "0 known" in line_of(result, "leads")
    assert "→" not in result.output


def test_in_the_database_it_tells_who_is_known_and_what_was_logged(app, webhook: Webhook) -> None:
    webhook.say("hola, me llamo Ana")
    webhook.say("¿qué cursos tienen?")
    webhook.say("hola", user_id="5215500000001")
    result = status(app)
    assert result.exit_code == 0, result.output
    assert "2 known, the last one saved 20" in line_of(result, "leads")
    assert "3 logged" in line_of(result, "messages")


@pytest.mark.parametrize("mode", ["json", "hybrid"])
def test_in_files_it_tells_who_is_known_and_what_was_logged(make_app, demo_url, mode) -> None:
    app = make_app(DATABASE_URL=demo_url, STORAGE_MODE=mode)
    close_one(storage_of(app).files)
    close_one(storage_of(app).files)
    result = status(app)
    assert result.exit_code == 0, result.output
    assert "1 known, the last one saved 20" in line_of(result, "leads")
    assert "2 logged" in line_of(result, "messages")


def test_finding_out_leaves_nothing_behind(app: Flask, tmp_path: Path) -> None:
    status(app)
    status(app)
    with app.app_context():
        rows = [
            db.session.scalar(text(f"SELECT count(*) FROM {table}"))
            for table in ("user_memory", "messages")
        ]
    assert rows == [0, 0]
    files = [path for path in tmp_path.rglob("*") if path.is_file() and path.suffix != ".lock"]
    assert files == []


# What fails


def test_a_database_that_is_away_fails_and_no_password_is_shown(make_app: AppMaker) -> None:
    result = status(make_app(DATABASE_URL=AWAY))
    assert result.exit_code == 1
    assert line_of(result, "database").startswith("FAIL")
    assert "127.0.0.1:1/none" in line_of(result, "database")
    assert "DATABASE_URL" in mend_of(result, "database")
    assert "s3cret" not in result.output
    assert "Traceback" not in result.output


def test_a_database_without_tables_fails_and_says_to_migrate(make_app, new_database) -> None:
    result = status(make_app(DATABASE_URL=new_database()))
    assert result.exit_code == 1
    assert "flask db upgrade" in mend_of(result, "database")


def test_a_database_that_may_only_be_read_fails(make_app: AppMaker, demo_url: str) -> None:
    app = make_app(DATABASE_URL=demo_url)
    with app.app_context():
        db.session.execute(text("SET default_transaction_read_only = on"))
        db.session.commit()
        result = status(app)
    assert result.exit_code == 1
    assert line_of(result, "database").startswith("FAIL")
    assert "read-only" in result.output


def test_a_table_that_refuses_every_lead_fails_and_says_why(make_app, new_database) -> None:
    app = make_app(DATABASE_URL=new_database())
    with app.app_context():
        upgrade()
        db.session.execute(text("ALTER TABLE user_memory ADD branch text NOT NULL"))
        db.session.commit()
    result = status(app)
    assert result.exit_code == 1
    assert "branch" in result.output
    assert "Traceback" not in result.output


@pytest.mark.parametrize("variable", ["MEMORY_DIR", "INSTANCE_DIR"])
def test_a_folder_that_cannot_be_written_fails_and_is_named(make_app, tmp_path, variable) -> None:
    (tmp_path / "file").touch()
    place = str(tmp_path / "file" / "there")
    result = status(make_app(**{variable: place}))
    assert result.exit_code == 1
    assert line_of(result, "memory").startswith("FAIL")
    assert place in mend_of(result, "memory")


def test_with_a_database_the_spool_and_the_copies_must_be_writable_too(
    make_app, demo_url, tmp_path
) -> None:
    (tmp_path / "file").touch()
    result = status(make_app(DATABASE_URL=demo_url, INSTANCE_DIR=str(tmp_path / "file" / "there")))
    assert result.exit_code == 1
    assert line_of(result, "database").startswith("ok")
    assert line_of(result, "spool").startswith("FAIL")
    assert line_of(result, "copies").startswith("FAIL")


# What waits, what was damaged, what is elsewhere


def test_turns_in_the_spool_are_counted_with_what_to_do(make_app: AppMaker) -> None:
    app = make_app(DATABASE_URL=AWAY)
    close_one(storage_of(app).spool)
    close_one(storage_of(app).spool)
    result = status(app)
    assert "2 waiting in the spool, the oldest since 20" in line_of(result, "waiting")
    assert "start Brenda" in mend_of(result, "waiting")


def test_a_spool_that_nobody_empties_in_this_mode_is_a_failure(make_app: AppMaker) -> None:
    close_one(storage_of(make_app(DATABASE_URL=AWAY)).spool)
    result = status(make_app())
    assert result.exit_code == 1
    assert line_of(result, "waiting").startswith("FAIL")
    assert "STORAGE_MODE=postgres" in mend_of(result, "waiting")


def test_damaged_files_are_named(make_app: AppMaker) -> None:
    app = make_app()
    files = storage_of(app).files
    files.leads.save(LeadMemory(MARIA))
    (files.memory_dir / f"memory_{MARIA}.json").write_text("{")
    files.open_turn(inbound(), lease_s=0)
    result = status(app)
    assert result.exit_code == 0
    assert f"1 set aside: {files.memory_dir}/memory_{MARIA}.json.damaged-" in line_of(
        result, "damaged"
    )
    assert mend_of(result, "damaged")


def test_many_damaged_files_are_counted_and_a_few_are_named(make_app: AppMaker) -> None:
    app = make_app()
    folder = storage_of(app).files.memory_dir
    folder.mkdir(parents=True)
    for number in range(12):
        (folder / f"memory_{number}.json.damaged-20260101").touch()
    line = line_of(status(app), "damaged")
    assert "12 set aside" in line
    assert line.count(".damaged-") == 5
    assert line.endswith("…")


def test_leads_that_the_mode_does_not_look_at_are_told(
    make_app: AppMaker, webhook: Webhook, demo_url: str
) -> None:
    webhook.say("hola")
    hybrid = make_app(DATABASE_URL=demo_url, STORAGE_MODE="hybrid")
    result = status(hybrid)
    assert result.exit_code == 0
    assert "0 in files only, 1 in PostgreSQL only" in line_of(result, "compared")
    assert "import-json" in mend_of(result, "compared")


def test_two_memories_of_one_lead_that_differ_are_named(
    make_app: AppMaker, webhook: Webhook, demo_url: str
) -> None:
    webhook.say("hola")
    app = make_app(DATABASE_URL=demo_url)
    storage_of(app).files.leads.save(LeadMemory(MARIA, name="Ana"))
    storage_of(app).files.leads.save(LeadMemory("573001234567", name="Luis"))
    line = line_of(status(app), "compared")
    assert "1 leads are in files and in PostgreSQL, 1 in files only" in line
    assert f"1 of those in both differ ({MARIA})" in line


def test_a_json_backup_and_its_rows_are_the_same(make_app: AppMaker, demo_url: str) -> None:
    app = make_app(DATABASE_URL=demo_url, MEMORY_JSON_BACKUP="true")
    Conversation(app).say("hola, soy María")
    result = status(app)
    assert "MEMORY_JSON_BACKUP" in line_of(result, "mode")
    assert line_of(result, "compared").startswith("ok")
    assert "0 of those in both differ" in line_of(result, "compared")


@pytest.mark.parametrize(
    ("keys", "mark", "told"),
    [("", "note", "nothing is encrypted"), (KEY, "ok", "sealed with the key")],
    ids=["none", "one"],
)
def test_it_is_told_whether_memory_is_encrypted(
    keys: str, mark: str, told: str, make_app: AppMaker
) -> None:
    line = line_of(status(make_app(MEMORY_ENCRYPTION_KEYS=keys)), "encryption")
    assert line.startswith(mark)
    assert told in line


def test_a_key_that_is_missing_is_named(make_app: AppMaker) -> None:
    app = make_app(MEMORY_ENCRYPTION_KEYS=KEY)
    with app.app_context():
        encryption.check()
    result = status(make_app())
    assert result.exit_code == 1
    assert storage_of(app).vault.newest in line_of(result, "encryption")
    assert "Add the key" in mend_of(result, "encryption")
