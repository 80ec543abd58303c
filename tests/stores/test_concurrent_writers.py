"""Several who write one person's memory at the same moment: no update is lost, in any mode."""

from collections.abc import Callable
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from bot.extensions import db
from bot.models.leads import LeadMemory
from bot.models.messages import Turn
from bot.services import people, turns
from bot.stores.json_memory import JsonMemoryStore
from bot.stores.sql_memory import SqlMemoryStore
from tests.stores.builders import MARIA, at_the_same_instant, reply
from tests.support.apps import AUTH_TOKEN, AppMaker
from tests.support.people import TESTER, storage_of
from tests.support.writers import (
    MARIA_SHORT,
    MODES,
    NEWCOMERS,
    PROCESS_TURNS,
    Plan,
    Story,
    close_many,
    correct_many,
    exchanged,
    held_back_copies,
    imported,
    in_the_database,
    is_alike_in_both,
    is_backed_up,
    log_in_the_database,
    log_of,
    message,
    older_file,
    remembered,
    rows_of,
    start_again,
    started,
    told_in,
    write_in_a_process,
)

SPELLINGS = st.sampled_from([MARIA, MARIA_SHORT])
STEPS = {
    "json": ("correct", "again 0", "again 1"),
    "hybrid": ("correct", "again 0", "again 1", "import"),
}
ALL_STEPS = (*STEPS["hybrid"], "outage", "bring_back")
TURNS = 12


