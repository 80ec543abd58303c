"""Nothing is left of somebody who was erased, in no file and no table, whatever had been kept."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask

from bot.models.audit import Access
from bot.models.message_log import LoggedMessage
from bot.services import erasing, people, turns
from bot.stores.json_memory import JsonMemoryStore
from bot.stores.lead_files import memory_file
from tests.support.apps import AUTH_TOKEN, AppMaker
from tests.support.conversation import STORAGE_MODES
from tests.support.people import (
    HER_WORDS,
    TOLD,
    Apps,
    Her,
    audit_of,
    everything,
    in_files,
    short,
    storage_of,
    wait_in_the_spool,
)
from tests.support.webhook import Webhook

IMAGE = {"MessageType": "image", "NumMedia": "1", "MediaUrl0": "https://x.example/sotomayor.jpg"}
FROM_THE_BEGINNING = datetime.fromtimestamp(0, UTC)


@pytest.fixture
def start(make_app: AppMaker, demo_url: str, tmp_path: Path) -> Apps:
    """An app in a storage mode; its memory has a folder outside of its own."""
    return Apps(make_app, demo_url, tmp_path)


@pytest.fixture
def her() -> Her:
    return Her()


def flow_back(app: Flask) -> None:
    """What waits in the spool is remembered for an hour after it went to the database."""
    with app.app_context():
        if storage_of(app).sql:
            assert turns.bring_back() == 1
        else:
            assert storage_of(app).spool.drain(lambda _: True, 0) == 1


def leave_leftovers(store: JsonMemoryStore, her: Her) -> None:
    """Files that damage and crashes leave."""
    for number in (her.number, short(her.number)):
        path = memory_file(store.memory_dir, number)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.with_name(f"{path.name}.damaged-20260101T000000000000").write_text("Sotomayor {")
        path.with_name(f".{path.name}.{'0' * 32}.tmp").write_text("Sotomayor")
    turn = store.turn_folder(her.number)
    turn.mkdir(parents=True, exist_ok=True)
    (turn / "SM1.json.damaged-20260101T000000000000").write_text("Sotomayor {")
    (turn / f".SM2.json.{'0' * 32}.tmp").write_text("Sotomayor")


def archive(app: Flask, her: Her) -> None:
    """Messages that came from a database when the files took over."""
    said = LoggedMessage(her.number, "inbound", "text", "soy Sotomayor", datetime.now(UTC), "SM3")
    storage_of(app).files.archive(her.number, [said])


def live(start: Apps, mode: str, her: Her) -> Flask:
    """Leave traces wherever there can be some, and come back as the app of this mode."""
    if mode == "hybrid":
        her.says(start("postgres"), *TOLD)
    backup = {"MEMORY_JSON_BACKUP": "true"} if mode == "postgres" else {}
    webhook = Webhook(start(mode, **backup).test_client(), AUTH_TOKEN)
    webhook.say("me interesa el marketing", her.opaque_id, ExternalUserId=her.opaque_id)
    her.says(start(mode, **backup), *TOLD, ExternalUserId=f"whatsapp:{her.opaque_id}")
    app = start(mode)
    her.says(app, "soy Ximena Sotomayor", ProfileName="Ximena")
    her.says(app, "", **IMAGE)
    her.says(app, "", MessageType="location", Latitude="1", Longitude="1", Address="Sotomayor 3")
    wait_in_the_spool(app, her, "soy Ximena Sotomayor")
    flow_back(app)
    wait_in_the_spool(app, her, "tengo otros peritajes")
    archive(app, her)
    storage = storage_of(app)
    for store in (storage.files, storage.known, storage.spool):
        leave_leftovers(store, her)
    with app.app_context():
        people.show(her.number, Access("front desk"))
    return app


@pytest.mark.parametrize("mode", STORAGE_MODES)
def test_nothing_is_left_of_her_in_any_file_or_table(mode: str, start: Apps, her: Her) -> None:
    assert her.traces(everything(start(mode))) == []
    app = live(start, mode, her)
    assert her.traces(everything(app)) == [*HER_WORDS, *(each.lower() for each in her.ids)]
    forgotten = her.is_forgotten_by(app)
    assert set(forgotten.user_ids) == set(her.ids)
    assert her.traces(everything(app)) == []
    assert her.memory(app) is None


@pytest.mark.parametrize("way", ["the other way to write it", "the id without a number"])
@pytest.mark.parametrize("mode", STORAGE_MODES)
def test_she_is_erased_as_well_under_any_of_her_other_ids(
    mode: str, way: str, start: Apps, her: Her
) -> None:
    app = live(start, mode, her)
    with app.app_context():
        asked = short(her.number) if way.startswith("the other") else her.opaque_id
        people.forget(asked, Access("test"))
    assert her.traces(everything(app)) == []


@pytest.mark.parametrize("mode", STORAGE_MODES)
def test_the_files_that_a_crash_left_beside_histories_and_aliases_go_too(
    mode: str, start: Apps, her: Her
) -> None:
    app = start(mode)
    her.says(app, *TOLD, ExternalUserId=f"whatsapp:{her.opaque_id}")
    archive(app, her)
    files = storage_of(app).files
    for path in (
        files.history_file(her.number),
        files.turns_dir / "aliases" / f"{her.opaque_id}.json",
    ):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.with_name(f".{path.name}.{'0' * 32}.tmp").write_text(f"Sotomayor {her.number}")
    her.is_forgotten_by(app)
    assert her.traces(everything(app)) == []


def test_what_was_still_to_be_followed_by_the_database_is_gone_too(start: Apps, her: Her) -> None:
    app = start("hybrid", MEMORY_MOVE="dual")
    her.says(app, *TOLD)
    storage_of(app).backlog.mark(her.number, "SM4")
    her.is_forgotten_by(app)
    assert her.traces(everything(app)) == []


@pytest.mark.parametrize("phase", ["dual", "gradual"])
def test_nothing_is_left_of_her_in_the_middle_of_a_move(phase: str, start: Apps, her: Her) -> None:
    her.says(start("hybrid"), *TOLD)
    mode = {"dual": "hybrid", "gradual": "postgres"}[phase]
    app = start(mode, MEMORY_MOVE=phase)
    her.says(app, *TOLD)
    assert her.traces(everything(app)) == [*HER_WORDS, *her.ids[:2]]
    her.is_forgotten_by(app)
    assert her.traces(everything(app)) == []


@pytest.mark.parametrize("mode", STORAGE_MODES)
def test_that_she_was_erased_is_noted_without_telling_who(mode: str, start: Apps, her: Her) -> None:
    app = live(start, mode, her)
    her.is_forgotten_by(app)
    noted = audit_of(app, her.number)
    assert [line.action for line in noted] == ["read", "erased"]
    assert {line.user_id for line in noted} == {None}


@pytest.mark.parametrize("mode", STORAGE_MODES)
def test_who_writes_again_is_a_new_person(mode: str, start: Apps, her: Her) -> None:
    app = live(start, mode, her)
    her.is_forgotten_by(app)
    assert "Ximena" not in her.says(app, "hola")
    with app.app_context():
        shown = people.show(her.number, Access("test"))
        page = people.messages(her.number, None, 100, Access("test"))
    assert (shown["name"], shown["role"], shown["interaction_count"]) == (None, None, 1)
    assert len(shown["message_history"]) == 2
    assert [each.body for each in page.messages[1:]] == ["hola"]


@pytest.mark.parametrize("mode", STORAGE_MODES)
def test_who_left_before_the_erasure_is_not_written_to_after_it(
    mode: str, start: Apps, her: Her
) -> None:
    app = start(mode)
    her.says(app, *TOLD, "BAJA")
    her.is_forgotten_by(app)
    assert her.says(app, "gracias") == ""
    with app.app_context():
        assert people.show(her.number, Access("test"))["opted_out"] is True
    assert [word for word in HER_WORDS if word in everything(app)] == []


# Other machines


@pytest.mark.parametrize("backup", ["true", "false"], ids=["with backups", "with copies"])
def test_a_machine_deletes_what_it_has_of_somebody_whom_another_erased(
    backup: str, start: Apps, her: Her
) -> None:
    ours, other = start("postgres"), start("postgres", "2", MEMORY_JSON_BACKUP=backup)
    her.says(other, *TOLD)
    wait_in_the_spool(other, her, "soy Ximena Sotomayor")
    her.is_forgotten_by(ours)
    assert her.traces(everything(other)) != []
    with other.app_context():
        assert erasing.sweep(FROM_THE_BEGINNING) == 1
        assert erasing.sweep(FROM_THE_BEGINNING) == 0
    assert her.traces(everything(other)) == []


def test_a_machine_deletes_what_flowed_back_lately_of_somebody_whom_another_erased(
    start: Apps, her: Her
) -> None:
    ours, other = start("postgres"), start("postgres", "2")
    wait_in_the_spool(other, her, "soy Ximena Sotomayor")
    flow_back(other)
    her.is_forgotten_by(ours)
    with other.app_context():
        erasing.sweep(FROM_THE_BEGINNING)
    assert her.traces(everything(other)) == []


def test_a_machine_deletes_the_damaged_file_of_somebody_whom_another_erased(
    start: Apps, her: Her
) -> None:
    ours, other = start("postgres"), start("postgres", "2")
    her.says(ours, *TOLD)
    leave_leftovers(storage_of(other).known, her)
    her.is_forgotten_by(ours)
    with other.app_context():
        erasing.sweep(FROM_THE_BEGINNING)
    assert her.traces(everything(other)) == []


def test_a_machine_deletes_all_files_of_somebody_with_several_ids_whom_another_erased(
    start: Apps, her: Her
) -> None:
    other = start("hybrid", "2")
    her.says(other, *TOLD, ExternalUserId=f"whatsapp:{her.opaque_id}")
    archive(other, her)
    ours = start("postgres")
    her.says(ours, *TOLD, ExternalUserId=f"whatsapp:{her.opaque_id}")
    her.is_forgotten_by(ours)
    with other.app_context():
        erasing.sweep(FROM_THE_BEGINNING)
    assert her.traces(everything(other)) == []


def test_a_machine_keeps_what_it_has_of_others_and_of_who_came_back(start: Apps, her: Her) -> None:
    ours, other = start("postgres"), start("postgres", "2")
    her.says(other, *TOLD)
    somebody = Her()
    somebody.says(other, "hola, me llamo Hortensia")
    her.is_forgotten_by(ours)
    her.says(other, "hola, me llamo Rosario")
    with other.app_context():
        assert erasing.sweep(FROM_THE_BEGINNING) == 0
    kept = "\n".join(in_files(other.extensions["config"].instance_dir))
    assert "Hortensia" in kept
    assert "Rosario" in kept
    assert "Ximena" not in kept


def test_without_a_database_there_is_nothing_to_sweep(start: Apps) -> None:
    app = start("json")
    with app.app_context():
        assert erasing.sweep(FROM_THE_BEGINNING) == 0
