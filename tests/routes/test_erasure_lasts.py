"""No old file, backup or late turn brings back somebody who was erased."""

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask

from bot.services import erasing, people, turns
from bot.stores.lead_files import memory_file
from tests.stores.builders import change, close_one
from tests.support.apps import AppMaker
from tests.support.conversation import STORAGE_MODES
from tests.support.people import (
    HER_WORDS,
    TESTER,
    TOLD,
    Apps,
    Her,
    everything,
    short,
    storage_of,
    wait_in_the_spool,
)


@pytest.fixture
def start(make_app: AppMaker, demo_url: str, tmp_path: Path) -> Apps:
    return Apps(make_app, demo_url, tmp_path)


@pytest.fixture
def her() -> Her:
    return Her()


def erase_and_restore(app: Flask, her: Her, folder: Path) -> None:
    """Put everything that a folder of files held back after the erasure."""
    safe = folder.with_name(f"safe copy of {folder.name}")
    shutil.copytree(folder, safe)
    her.is_forgotten_by(app)
    shutil.copytree(safe, folder, dirs_exist_ok=True)
    shutil.rmtree(safe)


def is_new(app: Flask, her: Her) -> bool:
    """Whether the first message of hers after the erasure is all that is known of her."""
    reply = her.says(app, "hola")
    memory = her.memory(app)
    assert memory
    with app.app_context():
        page = people.messages(her.number, None, 100, TESTER)
    known = (memory.name, memory.role, memory.interests, memory.interaction_count)
    said = [each.body for each in page.messages if each.direction == "inbound"]
    return "Ximena" not in reply and (known, said) == ((None, None, (), 1), ["hola"])


# Old files of a memory


def test_in_the_second_phase_of_a_move_an_old_memory_file_makes_nobody_known(
    start: Apps, her: Her
) -> None:
    her.says(start("hybrid"), *TOLD)
    app = start("postgres", MEMORY_MOVE="gradual")
    her.says(app, "hola")
    erase_and_restore(app, her, app.extensions["config"].memory_dir)
    assert her.memory(app) is None


def test_in_the_second_phase_of_a_move_an_old_memory_file_is_not_moved_over(
    start: Apps, her: Her
) -> None:
    her.says(start("hybrid"), *TOLD)
    app = start("postgres", MEMORY_MOVE="gradual")
    erase_and_restore(app, her, app.extensions["config"].memory_dir)
    assert is_new(app, her)


def test_in_the_second_phase_of_a_move_old_messages_in_files_are_not_moved_over(
    start: Apps, her: Her
) -> None:
    her.says(start("hybrid"), *TOLD)
    app = start("postgres", MEMORY_MOVE="gradual")
    erase_and_restore(app, her, app.extensions["config"].instance_dir / "turns")
    assert is_new(app, her)


def test_in_the_first_phase_of_a_move_old_rows_do_not_come_back_to_the_files(
    start: Apps, her: Her
) -> None:
    her.says(start("postgres"), *TOLD)
    app = start("hybrid", MEMORY_MOVE="dual")
    her.says(app, "hola")
    her.is_forgotten_by(app)
    assert is_new(app, her)


@pytest.mark.parametrize("mode", ["json", "hybrid"])
def test_an_old_memory_file_that_is_put_back_makes_nobody_known(
    mode: str, start: Apps, her: Her
) -> None:
    app = start(mode)
    her.says(app, *TOLD)
    erase_and_restore(app, her, app.extensions["config"].memory_dir)
    assert her.memory(app) is None
    assert is_new(app, her)


def test_a_memory_file_that_a_tool_wrote_later_makes_her_known_again(start: Apps, her: Her) -> None:
    app = start("hybrid")
    her.says(app, *TOLD)
    her.is_forgotten_by(app)
    later = datetime.now(UTC) + timedelta(minutes=1)
    path = memory_file(storage_of(app).files.memory_dir, her.number)
    path.write_text(json.dumps({"name": "Rosario", "last_interaction_at": later.isoformat()}))
    memory = her.memory(app)
    assert memory
    assert memory.name == "Rosario"


def test_a_backup_that_is_put_back_is_not_read(start: Apps, her: Her) -> None:
    app = start("postgres", MEMORY_JSON_BACKUP="true")
    her.says(app, *TOLD)
    erase_and_restore(app, her, app.extensions["config"].memory_dir)
    assert her.memory(app) is None
    assert is_new(app, her)


