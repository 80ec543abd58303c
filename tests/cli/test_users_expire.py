"""``flask users expire``: whoever has been silent for long enough is erased, and nobody else."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from click.testing import Result
from flask import Flask

from bot.errors import NotFound
from bot.services import leads
from bot.stores.lead_files import memory_file
from tests.support.apps import AUTH_TOKEN, AppMaker
from tests.support.conversation import STORAGE_MODES
from tests.support.people import (
    HER_WORDS,
    TOLD,
    Apps,
    audit_of,
    everything,
    new_number,
    short,
    storage_of,
)
from tests.support.webhook import Webhook

Start = Callable[..., Flask]


@pytest.fixture
def start(make_app: AppMaker, demo_url: str, tmp_path: Path) -> Apps:
    return Apps(make_app, demo_url, tmp_path)


@pytest.fixture(params=STORAGE_MODES)
def app(request: pytest.FixtureRequest, start: Apps) -> Flask:
    return start(request.param)


def expire(app: Flask, *args: str) -> Result:
    result = app.test_cli_runner().invoke(args=["users", "expire", *args])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def wrote(app: Flask, days_ago: float, *texts: str) -> str:
    """Somebody's number, whose last message is so old."""
    number = new_number()
    with time_machine.travel(datetime.now(UTC) - timedelta(days=days_ago)):
        for said in texts or ("hola, me llamo Hortensia",):
            Webhook(app.test_client(), AUTH_TOKEN).say(said, number)
    return number


def is_known(app: Flask, number: str) -> bool:
    with app.app_context():
        try:
            return bool(leads.get_memory(number))
        except NotFound:
            return False


def test_only_who_has_been_silent_is_erased(app: Flask) -> None:
    silent, active = wrote(app, 40, *TOLD), wrote(app, 20)
    result = expire(app, "--days", "30")
    assert result.exit_code == 0, result.output
    assert result.stdout == "1 who have not written for 30 days are erased.\n"
    assert not is_known(app, silent)
    assert is_known(app, active)
    kept = everything(app)
    assert [each for each in (*HER_WORDS, silent, short(silent)) if each in kept] == []
    assert active in kept


def test_that_somebody_expired_is_noted(app: Flask) -> None:
    silent, active = wrote(app, 40), wrote(app, 20)
    expire(app, "--days", "30")
    [line] = audit_of(app, silent)
    assert (line.action, line.reason) == ("expired", "no message for 30 days")
    assert "users expire" in line.actor
    assert line.user_id is None
    assert audit_of(app, active) == []


def test_a_dry_run_tells_whom_it_would_be_and_erases_nobody(app: Flask) -> None:
    silent = sorted(wrote(app, days) for days in (40, 50))
    wrote(app, 20)
    result = expire(app, "--days", "30", "--dry-run")
    assert result.exit_code == 0
    assert sorted(result.stdout.split()) == silent
    assert result.stderr == "2 have not written for 30 days.\n"
    assert all(is_known(app, each) for each in silent)
    assert audit_of(app, silent[0]) == []


@pytest.mark.parametrize("mode", STORAGE_MODES)
def test_the_days_are_those_of_the_configuration_unless_others_are_given(
    mode: str, start: Apps
) -> None:
    app = start(mode, RETENTION_DAYS="45")
    wrote(app, 40)
    assert expire(app, "--dry-run").stderr == "0 have not written for 45 days.\n"
    assert expire(app, "--dry-run", "--days", "30").stderr == "1 have not written for 30 days.\n"
    assert expire(start(mode, RETENTION_DAYS="39")).stdout.startswith("1 who ")


@pytest.mark.parametrize("arguments", [(), ("--dry-run",)], ids=["in earnest", "dry run"])
def test_without_an_end_nobody_expires_and_it_is_explained(
    app: Flask, arguments: tuple[str, ...]
) -> None:
    silent = wrote(app, 4000)
    result = expire(app, *arguments)
    assert result.exit_code == 2
    assert "RETENTION_DAYS is 0" in result.stderr
    assert is_known(app, silent)