@pytest.fixture(params=MODES)
def mode(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def start(make_app: AppMaker, demo_url: str) -> Callable[[str], Flask]:
    """Start Brenda in a mode."""
    return lambda mode: started(mode, make_app, demo_url)


@pytest.fixture
def older(tmp_path: Path) -> Path:
    """The folder of an older bot."""
    return tmp_path / "older"


# One step after the other


@st.composite
def plans(draw: st.DrawFn, mode: str) -> Plan:
    spellings = draw(st.lists(SPELLINGS, min_size=2, max_size=3))
    opened_and_closed = [f"message {number}" for number in range(len(spellings))] * 2
    others = draw(st.lists(st.sampled_from(STEPS.get(mode, ALL_STEPS)), min_size=1, max_size=6))
    steps = draw(st.permutations([*opened_and_closed, *others]))
    began = draw(st.sampled_from([-9000, 1]))
    return Plan(tuple(spellings), tuple(steps), draw(SPELLINGS), began)


@pytest.fixture
def brenda(mode: str, start: Callable[[str], Flask]) -> Flask:
    return start(mode)


@given(data=st.data())
@settings(
    deadline=None,
    max_examples=25,
    derandomize=True,
    report_multiple_bugs=False,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_nothing_is_lost_however_the_writers_of_one_person_take_turns(
    mode: str, brenda: Flask, data: st.DataObject, older: Path
) -> None:
    start_again(brenda)
    with pytest.MonkeyPatch.context() as patch:
        story = Story(brenda, mode, data.draw(plans(mode)), older, patch)
        story.go()
        story.holds()


ONE, TWO = ("message 0", "message 0"), ("message 1", "message 1")
COURSES: dict[str, tuple[str, Plan]] = {
    "dual, an import is the last that happens": (
        "dual",
        Plan((MARIA,), (*ONE, "import")),
    ),
    "dual, an import of somebody who wrote to Brenda first": (
        "dual",
        Plan((MARIA, MARIA), (*ONE, "import", *TWO), older_began=1),
    ),
    "gradual, the first message comes in an outage": (
        "gradual",
        Plan((MARIA,), ("outage", *ONE)),
    ),
    "backup, an import is the last that happens": (
        "backup",
        Plan((MARIA,), (*ONE, "import")),
    ),
    "backup, an outage is the last that happens": (
        "backup",
        Plan((MARIA, MARIA), (*ONE, "outage", *TWO, "outage", "correct", "bring_back")),
    ),
    "backup, an answered message comes again in an outage": (
        "backup",
        Plan((MARIA,), (*ONE, "outage", "again 0", "outage", "bring_back", "correct")),
    ),
}


@pytest.mark.parametrize("course", COURSES)
def test_nothing_is_lost_in_a_course_of_events_that_is_easy_to_forget(
    course: str, start: Callable[[str], Flask], older: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mode, plan = COURSES[course]
    story = Story(start(mode), mode, plan, older, monkeypatch)
    story.go()
    story.holds()


def test_somebody_whom_only_a_file_knows_can_be_corrected_in_the_second_phase(
    start: Callable[[str], Flask],
) -> None:
    gradual = start("gradual")
    older_file(storage_of(gradual).files.memory_dir, "adopted", MARIA_SHORT)
    correct_many(gradual, "", 1)
    close_many(gradual, "", 1)
    assert {"corrected_0", "fact_adopted", "fact_0"} <= remembered(gradual).additional_data.keys()


def test_a_reply_that_was_slower_than_its_lease_reaches_the_database_that_follows(
    start: Callable[[str], Flask], monkeypatch: pytest.MonkeyPatch
) -> None:
    dual = start("dual")
    with dual.app_context():
        slow = turns.open_turn(message(0))
    with monkeypatch.context() as lapsed:
        lapsed.setattr("bot.services.turns.lease_s", lambda: 0.0)
        close_many(dual, "another", 1)
    with dual.app_context():
        turns.close_turn(slow, told_in(slow.inbound, "0"), reply("oye 0"))
        turns.bring_back()
    assert ("dice 0", ("oye 0",)) in exchanged(log_in_the_database(dual))
    is_alike_in_both(dual)


def test_a_message_that_is_marked_and_not_yet_stored_reaches_the_database_that_follows(
    start: Callable[[str], Flask], monkeypatch: pytest.MonkeyPatch
) -> None:
    dual = start("dual")
    open_turn, others = JsonMemoryStore.open_turn, [partial(close_many, dual, "another", 1)]

    def after_another(self: JsonMemoryStore, *args: Any) -> Turn:
        if others:
            at_the_same_instant(others.pop())
        return open_turn(self, *args)

    monkeypatch.setattr(JsonMemoryStore, "open_turn", after_another)
    close_many(dual, "", 1)
    with dual.app_context():
        turns.bring_back()
    assert ("dice 0", ("oye 0",)) in exchanged(log_in_the_database(dual))


def test_an_import_while_the_database_follows_is_not_undone(
    start: Callable[[str], Flask], older: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dual = start("dual")
    close_many(dual, "", 1)
    older_file(older, "imported", MARIA)
    update = SqlMemoryStore.update
    imports = [partial(imported, dual, older)]

    def after_an_import(self: SqlMemoryStore, *args: Any) -> LeadMemory | None:
        if imports:
            at_the_same_instant(imports.pop())
        return update(self, *args)

    monkeypatch.setattr(SqlMemoryStore, "update", after_an_import)
    close_many(dual, "next", 2)
    for memory in (remembered(dual), in_the_database(dual)):
        assert memory
        assert "interest_imported" in memory.interests


@pytest.mark.parametrize(
    ("first", "second"),
    [(close_many, close_many), (close_many, correct_many), (correct_many, correct_many)],
    ids=["two turns", "a turn and a correction", "two corrections"],
)
def test_the_backup_is_what_was_committed_last_in_whichever_order_it_is_written(
    first: Any, second: Any, start: Callable[[str], Flask], monkeypatch: pytest.MonkeyPatch
) -> None:
    app = start("backup")
    close_many(app, "known", 1)
    with app.app_context(), held_back_copies(monkeypatch) as held:
        first(app, "first", 1)
        second(app, "second", 1)
        assert len(held) == 2
    is_backed_up(app)


# At the same moment


def test_threads_that_answer_correct_and_import_lose_nothing(
    mode: str, brenda: Flask, older: Path
) -> None:
    close_many(brenda, "first", 1)
    older_file(older, "imported", MARIA_SHORT)
    folder = storage_of(brenda).files.memory_dir if mode == "dual" else older
    works = [
        partial(close_many, brenda, "left", TURNS),
        partial(close_many, brenda, "right", TURNS, MARIA_SHORT),
        partial(correct_many, brenda, "", TURNS, MARIA_SHORT),
        partial(import_again_and_again, brenda, folder),
    ]
    at_the_same_instant(*(works[:-1] if mode == "json" else works))
    close_many(brenda, "last", 1)
    with brenda.app_context():
        turns.bring_back()
    keys = ["first0", "last0", *labelled("left"), *labelled("right")]
    is_imported = mode not in ("json", "hybrid", "dual")
    has_all(remembered(brenda), [*keys, "imported"] if is_imported else keys, len(keys))
    assert sorted(exchanged(log_of(brenda))) == sorted((f"dice {k}", (f"oye {k}",)) for k in keys)
    the_other_place_has_it_too(brenda, mode)


def import_again_and_again(app: Flask, folder: Path) -> None:
    for _ in range(4):
        assert imported(app, folder).set_aside == []


def labelled(label: str) -> list[str]:
    return [f"{label}{number}" for number in range(TURNS)]


def has_all(memory: LeadMemory, keys: list[str], count: int) -> None:
    assert sorted(memory.interests) == sorted(f"interest_{key}" for key in keys)
    expected = {f"fact_{key}" for key in keys} | {f"corrected_{n}" for n in range(TURNS)}
    found = {n for n in memory.additional_data if n.startswith(("fact_", "corrected_"))}
    assert (found, memory.interaction_count) == (expected, count)


def the_other_place_has_it_too(app: Flask, mode: str) -> None:
    if mode == "hybrid":
        memory = in_the_database(app)
        assert memory
        assert memory.interests == ("interest_imported",)
    if mode == "dual":
        is_alike_in_both(app)
        assert sorted(exchanged(log_in_the_database(app))) == sorted(exchanged(log_of(app)))
    if mode == "backup":
        is_backed_up(app)
    if mode != "json":
        assert len(rows_of(app)) == 1


@pytest.mark.parametrize("its_mode", ["json", "dual", "postgres"])
def test_two_processes_make_one_lead_of_each_number_and_count_every_message(
    its_mode: str, start: Callable[[str], Flask], tmp_path: Path, demo_url: str
) -> None:
    app = start(its_mode)
    environment = {
        "INSTANCE_DIR": str(tmp_path / "instance"),
        "TWILIO_AUTH_TOKEN": AUTH_TOKEN,
        "LOG_LEVEL": "WARNING",
        "DATABASE_URL": demo_url,
        **MODES[its_mode],
    }
    in_two_processes(environment)
    with app.app_context():
        turns.bring_back()
    for user_id in NEWCOMERS:
        memory = remembered(app, user_id)
        assert {"fact_left0", "fact_right0"} <= memory.additional_data.keys()
        assert memory.interaction_count == 2 + 2 * PROCESS_TURNS * (user_id == NEWCOMERS[0])
    if its_mode == "dual":
        is_alike_in_both(app, len(NEWCOMERS))
    if its_mode != "json":
        assert len(rows_of(app)) == len(NEWCOMERS)


def in_two_processes(environment: dict[str, str]) -> None:
    spawn = get_context("spawn")
    together = spawn.Barrier(2)
    both = [
        spawn.Process(target=write_in_a_process, args=(environment, label, together))
        for label in ("left", "right")
    ]
    for process in both:
        process.start()
    for process in both:
        process.join()
    assert [process.exitcode for process in both] == [0, 0]


def test_a_first_message_and_an_import_at_one_instant_make_one_lead(
    start: Callable[[str], Flask], older: Path
) -> None:
    app = start("postgres")
    for _ in range(TURNS):
        start_again(app)
        older_file(older, "imported", MARIA_SHORT)
        at_the_same_instant(partial(close_many, app, "", 1), partial(imported, app, older))
        memory = remembered(app)
        assert sorted(memory.interests) == ["interest_0", "interest_imported"]
        assert (len(rows_of(app)), memory.interaction_count) == (1, 1)


# Who knows nothing of all this


@pytest.mark.parametrize("its_mode", ["postgres", "backup", "gradual"])
def test_what_an_older_tool_wrote_while_a_message_was_answered_stays(
    its_mode: str, start: Callable[[str], Flask]
) -> None:
    app = start(its_mode)
    close_many(app, "known", 1)
    with app.app_context():
        turn = turns.open_turn(message(0, MARIA_SHORT))
        people.correct(MARIA, {"corrected": True}, TESTER)
        of_another_tool("""
            UPDATE user_memory SET role = 'contadora', interaction_count = interaction_count + 5,
                interests = array_append(interests, 'interest_theirs'),
                additional_data = additional_data || '{"crm_id": 7}'
        """)
        turns.close_turn(turn, told_in(turn.inbound, "0"), reply("oye 0"))
    memory = remembered(app)
    assert memory.interests == ("interest_known0", "interest_theirs", "interest_0")
    assert (memory.role, memory.interaction_count) == ("contadora", 7)
    assert {"crm_id", "corrected", "fact_known0", "fact_0"} <= memory.additional_data.keys()


def of_another_tool(statement: str) -> None:
    db.session.execute(text(statement))
    db.session.commit()
