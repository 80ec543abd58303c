"""``flask memory rotate-keys``: afterwards everything is sealed with the new key, and it alone."""

import base64
import json
import os
import re
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import text

from bot.errors import StoreUnavailable
from bot.extensions import db
from bot.models.leads import LeadMemory
from bot.models.message_log import INBOUND, LoggedMessage
from bot.services import encryption, leads, people, turns
from bot.stores.lead_files import memory_file
from bot.stores.storage import Storage
from bot.stores.vault import MARK
from config import ConfigError
from tests.stores.builders import MARIA, NOON, close_one
from tests.support.apps import AppMaker
from tests.support.conversation import Conversation
from tests.support.memory_folder import rows_of
from tests.support.people import (
    HER_WORDS,
    TESTER,
    TOLD,
    Her,
    everything,
    storage_of,
    wait_in_the_spool,
)

OLD = "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVowMTIzNDU="
NEW = "YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXowMTIzNDU="
BOTH = f"{NEW},{OLD}"
MARIA_SHORT, LUIS = "525512345678", "573001234567"
MODES: dict[str, dict[str, str]] = {
    "postgres": {"STORAGE_MODE": "postgres"},
    "json": {"STORAGE_MODE": "json"},
    "hybrid": {"STORAGE_MODE": "hybrid"},
    "backup": {"STORAGE_MODE": "postgres", "MEMORY_JSON_BACKUP": "true"},
}
_SECRET = "SELECT value FROM installation_secrets WHERE name = 'pseudonyms'"
_PUT_BACK = "UPDATE installation_secrets SET value = :value WHERE name = 'pseudonyms'"

Start = Callable[..., Flask]


@pytest.fixture
def url(demo_url: str, make_app: AppMaker) -> Iterator[str]:
    """A database whose own secret is afterwards as it was: a rotation seals it."""
    app = make_app(DATABASE_URL=demo_url)
    with app.app_context():
        secret = db.session.scalar(text(_SECRET))
        db.session.rollback()
    yield demo_url
    with app.app_context():
        db.session.execute(text(_PUT_BACK), {"value": secret})
        db.session.commit()


def starting(make_app: AppMaker, url: str, mode: dict[str, str]) -> Start:
    """Restart Brenda with some keys, as gunicorn does."""

    def build(keys: str, **environment: str) -> Flask:
        common = {"DATABASE_URL": url, "MEMORY_ENCRYPTION_KEYS": keys}
        app = make_app(**(common | mode | environment))
        with app.app_context():
            encryption.check()
        return app

    return build


@pytest.fixture(params=MODES.values(), ids=MODES.keys())
def start(request: pytest.FixtureRequest, make_app: AppMaker, url: str) -> Start:
    return starting(make_app, url, request.param)


@pytest.fixture
def on_postgres(make_app: AppMaker, url: str) -> Start:
    return starting(make_app, url, MODES["postgres"])


@pytest.fixture
def on_files(make_app: AppMaker, url: str) -> Start:
    return starting(make_app, url, MODES["json"])


def rotate(app: Flask) -> Result:
    return app.test_cli_runner().invoke(args=["memory", "rotate-keys"])


def rotated(app: Flask) -> list[int]:
    """Rotate, which must go well; how many leads, messages and files were sealed."""
    result = rotate(app)
    assert result.exit_code == 0, result.output + repr(result.exception)
    return [int(each) for each in re.findall(r"(\d+) (?:leads|messages|files)", result.output)]


def key_name(app: Flask) -> str:
    name = storage_of(app).vault.newest
    assert name
    return name


def sealed_with(app: Flask, name: str) -> list[str]:
    """What in any file or row begins with a key's id."""
    begin = MARK + base64.urlsafe_b64encode(bytes.fromhex(name)).decode()[:5]
    kept = everything(app)
    return re.findall(re.escape(begin.lower()) + r"\S{,20}", kept)


def live(app: Flask, her: Her) -> None:
    """Leave something in every place that is sealed."""
    her.says(app, *TOLD, ExternalUserId=f"whatsapp:{her.opaque_id}")
    Conversation(app, LUIS).say("hola, me llamo Luis", "BAJA")
    Conversation(app, MARIA).say("hola, me llamo Ana", "borra mis datos", "sí")
    storage = storage_of(app)
    said = LoggedMessage(her.number, INBOUND, "text", "soy Sotomayor", NOON, "SM3")
    storage.files.archive(her.number, [said])
    close_one(storage.known, user_id=her.number)
    wait_in_the_spool(app, her, "soy Ximena Sotomayor")
    if storage.sql:
        with app.app_context():
            turns.bring_back()
    wait_in_the_spool(app, her, "tengo más peritajes")


