"""``flask memory import-json``: everybody in a folder is in PostgreSQL, once and whole."""

import json
import re
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from bot.errors import StoreUnavailable
from bot.services import people, turns
from bot.services.moving import importing
from tests.stores.builders import MARIA, change, inbound, reply
from tests.stores.test_json_memory import OLDER_FILE
from tests.support.apps import AppMaker
from tests.support.conversation import Conversation
from tests.support.memory_folder import Folder, at, empty
from tests.support.people import TESTER

MARIA_SHORT = "525512345678"
LUIS, ROSA, OPAQUE = "573001234567", "5215500000009", "US.13491234567890"
STRANGE = {
    "memory_1.json": (b"", "empty"),
    "memory_2.json": (b'{"name": "An', "breaks off"),
    "memory_3.json": (b"\xff\xfe", "UTF-8"),
    "memory_4.json": (b"[]", "object"),
    "notes.json": (b'{"name": "Ana"}', "user_id"),
}
HISTORY = [
    {"role": "user", "content": "hola", "timestamp": "2025-01-01T10:00:00"},
    {"role": "assistant", "content": "¡Hola!", "timestamp": "2025-01-01T10:00:01"},
]


@pytest.fixture
def folder(app: Flask, tmp_path: Path) -> Folder:
    return Folder(app, tmp_path / "older")


def test_everybody_in_a_folder_is_imported_and_counted(folder: Folder) -> None:
    folder.put_as("ana.json", OLDER_FILE)
    folder.put(LUIS, name="Luis")
    before = folder.files()
    assert folder.imported() == {"added": 2}
    memory = folder.memory(MARIA)
    assert (memory.name, memory.lead_score, memory.interaction_count) == ("Ana", 35, 4)
    assert memory.additional_data["automation_needs"] == {"reportes": "semanal"}
    assert folder.memory(LUIS).name == "Luis"
    assert folder.files() == before


def test_strange_files_are_named_with_reasons_and_the_others_taken(folder: Folder) -> None:
    folder.put(LUIS, name="Luis")
    for name, (content, _) in STRANGE.items():
        folder.put_as(name, content)
    before = folder.files()
    result = folder.run()
    assert result.exit_code == 1
    for name, (_, why) in STRANGE.items():
        assert re.search(rf"^not taken   {re.escape(name)}: .*{why}", result.stderr, re.M)
    assert re.search(r"^ *5 files not taken$", result.stdout, re.M)
    assert re.search(r"^ *1 added$", result.stdout, re.M)
    assert folder.files() == before
    assert folder.memory(LUIS).name == "Luis"


def test_importing_again_changes_no_row(folder: Folder) -> None:
    folder.put_as(f"memory_{MARIA}.json", OLDER_FILE | {"message_history": HISTORY})
    folder.put(MARIA_SHORT, name="Ana Ruiz", interaction_count=2, last_interaction_at=at(-900))
    folder.put(LUIS, name="Luis", external_user_id=OPAQUE)
    folder.put(ROSA)
    folder.imported()
    rows = folder.rows()
    again = folder.imported()
    assert folder.rows() == rows
    assert again == {"known like this already": 3}


def test_a_person_under_an_opaque_id_and_a_number_stays_the_same_when_repeated(
    folder: Folder,
) -> None:
    folder.put(LUIS, name="Luis", external_user_id=OPAQUE, interaction_count=2)
    folder.put(OPAQUE, role="chef", interaction_count=3)
    folder.imported()
    rows = folder.rows()
    folder.imported()
    assert folder.rows() == rows
    assert (folder.memory(LUIS).name, folder.memory(LUIS).role) == ("Luis", "chef")


