"""``flask memory import-json`` on folders that hold anything: it ends, and ends the same again."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from bot.extensions import db
from bot.models.message_log import INBOUND, LoggedMessage
from bot.stores.turn_records import message_document
from bot.stores.vault import Vault
from tests.stores.builders import MARIA, NOON
from tests.stores.test_json_memory import OLDER_FILE
from tests.support.apps import AppMaker
from tests.support.memory_folder import Folder, at, empty

KEY = "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVowMTIzNDU="
MARIA_SHORT, LUIS, OPAQUE = "525512345678", "573001234567", "US.13491234567890"
MANY = settings(
    deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture
def folder(app: Flask, tmp_path: Path) -> Folder:
    return Folder(app, tmp_path / "older")


def line(body: str) -> str:
    said = LoggedMessage("111", INBOUND, "text", body, NOON, "SM1")
    return json.dumps(message_document(said, Vault()))


POISON = {
    "a NUL that was encoded twice": json.dumps({"additional_data": json.dumps({"a": "\0"})}),
    "a NaN that was encoded twice": json.dumps({"additional_data": '{"a": NaN}'}),
    "a number of 400 digits": '{"x": ' + "9" * 400 + ".0}",
    "a deep list with a NaN": '{"x": ' + "[" * 700 + "NaN" + "]" * 700 + "}",
    "a deep list": '{"x": ' + "[" * 950 + "]" * 950 + "}",
    "a moment after the last": '{"last_interaction_at": "9999-12-31T23:59:59-23:00"}',
}


@pytest.mark.parametrize("content", POISON.values(), ids=POISON.keys())
def test_no_file_stops_the_import_of_others(folder: Folder, content: str) -> None:
    folder.put_as("memory_111.json", content.encode())
    folder.put(LUIS, name="Luis")
    for _ in range(2):
        result = folder.run()
        assert isinstance(result.exception, SystemExit | None), result.exception
        assert folder.memory(LUIS).name == "Luis"


BESIDE = {
    "a line that breaks off": line("hola")[:40],
    "not UTF-8": "é".encode("latin-1"),
    "a line that is no message": "{}",
    "a line that nests too deep": "[" * 100_000,
    "a NUL in a message": line("a\0b"),
    "half a character in a message": line("a\ud800b"),
}


@pytest.mark.parametrize("content", BESIDE.values(), ids=BESIDE.keys())
def test_messages_beside_a_memory_do_not_stop_the_import(
    folder: Folder, content: str | bytes
) -> None:
    folder.put("111", name="Ana")
    folder.put_as("history_111.jsonl", content if isinstance(content, bytes) else content.encode())
    folder.put(LUIS, name="Luis")
    before = folder.files()
    result = folder.run()
    assert isinstance(result.exception, SystemExit | None), result.exception
    assert folder.memory(LUIS).name == "Luis"
    assert folder.files() == before


def test_a_damaged_turn_beside_a_memory_stays_as_it_is(folder: Folder) -> None:
    folder.put("111", name="Ana")
    (folder.path / "turns" / "lead_111").mkdir(parents=True)
    folder.put_as("turns/lead_111/SM1.json", b'{"inbound": ')
    before = folder.files()
    folder.run()
    assert folder.files() == before


def test_what_has_two_rows_already_is_one_and_stays_so(folder: Folder) -> None:
    with folder.app.app_context():
        for number, user_id in enumerate((MARIA, MARIA_SHORT), 1):
            values = {"user_id": user_id, "count": number, "at": NOON + timedelta(days=number)}
            db.session.execute(text(_ROW), values)
        db.session.commit()
    folder.put(MARIA_SHORT, name="Ana", interaction_count=2)
    folder.imported()
    rows = folder.rows()
    assert len(rows[0]) == 1
    assert folder.memory(MARIA).name == "Ana"
    assert folder.imported()["known like this already"] == 1
    assert folder.rows() == rows


_ROW = """
    INSERT INTO user_memory (user_id, interaction_count, last_interaction_at)
    VALUES (:user_id, :count, :at)
