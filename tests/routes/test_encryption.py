"""Encryption at rest: no word of a person is readable anywhere, and everything works as without."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from bot.errors import BotError
from bot.extensions import db
from bot.models.access import Scope
from bot.services import encryption, leads, people, turns
from bot.stores.vault import MARK
from config import ConfigError
from tests.support.apps import AppMaker
from tests.support.conversation import Conversation
from tests.support.gunicorn import Gunicorn
from tests.support.people import AWAY, HER_WORDS, TESTER, TOLD, caller, everything, storage_of
from tests.support.webhook import MARIA

KEY = "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVowMTIzNDU="
OTHER = "YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXowMTIzNDU="
LUIS, EVA, OLGA = "573001234567", "525500000002", "5215500000003"
MODES: dict[str, dict[str, str]] = {
    "postgres": {"STORAGE_MODE": "postgres"},
    "hybrid": {"STORAGE_MODE": "hybrid"},
    "json": {"STORAGE_MODE": "json"},
    "backup": {"STORAGE_MODE": "postgres", "MEMORY_JSON_BACKUP": "true"},
    "dual": {"STORAGE_MODE": "hybrid", "MEMORY_MOVE": "dual"},
    "gradual": {"STORAGE_MODE": "postgres", "MEMORY_MOVE": "gradual"},
}
SAID = (
    *TOLD,
    "trabajo en la empresa Colmena Azul",
    "¿cuánto cuesta el primero?",
    "está muy caro",
    "quiero hablar con una persona",
)
WORDS = (*HER_WORDS, "colmena", "muy caro", "cuánto cuesta", "hablar con una persona")
_TIME = re.compile(r"20\d\d-\d\d-\d\d[T ][\d:.]+(\+00:00|Z)?|datetime\.datetime\([^()]*\)")
_OWN = ("messages", "user_memory", "person_aliases", "erasures", "encryption_keys")

Start = Callable[..., Flask]


@pytest.fixture(params=MODES.values(), ids=MODES.keys())
def start(request: pytest.FixtureRequest, make_app: AppMaker, demo_url: str) -> Start:
    """Restart Brenda in a mode, with some keys; gunicorn checks them as here."""

    def build(keys: str = "", **environment: str) -> Flask:
        common = {"DATABASE_URL": demo_url, "MEMORY_ENCRYPTION_KEYS": keys}
        return make_app(**(common | request.param | environment))

    return build


def checked(app: Flask) -> Flask:
    with app.app_context():
        encryption.check()
    return app


def readable(app: Flask) -> list[str]:
    kept = everything(app)
    return [word for word in WORDS if word in kept]


def without_times(value: Any) -> str:
    """A document by the order of its keys, which PostgreSQL changes, and the times in it."""
    document = json.dumps(value, default=str, sort_keys=True, ensure_ascii=False)
    return _TIME.sub("<time>", document)


def shown(memory: dict[str, Any]) -> str:
    """Reasons for as many points have no order that matters."""
    reasons = sorted(map(without_times, memory.pop("score_reasons")))
    return without_times(memory) + "".join(reasons)


def run(app: Flask, *args: str) -> str:
    result = app.test_cli_runner().invoke(args=args)
    assert result.exit_code == 0, result.output + repr(result.exception)
    assert MARK not in result.output
    return result.output


def observed(app: Flask) -> dict[str, Any]:
    """All that staff and people see of some conversations, but for when it was."""
    chat, luis, eva, olga = (Conversation(app, each) for each in (MARIA, LUIS, EVA, OLGA))
    seen: dict[str, Any] = {"said": [chat.say(each) for each in SAID], "again": chat.again()}
    seen["left"] = [luis.say(each) for each in ("hola, soy Luis", "BAJA", "hola", "ALTA", "hola")]
    seen["refused"] = [eva.say(each) for each in ("soy Eva", "no acepto", "hola, ¿qué hay?")]
    seen["refused"] += [eva.consent["state"], eva.memory.name]
    seen["erased"] = [olga.say(each) for each in ("soy Olga", "borra mis datos", "sí", "hola")]
    seen["repeated"] = [each.again() for each in (luis, eva, olga)]
    ids = (MARIA, LUIS, EVA, OLGA)
    seen["show"] = [shown(json.loads(run(app, "users", "show", each))) for each in ids]
    listed = run(app, "leads", "list", "--min-score", "0")
    seen["list"] = [[each in listed for each in (*ids, "Ximena", "considering")], listed[-60:]]
    seen["stats"] = run(app, "leads", "stats")
    with app.app_context():
        seen["scores"] = [leads.get_memory(each).lead_score for each in ids]
        exported = people.export(MARIA, TESTER)
        page = people.messages(MARIA, None, 3, TESTER)
        page_2 = people.messages(MARIA, page.next_key, 3, TESTER)
    seen["pages"] = [each.body for found in (page, page_2) for each in found.messages]
    seen["export"] = exported["user_ids"], shown(exported["memory"])
    seen["messages"] = [without_times(each) for each in exported["messages"]]
    seen["text"] = run(app, "users", "export", MARIA, "--format", "text").count("Ximena")
    return seen


def forget_all(url_app: Flask) -> None:
    if "sqlalchemy" in url_app.extensions:
        with url_app.app_context():
            db.session.execute(text(f"TRUNCATE {', '.join(_OWN)}"))
            db.session.commit()


def test_no_word_of_a_person_is_readable_in_any_file_or_row(start: Start) -> None:
    app = checked(start(KEY))
    chat = Conversation(app)
    replies = [chat.say(each, ProfileName="Ximena Sotomayor") for each in SAID]
    assert "Ximena" in " ".join(replies)
    assert chat.memory.name == "Ximena Sotomayor"
    assert readable(app) == []
    kept = everything(app)
    assert [each for each in replies if each.lower() in kept] == []
    assert MARK in kept


def test_without_keys_every_word_would_be_found(start: Start) -> None:
    app = start()
    Conversation(app).say(*SAID)
    assert readable(app) == [*WORDS]


def test_everything_works_as_without_keys(start: Start, tmp_path: Path) -> None:
    plain = start(INSTANCE_DIR=str(tmp_path / "plain"))
    expected = observed(plain)
    forget_all(plain)
    app = checked(start(KEY, INSTANCE_DIR=str(tmp_path / "sealed")))
    seen = observed(app)
    for what, value in expected.items():
        assert seen[what] == value, what


def test_what_was_written_before_there_were_keys_is_read_and_goes_on(start: Start) -> None:
    before = Conversation(start())
    before.say(*TOLD)
    app = checked(start(KEY))
    chat = Conversation(app)
    assert chat.memory == before.memory
    assert history(app) == history(before.app)
    answer = chat.say("¿cómo me llamo?", MessageSid="SM" + "f" * 32)
    assert "Ximena" in answer
    assert chat.memory.interaction_count == len(TOLD) + 1
    assert history(app)[-2:] == ["¿cómo me llamo?", answer]


def history(app: Flask) -> list[str]:
    with app.app_context():
        return [each["body"] for each in people.export(MARIA, TESTER)["messages"]]


@pytest.mark.parametrize("keys", ["", OTHER], ids=["missing", "wrong"])
def test_with_a_wrong_or_missing_key_nothing_starts_and_it_is_named(
    start: Start, keys: str
) -> None:
    app = checked(start(KEY))
    Conversation(app).say(*TOLD)
    name = storage_of(app).vault.newest
    assert name
    other = start(keys)
    with other.app_context(), pytest.raises(ConfigError, match=name):
        encryption.check()
    for command in (["users", "show", MARIA], ["leads", "list"], ["users", "expire", "--days=1"]):
        result = other.test_cli_runner().invoke(args=command)
        assert result.exit_code == 1
        assert re.fullmatch(rf"Error: .*lacks the key {name}\b.*\n", result.output)


@pytest.mark.parametrize("keys", ["", OTHER], ids=["missing", "wrong"])
def test_nothing_is_ever_returned_garbled_nor_damaged(start: Start, keys: str) -> None:
    app = checked(start(KEY))
    chat = Conversation(app)
    chat.say(*TOLD)
    memory, said = chat.memory, history(app)
    other = start(keys)
    if other.extensions["config"].has_database:
        call = caller(other, *Scope)
        for path in ("", "/messages", "/export"):
            response = call("GET", f"/users/{MARIA}{path}")
            assert response.status_code == 500
            assert MARK not in response.text
    with other.app_context(), pytest.raises(BotError):
        leads.get_memory(MARIA)
    answer = Conversation(other).say("¿cómo me llamo?", MessageSid="SM" + "f" * 32)
    assert MARK not in answer
    assert "Ximena" not in answer
    app = start(KEY)
    assert history(app)[: len(said)] == said
    again = Conversation(app).memory
    assert (again.name, again.role, again.interests) == (memory.name, memory.role, memory.interests)


class Refusing(Gunicorn):
    """A gunicorn that has to end by itself."""

    def _wait_until_alive(self) -> None:
        self.process.wait(timeout=90)


@pytest.mark.parametrize("mode", ["postgres", "json"])
def test_gunicorn_does_not_start_without_the_key(
    mode: str, make_app: AppMaker, demo_url: str, tmp_path: Path
) -> None:
    given = {"DATABASE_URL": demo_url, "STORAGE_MODE": mode}
    app = checked(make_app(**given, MEMORY_ENCRYPTION_KEYS=KEY))
    name = storage_of(app).vault.newest
    server = Refusing(tmp_path, **given, MEMORY_ENCRYPTION_KEYS=OTHER)
    server.stop()
    assert server.process.returncode != 0
    assert f"MEMORY_ENCRYPTION_KEYS lacks the key {name}" in server.log()


def test_gunicorn_notes_its_key_and_seals_with_it(demo_url: str, tmp_path: Path) -> None:
    given = {"DATABASE_URL": demo_url, "MEMORY_ENCRYPTION_KEYS": KEY}
    server = Gunicorn(tmp_path, **given)
    server.stop()
    assert (tmp_path / "instance" / "encryption_keys.json").exists()


@pytest.mark.parametrize("keys", ["", OTHER], ids=["missing", "wrong"])
def test_while_the_database_is_away_the_files_tell_which_key_is_missing(
    make_app: AppMaker, demo_url: str, keys: str
) -> None:
    app = checked(make_app(DATABASE_URL=demo_url, MEMORY_ENCRYPTION_KEYS=KEY))
    other = make_app(DATABASE_URL=AWAY, MEMORY_ENCRYPTION_KEYS=keys)
    with other.app_context(), pytest.raises(ConfigError, match=storage_of(app).vault.newest):
        encryption.check()
    checked(make_app(DATABASE_URL=AWAY, MEMORY_ENCRYPTION_KEYS=f"{OTHER},{KEY}"))


def test_another_machine_learns_from_the_database_which_key_is_missing(
    make_app: AppMaker, demo_url: str, tmp_path: Path
) -> None:
    app = checked(make_app(DATABASE_URL=demo_url, MEMORY_ENCRYPTION_KEYS=KEY))
    other = make_app(DATABASE_URL=demo_url, INSTANCE_DIR=str(tmp_path / "elsewhere"))
    with other.app_context(), pytest.raises(ConfigError, match=storage_of(app).vault.newest):
        encryption.check()


def test_turns_of_an_outage_are_sealed_and_flow_back(make_app: AppMaker, demo_url: str) -> None:
    app = checked(make_app(DATABASE_URL=demo_url, MEMORY_ENCRYPTION_KEYS=KEY))
    Conversation(app).say(TOLD[0])
    cut_off = make_app(DATABASE_URL=AWAY, MEMORY_ENCRYPTION_KEYS=KEY)
    cut_off.extensions["bringing_back"] = True
    away = Conversation(cut_off)
    for number, said in enumerate(SAID[1:]):
        away.say(said, MessageSid=f"SM{number:032x}")
    instance = app.extensions["config"].instance_dir
    assert list((instance / "spool").rglob("*.json"))
    assert readable(app) == []
    with app.app_context():
        assert turns.bring_back() == len(SAID) - 1
    assert Conversation(app).memory.name == "Ximena Sotomayor"
    assert Conversation(app).memory.interaction_count == len(SAID)
    assert readable(app) == []