def seen(app: Flask, user_id: str) -> Any:
    with app.app_context():
        exported = people.export(user_id, TESTER)
        return exported["user_ids"], leads.get_memory(user_id), exported["messages"]


def waiting(storage: Storage, user_id: str) -> list[str]:
    return [record.inbound.body for record in storage.spool.turns(user_id)]


def figures(app: Flask) -> Any:
    with app.app_context():
        return leads.get_user_statistics()


def test_afterwards_the_new_key_alone_reads_everything(start: Start) -> None:
    her, old = Her(), start(OLD)
    live(old, her)
    name = key_name(old)
    before = [seen(old, each) for each in (her.number, LUIS)]
    counted, spooled = figures(old), waiting(storage_of(old), her.number)
    archived = storage_of(old).files.history(her.number)
    assert sealed_with(old, name)
    assert sum(rotated(start(BOTH))) > 0
    new = start(NEW)
    assert [seen(new, each) for each in (her.number, LUIS)] == before
    assert figures(new) == counted
    assert waiting(storage_of(new), her.number) == spooled
    assert storage_of(new).files.history(her.number) == archived
    assert storage_of(new).known.load(her.number)
    assert sealed_with(new, name) == []
    assert sealed_with(new, key_name(new))
    assert name not in everything(new)
    assert [word for word in HER_WORDS if word in everything(new)] == []


def test_a_second_time_there_is_nothing_to_do(start: Start) -> None:
    live(start(OLD), Her())
    app = start(BOTH)
    rotated(app)
    kept = everything(app).splitlines()
    assert rotated(app) == [0, 0, 0]
    new = {*everything(app).splitlines()} - {*kept}
    assert [line for line in new if "re-encrypted" not in line] == []


def test_who_was_erased_stays_erased(start: Start) -> None:
    her, old = Her(), start(OLD)
    her.says(old, *TOLD, "BAJA")
    her.is_forgotten_by(old)
    rotated(start(BOTH))
    new = start(NEW)
    storage = storage_of(new)
    with new.app_context():
        erasures = storage.sql.erasures if storage.sql else storage.files.erasures
        assert erasures.of([her.number])[her.number].opted_out
    her.says(new, "hola")
    memory = her.memory(new)
    assert memory
    assert memory.opted_out


def test_plain_data_is_encrypted(start: Start) -> None:
    her, plain = Her(), start("")
    live(plain, her)
    before = seen(plain, her.number)
    assert her.traces(everything(plain))
    app = start(NEW)
    rotated(app)
    assert seen(app, her.number) == before
    assert [word for word in HER_WORDS if word in everything(app)] == []


def test_the_times_of_rows_stay(on_postgres: Start) -> None:
    live(on_postgres(OLD), Her())
    app = on_postgres(BOTH)
    times = ("user_id", "created_at", "updated_at", "lead_score", "interaction_count")
    before = [[{name: row.get(name) for name in times} for row in t] for t in rows_of(app)]
    rotated(app)
    assert [[{name: row.get(name) for name in times} for row in t] for t in rows_of(app)] == before


def test_the_times_in_a_file_stay(on_files: Start) -> None:
    app = on_files(OLD)
    path = put_older(app, MARIA, name="Ana", updated_at="2025-01-02T10:00:00+00:00")
    rotated(on_files(NEW + "," + OLD))
    file = json.loads(path.read_text("utf-8"))
    assert file["created_at"] == "2025-01-01T10:00:00+00:00"
    assert file["updated_at"] == "2025-01-02T10:00:00+00:00"


def put_older(app: Flask, user_id: str, **fields: Any) -> Path:
    """A file of an older bot."""
    path = memory_file(storage_of(app).files.memory_dir, user_id)
    path.parent.mkdir(parents=True, exist_ok=True)
    made = {"user_id": user_id, "created_at": "2025-01-01T10:00:00+00:00"}
    path.write_text(json.dumps(made | fields), "utf-8")
    return path