@pytest.mark.parametrize("days", [-1, 1], ids=["the row is newer", "the file is newer"])
def test_of_a_row_and_a_file_each_fact_counts_as_it_was_told_last(
    folder: Folder, days: int
) -> None:
    with folder.app.app_context():
        close(inbound(), facts={"name": "Ana", "level": "medio"})
    folder.put(MARIA, name="Anita", role="chef", last_interaction_at=at(days), interaction_count=9)
    assert folder.imported() == {"merged into what was known": 1}
    memory = folder.memory(MARIA)
    assert memory.name == ("Anita" if days > 0 else "Ana")
    assert (memory.role, memory.additional_data["level"]) == ("chef", "medio")
    assert memory.interaction_count == 9


def close(message: Any, **fields: Any) -> None:
    turns.close_turn(turns.open_turn(message), change(**fields), reply())


def test_doubles_of_one_number_are_one_row_with_summed_counts(folder: Folder) -> None:
    folder.put(MARIA, name="Ana", interaction_count=3, last_interaction_at=at(1))
    folder.put(MARIA_SHORT, name="Anita", role="chef", interaction_count=4, interests=["ia"])
    for _ in range(3):
        folder.imported()
        [[row], _, _] = folder.rows()
        assert row["interaction_count"] == 7
        assert (row["name"], row["role"], row["interests"]) == ("Ana", "chef", ["ia"])


@pytest.mark.parametrize(
    "name",
    ["copia.json", "memory_1.json", f"memory_+{MARIA}.json", f"memory_whatsapp%3A%2B{MARIA}.json"],
)
@pytest.mark.parametrize("is_known", [False, True], ids=["new", "with a row"])
def test_two_files_of_one_person_are_one_whatever_their_names(
    folder: Folder, name: str, is_known: bool
) -> None:
    if is_known:
        with folder.app.app_context():
            close(inbound())
    folder.put(MARIA, name="Ana", last_interaction_at=at(1))
    folder.put_as(name, {"user_id": MARIA, "role": "chef", "email": "a@b.example"})
    folder.imported()
    memory = folder.memory(MARIA)
    assert (memory.name, memory.role) == ("Ana", "chef")
    assert memory.additional_data["email"] == "a@b.example"


def test_a_history_of_an_older_bot_becomes_rows_once(folder: Folder) -> None:
    folder.put(MARIA, message_history=HISTORY)
    folder.put(MARIA_SHORT, message_history=[*HISTORY, {"role": "user", "content": "¿y?"}])
    for _ in range(2):
        folder.imported("--from-start")
        assert folder.messages(MARIA) == [
            ("inbound", "hola"),
            ("outbound", "¡Hola!"),
            ("inbound", "¿y?"),
        ]


def test_a_history_without_times_keeps_its_order(folder: Folder) -> None:
    said = [("user", "hola"), ("bot", "¡Hola!"), ("user", "¿precio?"), ("bot", "4,000")]
    folder.put(MARIA, message_history=[{"role": who, "content": what} for who, what in said])
    folder.imported()
    assert [body for _, body in folder.messages(MARIA)] == [what for _, what in said]


def test_times_are_of_the_zone_that_is_given(folder: Folder) -> None:
    folder.put_as("a.json", OLDER_FILE)
    folder.imported("--timezone", "America/Mexico_City")
    [[row], [message], _] = folder.rows()
    times = [row["created_at"], row["first_interaction_at"], message["created_at"]]
    assert {datetime.fromisoformat(each).hour for each in times} == {16}


# Interrupted


@pytest.fixture
def many(folder: Folder) -> Folder:
    for number in range(7):
        found = OLDER_FILE | {"user_id": f"57300123456{number}", "message_history": HISTORY}
        folder.put_as(f"memory_57300123456{number}.json", found)
    return folder