"""


def test_with_a_key_importing_again_changes_no_row_either(
    make_app: AppMaker, demo_url: str, tmp_path: Path
) -> None:
    folder = Folder(make_app(DATABASE_URL=demo_url, MEMORY_ENCRYPTION_KEYS=KEY), tmp_path / "x")
    folder.put_as(f"memory_{MARIA}.json", OLDER_FILE | {"name": "Ana 🎯" * 100})
    folder.put(MARIA_SHORT, role="chef", consent={"state": "accepted"}, stage="new")
    folder.put(LUIS, name="Luis", interests=["ia"])
    folder.imported()
    rows = folder.rows()
    again = folder.imported()
    assert folder.rows() == rows
    assert again == {"known like this already": 2}


WORDS, DAYS = st.sampled_from("abc"), st.integers(0, 5).map(at)
LISTS = st.lists(WORDS, max_size=3)
SAID = st.fixed_dictionaries({"role": st.sampled_from(["user", "bot"]), "content": WORDS})
SANE = st.fixed_dictionaries(
    {"user_id": st.sampled_from([MARIA, MARIA_SHORT, LUIS])},
    optional={
        "name": st.none() | WORDS,
        "role": WORDS,
        "interests": LISTS,
        "pain_points": LISTS,
        "lead_score": st.integers(0, 100),
        "interaction_count": st.integers(0, 9),
        "first_interaction_at": DAYS,
        "last_interaction": DAYS,
        "created_at": DAYS,
        "updated_at": DAYS,
        "message_history": st.lists(SAID.flatmap(lambda said: st.fixed_dictionaries(
            {**{k: st.just(v) for k, v in said.items()}, "timestamp": DAYS})), max_size=3),
        "level": st.none() | WORDS,
        "objections": LISTS,
        "opted_out": st.booleans(),
        "stage": st.sampled_from(["new", "buying", "sales_agent"]),
        "noted_at": st.dictionaries(st.sampled_from(["name", "role", "level"]), DAYS),
        "refused_interests": LISTS,
        "additional_data": st.dictionaries(WORDS, LISTS, max_size=2),
    },
)  # fmt: skip


@given(st.lists(SANE, min_size=1, max_size=4, unique_by=lambda lead: lead["user_id"]))
@MANY
def test_whoever_is_in_a_folder_importing_again_changes_no_row(
    folder: Folder, found: list[Any]
) -> None:
    _only(folder, found)
    folder.imported()
    rows = folder.rows()
    folder.imported()
    assert folder.rows() == rows


REFUSED_AND_MEANT_AT_ONE_MOMENT = [
    {"user_id": LUIS, "additional_data": {"noted_at": {}, "refused_interests": ["b"]}},
    {"user_id": LUIS, "interests": ["b", "a"]},
]


@given(st.lists(SANE, min_size=2, max_size=2))
@example(REFUSED_AND_MEANT_AT_ONE_MOMENT)
@MANY
def test_whatever_is_known_already_importing_again_changes_no_row(
    folder: Folder, found: list[Any]
) -> None:
    _only(folder, found[:1])
    folder.imported()
    for path in folder.path.iterdir():
        path.unlink()
    folder.put(**found[1])
    folder.imported()
    rows = folder.rows()
    folder.imported()
    assert folder.rows() == rows


def _only(folder: Folder, found: list[Any]) -> None:
    """A folder with these leads only, and a database without any."""
    empty(folder.app)
    for path in folder.path.iterdir():
        path.unlink()
    for lead in found:
        folder.put(**lead)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=5,
)
FIELDS = st.dictionaries(st.sampled_from([*OLDER_FILE, "additional_data", "noted_at"]), VALUES)


@given(st.lists(FIELDS, min_size=1, max_size=5))
@MANY
def test_whatever_json_there_is_the_others_are_imported(folder: Folder, found: list[Any]) -> None:
    for number, each in enumerate(found):
        folder.put_as(f"memory_{number}.json", {**each, "user_id": f"5730012345{number}"})
    folder.put(LUIS, name="Luis")
    result = folder.run()
    assert isinstance(result.exception, SystemExit | None), result.exception
    assert folder.memory(LUIS).name == "Luis"
