"""Memory in files: the older bot's format, never half written, never lost, never elsewhere."""

import json
import signal
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.models.leads import LeadMemory
from bot.models.messages import TurnState
from bot.stores.files import file_key, locked, write_atomically
from bot.stores.json_memory import JsonMemoryStore
from bot.stores.lead_files import memory_file
from tests.stores.builders import (
    LEASE_S,
    MARIA,
    NOON,
    at_the_same_instant,
    change,
    close_and_die,
    close_many,
    close_one,
    inbound,
    later,
    reply,
    said,
)

SID = "SM00000000000000000000000000000001"
OLDER_FILE = {
    "user_id": MARIA,
    "name": "Ana",
    "role": "contadora",
    "interests": ["ia", "excel"],
    "pain_points": [],
    "lead_score": 35,
    "interaction_count": 4,
    "message_history": [{"role": "user", "content": "hola", "timestamp": "2025-01-01T10:00:00"}],
    "stage": "sales_agent",
    "selected_course": None,
    "privacy_accepted": True,
    "buying_signals": ["preguntó precio"],
    "automation_needs": {"reportes": "semanal"},
    "interest_level": "high",
    "buyer_persona_match": "lucia_copypro",
    "last_interaction": "2025-01-02T10:00:00.123456",
    "created_at": "2025-01-01T10:00:00",
    "updated_at": "2025-01-02T10:00:00",
}
HOSTILE_IDS = (
    "../../etc/passwd",
    "..",
    ".",
    "",
    "a/b",
    "/etc/passwd",
    "a\0b",
    "C:\\windows",
    "CON",
    "👩‍👩‍👧‍👦",
    "%2e%2e%2f",
    "*",
    "memory_1.json",
    "x" * 5000,
    "é" * 100,
)
DAMAGED = {
    "empty": b"",
    "blank": b" \n",
    "truncated": json.dumps(OLDER_FILE).encode()[:200],
    "a list": b"[]",
    "null": b"null",
    "a text": b'"hola"',
    "not text": b"\xff\xfe\x00\x01",
    "nested too deep": b"[" * 100_000,
}


@pytest.fixture
def store(tmp_path: Path) -> JsonMemoryStore:
    return JsonMemoryStore(tmp_path / "memory", tmp_path / "turns")


def test_a_lead_is_one_file_with_the_fields_of_the_older_bot(store: JsonMemoryStore) -> None:
    facts = {"name": "Ana", "stage": "new"}
    close_one(store, change(7, facts=facts, interests=("ia",), said=(said("hola"),)))
    file = json.loads((store.memory_dir / f"memory_{MARIA}.json").read_text("utf-8"))
    assert file.pop("last_message_sids")
    assert set(file.pop("noted_at")) == {"name", "interests"}
    assert datetime.fromisoformat(file.pop("updated_at")).tzinfo == UTC
    assert file == {
        "user_id": MARIA,
        "name": "Ana",
        "role": None,
        "interests": ["ia"],
        "pain_points": [],
        "lead_score": 7,
        "interaction_count": 1,
        "message_history": [said("hola")],
        "stage": "new",
        "first_interaction_at": NOON.isoformat(),
        "last_interaction_at": NOON.isoformat(),
        "last_interaction": NOON.isoformat(),
        "created_at": NOON.isoformat(),
        "score": {
            "points": {
                "points": 7,
                "at": NOON.isoformat(),
                "message_sid": "",
                "half_life_days": None,
            }
        },
    }


def test_accents_and_emoji_are_written_as_they_are(store: JsonMemoryStore) -> None:
    close_one(store, change(facts={"name": "Íñigo 🎯"}))
    assert "Íñigo 🎯" in memory_file(store.memory_dir, MARIA).read_text("utf-8")