@pytest.mark.parametrize("backup", ["true", "false"], ids=["a backup", "a copy"])
def test_in_an_outage_nobody_is_known_by_what_was_put_back_of(
    backup: str, start: Apps, her: Her
) -> None:
    app = start("postgres", MEMORY_JSON_BACKUP=backup)
    her.says(app, *TOLD)
    copies = storage_of(app).copies
    assert copies
    erase_and_restore(app, her, copies.memory_dir)
    away = start.cut_off(MEMORY_JSON_BACKUP=backup)
    assert "Ximena" not in her.says(away, "hola")


def test_a_copy_that_is_put_back_is_deleted_by_the_next_sweep_of_all(start: Apps, her: Her) -> None:
    app = start("postgres")
    her.says(app, *TOLD)
    erase_and_restore(app, her, storage_of(app).known.memory_dir)
    with app.app_context():
        erasing.sweep(datetime.fromtimestamp(0, UTC))
    assert her.traces(everything(app)) == []


# Turns that come late


def test_a_turn_of_before_the_erasure_that_comes_back_late_brings_nobody_back(
    start: Apps, her: Her
) -> None:
    app = start("postgres")
    her.says(app, *TOLD)
    wait_in_the_spool(app, her, "soy Ximena Sotomayor")
    erase_and_restore(app, her, app.extensions["config"].instance_dir / "spool")
    with app.app_context():
        turns.bring_back()
    assert storage_of(app).spool.is_empty()
    assert her.memory(app) is None
    assert is_new(app, her)


def test_a_turn_of_another_machine_from_before_the_erasure_brings_nobody_back(
    start: Apps, her: Her
) -> None:
    ours, other = start("postgres"), start("postgres", "2")
    her.says(ours, *TOLD)
    wait_in_the_spool(other, her, "soy Ximena Sotomayor")
    her.is_forgotten_by(ours)
    with other.app_context():
        turns.bring_back()
    assert her.memory(ours) is None
    assert is_new(other, her)


def test_of_a_turn_that_came_too_late_no_words_stay(start: Apps, her: Her) -> None:
    ours, other = start("postgres"), start("postgres", "2")
    her.says(ours, *TOLD)
    wait_in_the_spool(other, her, "soy Ximena Sotomayor")
    her.is_forgotten_by(ours)
    with other.app_context():
        turns.bring_back()
    assert her.traces(everything(other)) == []


def test_a_turn_of_after_the_erasure_makes_a_new_person(start: Apps, her: Her) -> None:
    app = start("postgres")
    her.says(app, *TOLD)
    her.is_forgotten_by(app)
    close_one(
        storage_of(app).spool,
        change(facts={"name": "Rosario"}),
        body="me llamo Rosario",
        user_id=short(her.number),
        received_at=datetime.now(UTC),
    )
    with app.app_context():
        assert turns.bring_back() == 1
    memory = her.memory(app)
    assert memory
    assert (memory.name, memory.role, memory.interaction_count) == ("Rosario", None, 1)


# A "no" holds


@pytest.mark.parametrize("mode", STORAGE_MODES)
def test_who_left_is_not_written_to_after_two_erasures_and_under_any_way_to_write_it(
    mode: str, start: Apps, her: Her
) -> None:
    app = start(mode)
    her.says(app, *TOLD, "BAJA")
    her.is_forgotten_by(app)
    her.says(app, "hola")
    her.is_forgotten_by(app)
    assert her.says(app, "gracias", "gracias") == ""
    memory = her.memory(app)
    assert memory
    assert memory.opted_out
    assert [word for word in HER_WORDS if word in everything(app)] == []


def test_in_an_outage_who_left_is_not_written_to_after_the_erasure(start: Apps, her: Her) -> None:
    app = start("postgres")
    her.says(app, *TOLD, "BAJA")
    her.is_forgotten_by(app)
    assert her.says(start.cut_off(), "gracias") == ""


def test_in_an_outage_who_left_is_not_written_to_by_a_machine_that_swept(
    start: Apps, her: Her
) -> None:
    ours, other = start("postgres"), start("postgres", "2")
    her.says(other, *TOLD, "BAJA")
    her.is_forgotten_by(ours)
    with other.app_context():
        erasing.sweep(datetime.fromtimestamp(0, UTC))
    assert her.says(start.cut_off("2"), "gracias") == ""


def test_nothing_is_erased_while_the_database_is_away(start: Apps, her: Her) -> None:
    app = start("postgres")
    her.says(app, *TOLD)
    away = start.cut_off()
    with away.app_context(), pytest.raises(Exception, match="cannot be reached"):
        people.forget(her.number, TESTER)
    memory = her.memory(app)
    assert memory
    assert memory.name == "Ximena Sotomayor"