def test_two_files_of_one_person_both_stay(on_files: Start) -> None:
    app = on_files(OLD)
    put_older(app, MARIA, name="Ana", interaction_count=2)
    put_older(app, MARIA_SHORT, role="chef", interaction_count=3, email="a@b.example")
    before = memory_in_files(app)
    assert before
    assert (before.name, before.role) == ("Ana", "chef")
    rotated(on_files(BOTH))
    after = memory_in_files(on_files(NEW))
    assert after == before


def memory_in_files(app: Flask) -> LeadMemory | None:
    return storage_of(app).files.load(MARIA)


def test_copies_that_are_too_old_do_not_become_new(on_postgres: Start) -> None:
    old = on_postgres(OLD)
    Conversation(old).say("hola, me llamo Ana")
    [copy] = storage_of(old).known.memory_dir.glob("memory_*.json")
    month_s = 30 * 24 * 3600
    os.utime(copy, (time.time() - month_s - 60,) * 2)
    app = on_postgres(BOTH)
    rotated(app)
    storage_of(app).known.leads.forget_older_than(month_s)
    assert not copy.exists()


@pytest.mark.parametrize("step", ["reseal_messages", "reseal_file"])
def test_interrupted_half_way_both_keys_are_needed_and_it_can_be_repeated(
    start: Start, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    her, old = Her(), start(OLD)
    live(old, her)
    before, name = seen(old, her.number), key_name(old)
    app = start(BOTH)
    if step == "reseal_messages" and storage_of(app).database is None:
        step = "reseal_file"
    with monkeypatch.context() as patch:
        patch.setattr(f"bot.services.encryption.resealing.{step}", _refuse)
        result = rotate(app)
    assert (result.exit_code, result.output[:7]) == (1, "Error: ")
    assert seen(app, her.number) == before
    for keys, missing in ((OLD, key_name(app)), (NEW, name)):
        with pytest.raises(ConfigError, match=missing):
            start(keys)
    rotated(app)
    assert seen(start(NEW), her.number) == before
    assert sealed_with(app, name) == []


def _refuse(*_given: object) -> None:
    raise StoreUnavailable


def test_messages_that_arrive_meanwhile_are_not_lost(start: Start) -> None:
    old, number = start(OLD), 40
    for user_id in (MARIA, LUIS):
        Conversation(old, user_id).say(*TOLD)
    app = start(BOTH)
    failures: list[Exception] = []
    writers = [
        threading.Thread(target=write, args=(app, each, number, failures)) for each in (MARIA, LUIS)
    ]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        rotated(app)
    for writer in writers:
        writer.join()
    assert failures == []
    rotated(app)
    new = start(NEW)
    for user_id in (MARIA, LUIS):
        _, memory, messages = seen(new, user_id)
        assert memory.interaction_count == number + len(TOLD)
        said = [each["body"] for each in messages if each["direction"] == INBOUND]
        assert said == [*TOLD, *(f"mensaje {n}" for n in range(number))]
        assert len(messages) == 2 * len(said)
    assert sealed_with(new, key_name(old)) == []


def write(app: Flask, user_id: str, count: int, failures: list[Exception]) -> None:
    chat = Conversation(app, user_id)
    try:
        for number in range(count):
            chat.say(f"mensaje {number}", MessageSid=f"SM{user_id}{number:019x}")
    except Exception as error:  # noqa: BLE001 - told by the test
        failures.append(error)


@pytest.mark.parametrize("mode", ["postgres", "json"])
def test_without_keys_it_says_what_to_set(mode: str, make_app: AppMaker, url: str) -> None:
    result = rotate(make_app(DATABASE_URL=url, STORAGE_MODE=mode))
    assert result.exit_code == 1
    assert re.fullmatch(r"Error: .*set MEMORY_ENCRYPTION_KEYS.*\n", result.output)


def test_without_the_old_key_nothing_is_touched(start: Start, make_app: AppMaker, url: str) -> None:
    her, old = Her(), start(OLD)
    live(old, her)
    mode = old.extensions["config"].storage_mode
    kept = everything(old)
    result = rotate(make_app(DATABASE_URL=url, STORAGE_MODE=mode, MEMORY_ENCRYPTION_KEYS=NEW))
    assert result.exit_code == 1
    assert re.fullmatch(rf"Error: .*lacks the key {key_name(old)}.*\n", result.output)
    assert everything(old) == kept