def test_what_is_saved_is_what_is_loaded(store: JsonMemoryStore) -> None:
    memory = change(
        7, facts={"name": "Ana", "level": "avanzado"}, interests=("ia",), said=(said("hola"),)
    ).apply_to(LeadMemory(MARIA))
    store.leads.save(memory)
    assert store.load(MARIA) == memory


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_an_older_bots_file_is_read(store: JsonMemoryStore, encoding: str) -> None:
    _put(store, OLDER_FILE, encoding)
    memory = _known(store)
    assert (memory.name, memory.role, memory.lead_score) == ("Ana", "contadora", 35)
    assert (memory.interests, memory.pain_points) == (("ia", "excel"), ())
    assert memory.interaction_count == 4
    assert memory.message_history == tuple(OLDER_FILE["message_history"])
    assert memory.additional_data["automation_needs"] == {"reportes": "semanal"}


def test_times_without_a_zone_are_taken_as_utc(store: JsonMemoryStore) -> None:
    _put(store, OLDER_FILE)
    memory = _known(store)
    assert memory.first_interaction_at == datetime(2025, 1, 1, 10, tzinfo=UTC)
    assert memory.last_interaction_at == datetime(2025, 1, 2, 10, 0, 0, 123456, UTC)


def test_an_older_bots_file_keeps_every_key_through_a_turn(store: JsonMemoryStore) -> None:
    _put(store, OLDER_FILE)
    close_one(store, change(5, facts={"level": "avanzado"}, at=later(0)))
    file = json.loads(memory_file(store.memory_dir, MARIA).read_text("utf-8"))
    changed = {"lead_score", "interaction_count", "last_interaction", "updated_at"}
    assert {key: file[key] for key in OLDER_FILE.keys() - changed} == {
        key: OLDER_FILE[key] for key in OLDER_FILE.keys() - changed
    }
    assert (file["lead_score"], file["interaction_count"], file["level"]) == (40, 5, "avanzado")


def test_both_spellings_of_a_number_share_one_file(store: JsonMemoryStore) -> None:
    close_one(store, change(facts={"name": "Ana"}), user_id="525512345678")
    close_one(store, user_id="5215512345678")
    assert [file.name for file in store.memory_dir.iterdir()] == ["memory_525512345678.json"]
    assert _known(store).interaction_count == 2


def test_an_older_folder_is_read_and_never_written(tmp_path: Path) -> None:
    older = tmp_path / "older"
    _put(JsonMemoryStore(older, older), OLDER_FILE)
    before = memory_file(older, MARIA).read_bytes()
    store = JsonMemoryStore(tmp_path / "memory", tmp_path / "turns", [older])
    close_one(store)
    assert memory_file(older, MARIA).read_bytes() == before
    assert (_known(store).name, _known(store).interaction_count) == ("Ana", 5)


@pytest.mark.parametrize("content", DAMAGED.values(), ids=DAMAGED.keys())
def test_a_damaged_file_is_set_aside_byte_for_byte(store: JsonMemoryStore, content: bytes) -> None:
    file = memory_file(store.memory_dir, MARIA)
    file.parent.mkdir(parents=True)
    file.write_bytes(content)
    close_one(store, change(3))
    kept = [other for other in file.parent.iterdir() if other != file]
    assert [other.read_bytes() for other in kept] == [content]
    assert kept[0].name.startswith(f"{file.name}.damaged-")
    assert _known(store).lead_score == 3


def test_every_damaged_file_is_kept_not_only_the_last(store: JsonMemoryStore) -> None:
    file = memory_file(store.memory_dir, MARIA)
    for content in (b"{", b"[", b"("):
        write_atomically(file, {})
        file.write_bytes(content)
        assert store.load(MARIA) is None
    assert {other.read_bytes() for other in file.parent.iterdir()} == {b"{", b"[", b"("}