def cut_off(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    """An import that ends at its second batch."""
    calls = iter((importing._import_batch, _refuse))
    with monkeypatch.context() as patch:
        patch.setattr(importing, "_import_batch", lambda *given: next(calls)(*given))
        result = folder.run()
    assert result.exit_code == 1
    assert result.output.startswith("Error: ")


def _refuse(*_given: Any) -> None:
    raise StoreUnavailable


def test_an_interrupted_import_goes_on_where_it_stopped(
    many: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "_AT_ONCE", 2)
    many.imported()
    rows = many.rows()
    empty(many.app)
    cut_off(many, monkeypatch)
    assert len(many.rows()[0]) == 2
    report = many.imported()
    assert report.pop("done by an import before that was interrupted") == 2
    assert report == {"added": 5}
    assert many.rows() == rows
    assert many.imported() == {"known like this already": 7}


def test_from_start_looks_at_everybody_again(many: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "_AT_ONCE", 2)
    cut_off(many, monkeypatch)
    report = many.imported("--from-start")
    assert report == {"known like this already": 2, "added": 5}


# Others


def test_people_who_were_erased_are_left_out(folder: Folder) -> None:
    folder.put(MARIA_SHORT, name="Ana", last_interaction_at=at(0), message_history=HISTORY)
    folder.put(LUIS, name="Luis")
    Conversation(folder.app, MARIA).say("hola")
    with folder.app.app_context():
        people.forget(MARIA, TESTER)
    report = folder.imported()
    assert report.pop("of people who were erased since, left out") == 1
    assert report == {"added": 1}
    assert "Ana" not in json.dumps(folder.rows())


@pytest.mark.parametrize("is_known", [False, True], ids=["a stranger", "with a row"])
def test_a_message_that_is_being_answered_meanwhile_is_not_lost(
    folder: Folder, is_known: bool
) -> None:
    folder.put(MARIA_SHORT, name="Ana", interaction_count=5, interests=["ia"])
    message = inbound("soy chef")
    with folder.app.app_context():
        if is_known:
            close(inbound("hola"))
        turn = turns.open_turn(message)
    folder.imported()
    with folder.app.app_context():
        turns.close_turn(turn, change(facts={"role": "chef"}), reply("Qué bien"))
    memory = folder.memory(MARIA)
    assert (memory.name, memory.role, memory.interests) == ("Ana", "chef", ("ia",))
    assert memory.interaction_count == 6
    assert folder.messages(MARIA)[-2:] == [("inbound", "soy chef"), ("outbound", "Qué bien")]
    assert len(folder.rows()[0]) == 1


def test_somebody_is_found_under_the_id_from_before_there_was_a_number(folder: Folder) -> None:
    folder.put(LUIS, name="Luis", external_user_id=OPAQUE, interaction_count=3)
    folder.imported()
    assert folder.memory(OPAQUE).name == "Luis"
    Conversation(folder.app, OPAQUE).say("hola", ExternalUserId=OPAQUE)
    [[row], _, _] = folder.rows()
    assert (row["user_id"], row["interaction_count"]) == (LUIS, 4)


WRONG: dict[str, tuple[list[str], int, str]] = {
    "no folder": (["/nowhere/at/all"], 1, "There is no folder /nowhere/at/all"),
    "no time zone": ([".", "--timezone", "Mexico"], 2, "'Mexico' is no time zone"),
    "a bad time zone": ([".", "--timezone", "../../etc/passwd"], 2, "is no time zone"),
}


@pytest.mark.parametrize(("args", "status", "told"), WRONG.values(), ids=WRONG.keys())
def test_what_cannot_be_is_told_plainly(app: Flask, args: Any, status: int, told: str) -> None:
    result = app.test_cli_runner().invoke(args=["memory", "import-json", *args])
    assert result.exit_code == status
    assert told in result.output
    assert "Traceback" not in result.output


@pytest.mark.parametrize("command", ["import-json", "export-json"])
def test_without_a_database_it_says_so_in_one_line(
    make_app: AppMaker, tmp_path: Path, command: str
) -> None:
    result = make_app().test_cli_runner().invoke(args=["memory", command, str(tmp_path)])
    assert result.exit_code == 1
    assert re.fullmatch(r"Error: .*DATABASE_URL.*\n", result.output)