@pytest.mark.parametrize("days", ["0", "-1", "x"])
def test_a_number_that_is_none_of_days_is_refused(app: Flask, days: str) -> None:
    result = expire(app, "--days", days)
    assert result.exit_code == 2
    assert "--days" in result.stderr


def test_more_than_one_page_of_silent_leads_expires(start: Apps) -> None:
    app = start("json")
    folder = storage_of(app).files.memory_dir
    folder.mkdir(parents=True)
    for _ in range(205):
        leave_file(folder, new_number(), days_ago=40)
    active = wrote(app, 1)
    assert expire(app, "--days", "30").stdout.startswith("205 who ")
    assert is_known(app, active)
    assert len(list(folder.glob("memory_*"))) == 1


def leave_file(folder: Path, number: str, days_ago: float) -> None:
    """A memory as some tool, or an older bot, left it."""
    at = (datetime.now(UTC) - timedelta(days=days_ago)).isoformat()
    folder.mkdir(parents=True, exist_ok=True)
    known = {"user_id": number, "name": "Sotomayor", "last_interaction_at": at}
    memory_file(folder, number).write_text(json.dumps(known), "utf-8")


# Files beside rows


def test_the_backups_of_who_is_silent_go_with_the_rows(start: Apps) -> None:
    app = start("postgres", MEMORY_JSON_BACKUP="true")
    silent, active = wrote(app, 40), wrote(app, 20)
    expire(app, "--days", "30")
    files = storage_of(app).files.memory_dir
    assert [path.name for path in files.glob("memory_*")] == [f"memory_{active}.json"]
    assert not is_known(app, silent)


def test_a_silent_person_of_whom_only_a_file_is_left_expires_beside_the_rows(start: Apps) -> None:
    app, silent = start("postgres"), new_number()
    leave_file(storage_of(app).files.memory_dir, silent, days_ago=40)
    row = wrote(app, 50)
    result = expire(app, "--days", "30")
    assert result.exit_code == 0, result.output
    kept = everything(app)
    assert [each for each in (silent, row, "sotomayor") if each in kept] == []


def test_a_silent_person_of_whom_only_a_row_is_left_expires_beside_the_files(start: Apps) -> None:
    row = wrote(start("postgres"), 50, *TOLD)
    app = start("hybrid")
    silent = wrote(app, 40)
    result = expire(app, "--days", "30")
    assert result.exit_code == 0, result.output
    kept = everything(app)
    assert [each for each in (silent, row, *HER_WORDS) if each in kept] == []


def test_an_old_file_does_not_expire_who_still_writes_to_the_database(start: Apps) -> None:
    app = start("postgres")
    active = wrote(app, 1)
    leave_file(storage_of(app).files.memory_dir, short(active), days_ago=400)
    assert expire(app, "--days", "30").stdout.startswith("0 who ")
    assert is_known(app, active)


def test_an_old_row_does_not_expire_who_still_writes_to_the_files(start: Apps) -> None:
    before = start("postgres")
    number = wrote(before, 400)
    app = start("hybrid")
    Webhook(app.test_client(), AUTH_TOKEN).say("hola, me llamo Rosario", number)
    assert expire(app, "--days", "30").stdout.startswith("0 who ")
    assert is_known(app, number)


def test_who_wrote_lately_in_an_outage_does_not_expire(start: Apps) -> None:
    app = start("postgres")
    number = wrote(app, 400)
    Webhook(start.cut_off().test_client(), AUTH_TOKEN).say("hola", number)
    assert expire(app, "--days", "30").stdout.startswith("0 who ")
    assert is_known(app, number)


def test_somebody_who_has_no_moment_at_all_is_kept(start: Apps) -> None:
    app, number = start("json"), new_number()
    folder = storage_of(app).files.memory_dir
    folder.mkdir(parents=True)
    memory_file(folder, number).write_text('{"name": "Ana"}')
    assert expire(app, "--days", "1").stdout.startswith("0 who ")
    assert is_known(app, number)