@given(st.recursive(st.none() | st.integers() | st.text(), st.lists) | st.dictionaries(
    st.sampled_from(sorted(OLDER_FILE)), st.none() | st.integers() | st.text() | st.lists(st.none())
))  # fmt: skip
@settings(deadline=None, max_examples=50)
def test_whatever_json_a_file_holds_is_read_or_set_aside(
    tmp_path_factory: pytest.TempPathFactory, content: Any
) -> None:
    store = _store_in(tmp_path_factory)
    _put(store, content)
    memory = store.load(MARIA)
    files = list(store.memory_dir.iterdir())
    assert len(files) == 1
    assert (memory is None) == (".damaged-" in files[0].name)


def _every_hostile_id(test: Any) -> Any:
    for user_id in HOSTILE_IDS:
        test = example(user_id)(test)
    return test


@_every_hostile_id
@given(st.text())
@settings(deadline=None, max_examples=20)
def test_no_user_id_leaves_the_folder(
    tmp_path_factory: pytest.TempPathFactory, user_id: str
) -> None:
    store = _store_in(tmp_path_factory)
    close_one(store, user_id=user_id)
    memory = store.load(user_id)
    assert memory
    assert memory.user_id == user_id
    assert [file.suffix for file in store.memory_dir.iterdir()] == [".json"]
    assert sorted(path.name for path in store.memory_dir.parent.iterdir()) == ["memory", "turns"]
    assert len(list(store.turns(user_id))) == 1


@_every_hostile_id
@given(st.text())
def test_a_message_sid_stays_in_its_folder_too(sid: str) -> None:
    store = JsonMemoryStore(Path("/memory"), Path("/turns"))
    message = inbound(message_sid=sid)
    assert store.turn_file(message).resolve().parent == store.turn_folder(MARIA).resolve()


@given(st.lists(st.text() | st.text(min_size=200, max_size=300), unique=True))
def test_two_ids_never_share_a_file(user_ids: list[str]) -> None:
    assert len(set(map(file_key, user_ids))) == len(user_ids)


@given(st.text(min_size=200, max_size=300))
def test_an_id_that_looks_like_the_key_of_a_long_one_is_still_another(user_id: str) -> None:
    assert file_key(file_key(user_id)) != file_key(user_id)


def test_a_crash_before_a_file_is_put_in_place_leaves_the_old_one(store: JsonMemoryStore) -> None:
    close_one(store, change(1, facts={"name": "Antes"}))
    before = memory_file(store.memory_dir, MARIA).read_bytes()
    _die_at_rename(store, 1)
    assert memory_file(store.memory_dir, MARIA).read_bytes() == before
    assert _known(store).name == "Antes"


def test_a_message_counts_once_when_the_crash_came_between_memory_and_record(
    store: JsonMemoryStore,
) -> None:
    _die_at_rename(store, 2)
    assert _known(store).lead_score == 5
    turn = store.open_turn(inbound(message_sid=SID), lease_s=0)
    assert turn.state is TurnState.OURS
    closed = store.close_turn(turn, change(5), reply("La buena"))
    assert (closed.memory.lead_score, closed.memory.interaction_count) == (5, 1)
    assert store.open_turn(inbound(message_sid=SID), LEASE_S).reply == reply("La buena")


def test_it_counts_once_also_when_other_messages_came_before_it_was_repeated(
    store: JsonMemoryStore,
) -> None:
    _die_at_rename(store, 2)
    close_one(store, change(1))
    store.close_turn(store.open_turn(inbound(message_sid=SID), 0), change(5), reply())
    assert (_known(store).lead_score, _known(store).interaction_count) == (6, 2)


def test_a_write_that_fails_leaves_no_temporary_file(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    with pytest.raises(OSError, match="taken"):
        write_atomically(tmp_path / "taken", {})
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]


def test_a_repeated_message_brings_the_first_reply_and_counts_once(store: JsonMemoryStore) -> None:
    message = inbound()
    turn = store.open_turn(message, LEASE_S)
    assert store.open_turn(message, LEASE_S).state is TurnState.ELSEWHERE
    store.close_turn(turn, change(5), reply("La primera"))
    late = store.close_turn(turn, change(5), reply("Tarde"))
    again = store.open_turn(message, LEASE_S)
    assert late.reply == again.reply == reply("La primera")
    assert again.state is TurnState.ANSWERED
    assert _known(store).lead_score == 5


def test_a_claim_ends_when_its_lease_does(store: JsonMemoryStore) -> None:
    message = inbound()
    store.open_turn(message, LEASE_S)
    assert store.open_turn(message, LEASE_S).state is TurnState.ELSEWHERE
    assert store.open_turn(message, lease_s=0).state is TurnState.OURS


def test_of_workers_at_the_same_instant_exactly_one_answers(store: JsonMemoryStore) -> None:
    message = inbound()
    turns = at_the_same_instant(*[lambda: store.open_turn(message, LEASE_S)] * 4)
    assert sorted(turn.state for turn in turns) == ["elsewhere"] * 3 + ["ours"]


def test_two_processes_that_write_one_lead_lose_no_update(store: JsonMemoryStore) -> None:
    folder, count = store.memory_dir.parent, 20
    spawn = get_context("spawn")
    writers = [
        spawn.Process(target=close_many, args=(folder, label, count)) for label in ("left", "right")
    ]
    for process in writers:
        process.start()
    for process in writers:
        process.join()
    assert [process.exitcode for process in writers] == [0, 0]
    memory = _known(store)
    assert memory.interaction_count == 2 * count
    expected = {f"{label}_{number}" for label in ("left", "right") for number in range(count)}
    assert expected <= memory.additional_data.keys()


def test_what_is_remembered_of_applied_messages_is_bounded(store: JsonMemoryStore) -> None:
    for _ in range(30):
        close_one(store)
    assert len(_known(store).additional_data["last_message_sids"]) == 20


def test_leads_share_a_bounded_number_of_lock_files(tmp_path: Path) -> None:
    for number in range(1000):
        with locked(tmp_path, f"52155{number:08}"):
            pass
    assert len(list((tmp_path / ".locks").iterdir())) <= 256


def test_a_damaged_turn_record_is_set_aside_and_its_message_answered(
    store: JsonMemoryStore,
) -> None:
    message = inbound()
    file = store.turn_file(message)
    file.parent.mkdir(parents=True)
    for content in DAMAGED.values():
        file.write_bytes(content)
        assert store.open_turn(message, LEASE_S).state is TurnState.OURS
    kept = {other.read_bytes() for other in file.parent.iterdir() if ".damaged-" in other.name}
    assert kept == set(DAMAGED.values())


def test_turns_come_back_as_they_were_oldest_first(store: JsonMemoryStore) -> None:
    late = close_one(store, change(2, interests=("ia",)), received_at=later(9), body="después 🎯")
    early = close_one(store, change(1, facts={"budget": 1.5}), received_at=NOON, body="antes")
    records = list(store.turns(MARIA))
    assert [record.inbound for record in records] == [early, late]
    assert [record.change for record in records] == [
        change(1, facts={"budget": 1.5}),
        change(2, interests=("ia",)),
    ]
    assert records[0].reply == reply()


def _known(store: JsonMemoryStore) -> LeadMemory:
    memory = store.load(MARIA)
    assert memory
    return memory


def _put(store: JsonMemoryStore, content: Any, encoding: str = "utf-8") -> None:
    file = memory_file(store.memory_dir, MARIA)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(content, ensure_ascii=False), encoding=encoding)


def _store_in(folders: pytest.TempPathFactory) -> JsonMemoryStore:
    folder = folders.mktemp("files")
    return JsonMemoryStore(folder / "memory", folder / "turns")


def _die_at_rename(store: JsonMemoryStore, renames: int) -> None:
    target = (store.memory_dir.parent, SID, renames)
    process = get_context("spawn").Process(target=close_and_die, args=target)
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
