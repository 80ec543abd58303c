"""What a folder of memory files holds, whatever bot wrote them and however they look today."""

import contextlib
import json
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from bot.models.leads import LeadMemory
from bot.models.message_log import INBOUND, OUTBOUND
from bot.services.moving.memory_files import CannotBeTaken, FoundLead, people_in, read_lead
from bot.stores.json_memory import JsonMemoryStore
from tests.stores.builders import MARIA, NOON
from tests.stores.test_json_memory import OLDER_FILE

MARIA_SHORT = "525512345678"
MEXICO = ZoneInfo("America/Mexico_City")
NAME = f"memory_{MARIA}.json"
LONGEST = 2**31 - 1
NOT_TAKEN = {
    "empty": (b"", "empty"),
    "a mark and nothing": (b"\xef\xbb\xbf", "empty"),
    "truncated": (json.dumps(OLDER_FILE).encode()[:200], "breaks off"),
    "not UTF-8": ('{"name": "José"}'.encode("latin-1"), "UTF-8"),
    "a list": (b"[1, 2]", "object"),
    "a text": (b'"hola"', "object"),
    "null": (b"null", "object"),
    "nested too deep": (b"[" * 100_000, "deep"),
    "an endless id": (json.dumps({"user_id": "5" * 256}).encode(), "user_id"),
    "a number of 5000 digits": (b'{"lead_score": ' + b"9" * 5000 + b"}", "cannot be read"),
}
VARIANTS = {
    "role and content": {"role": "user", "content": "hola"},
    "sender and message": {"sender": "human", "message": "hola"},
    "sender and text": {"sender": "Cliente", "text": "hola"},
    "role and body": {"role": "lead", "body": "hola"},
    "no content but text": {"role": "USER", "content": None, "text": "hola"},
}
ENDLESS = {
    "NaN": "NaN",
    "Infinity": "Infinity",
    "minus Infinity": "-Infinity",
    "1e999": "1e999",
    "1E0400": "1E0400",
    "400 digits and a point": "9" * 400 + ".0",
}


class Folder:
    """A folder of memory files."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.store = JsonMemoryStore(path, path / "turns")

    def put(self, content: Any, name: str = NAME) -> Path:
        self.path.mkdir(parents=True, exist_ok=True)
        file = self.path / name
        written = content if isinstance(content, bytes) else json.dumps(content).encode()
        file.write_bytes(written)
        return file

    def read(self, content: Any, name: str = NAME, zone: tzinfo = UTC) -> FoundLead:
        return read_lead(self.put(content, name), self.store, zone)

    def memory(self, content: Any, zone: tzinfo = UTC) -> LeadMemory:
        memory = self.read(content, zone=zone).memory
        assert memory
        return memory


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "leads")


def test_an_older_bots_file_is_read_whole(folder: Folder) -> None:
    lead = folder.read(OLDER_FILE)
    memory = lead.memory
    assert memory
    assert (memory.user_id, memory.name, memory.role) == (MARIA, "Ana", "contadora")
    assert (memory.interests, memory.pain_points) == (("ia", "excel"), ())
    assert (memory.lead_score, memory.interaction_count) == (35, 4)
    assert memory.message_history == tuple(OLDER_FILE["message_history"])
    assert lead.created_at == datetime(2025, 1, 1, 10, tzinfo=UTC)
    assert lead.updated_at == datetime(2025, 1, 2, 10, tzinfo=UTC)
    assert memory.first_interaction_at == lead.created_at
    assert memory.last_interaction_at == datetime(2025, 1, 2, 10, 0, 0, 123456, UTC)


def test_unknown_keys_are_kept_beside_those_of_additional_data(folder: Folder) -> None:
    memory = folder.memory(OLDER_FILE | {"additional_data": {"level": "avanzado"}})
    columns = {field.removesuffix("_at") for field in LeadMemory.__slots__}
    times = {"last_interaction", "created_at", "updated_at"}
    expected = {k: v for k, v in OLDER_FILE.items() if k not in columns | times}
    assert memory.additional_data == expected | {"level": "avanzado"}


def test_a_byte_order_mark_does_not_matter(folder: Folder) -> None:
    assert folder.memory(b"\xef\xbb\xbf" + json.dumps(OLDER_FILE).encode()) == folder.memory(
        OLDER_FILE
    )


@pytest.mark.parametrize("content", [{}, dict.fromkeys(OLDER_FILE)], ids=["missing", "null"])
def test_fields_that_are_missing_or_null_are_empty(folder: Folder, content: Any) -> None:
    lead = folder.read(content)
    memory = lead.memory
    assert memory
    assert {*memory.additional_data.values()} <= {None}
    assert memory == LeadMemory(MARIA, additional_data=memory.additional_data)
    assert (lead.created_at, lead.updated_at, [*lead.messages]) == (None, None, [])


@pytest.mark.parametrize(
    ("zone", "hour"), [(UTC, 10), (MEXICO, 16)], ids=["UTC", "America/Mexico_City"]
)
def test_a_time_without_a_zone_is_of_the_zone_given(
    folder: Folder, zone: tzinfo, hour: int
) -> None:
    lead = folder.read(OLDER_FILE, zone=zone)
    assert lead.memory
    assert lead.memory.first_interaction_at == datetime(2025, 1, 1, hour, tzinfo=UTC)
    assert lead.created_at == datetime(2025, 1, 1, hour, tzinfo=UTC)
    assert [message.at for message in lead.messages] == [datetime(2025, 1, 1, hour, tzinfo=UTC)]


@pytest.mark.parametrize(
    "written",
    ["2026-03-02T12:00:00Z", "2026-03-02T06:00:00-06:00", 1772452800, 1772452800.0, 1772452800000],
    ids=["Z", "an offset", "seconds", "seconds with a point", "milliseconds"],
)
def test_a_time_with_a_zone_or_an_epoch_is_what_it_is(folder: Folder, written: Any) -> None:
    memory = folder.memory(
        {"first_interaction_at": written, "last_interaction": written}, zone=MEXICO
    )
    assert (memory.first_interaction_at, memory.last_interaction_at) == (NOON, NOON)


@pytest.mark.parametrize("field", ["first_interaction_at", "last_interaction_at", "created_at"])
@pytest.mark.parametrize("written", ["ayer", 1e300], ids=["text", "huge"])
def test_a_time_that_is_none_is_kept_as_it_was_found(
    folder: Folder, field: str, written: Any
) -> None:
    memory = folder.memory({"name": "Ana", field: written})
    assert memory.name == "Ana"
    assert written in memory.additional_data.values()


def test_fields_that_were_encoded_twice_are_read(folder: Folder) -> None:
    fields = ("interests", "message_history")
    twice = {name: json.dumps(OLDER_FILE[name]) for name in fields}
    twice["additional_data"] = json.dumps({"level": "avanzado"})
    memory = folder.memory({"user_id": MARIA, "name": "Ana", **twice})
    assert memory.interests == ("ia", "excel")
    assert memory.message_history == tuple(OLDER_FILE["message_history"])
    assert memory.additional_data == {"level": "avanzado"}


@pytest.mark.parametrize("bad", ["\x00", "\ud800", float("nan")], ids=["NUL", "half", "NaN"])
def test_what_cannot_be_stored_is_cleaned_also_where_it_was_encoded_twice(
    folder: Folder, bad: Any
) -> None:
    inner = {"nota": bad if isinstance(bad, float) else f"a{bad}b"}
    _assert_storable(folder.read({"additional_data": json.dumps(inner)}))


@pytest.mark.parametrize(("content", "why"), NOT_TAKEN.values(), ids=NOT_TAKEN.keys())
def test_a_strange_file_is_named_with_the_reason_and_stays(
    folder: Folder, content: bytes, why: str
) -> None:
    with pytest.raises(CannotBeTaken, match=why):
        folder.read(content)
    assert [path.name for path in folder.path.iterdir() if path.is_file()] == [NAME]
    assert (folder.path / NAME).read_bytes() == content


@pytest.mark.parametrize("raw", ["", "NaN, "], ids=["plain", "with a NaN"])
@pytest.mark.parametrize("depth", [200, 400, 600, 800, 950, 990])
def test_a_deep_document_is_taken_or_named_at_any_depth(
    folder: Folder, depth: int, raw: str
) -> None:
    content = '{"x": ' + "[" * depth + raw + "1" + "]" * depth + "}"
    with contextlib.suppress(CannotBeTaken):
        assert folder.read(content.encode()).user_id == MARIA


def test_NUL_and_half_characters_are_cleaned(folder: Folder) -> None:  # noqa: N802
    lead = folder.read(
        {
            "name": "A\x00na 🎯",
            "interests": ["i\ud83ca"],
            "level\x00": {"nivel": ["a\udfffv"]},
            "message_history": [{"role": "user", "content": "ho\x00la"}],
        }
    )
    assert lead.memory
    assert (lead.memory.name, lead.memory.interests) == ("Ana 🎯", ("ia",))
    assert lead.memory.additional_data == {"level": {"nivel": ["av"]}}
    assert [message.body for message in lead.messages] == ["hola"]


@pytest.mark.parametrize("number", ENDLESS.values(), ids=ENDLESS.keys())
def test_endless_numbers_become_texts(folder: Folder, number: str) -> None:
    lead = folder.read(f'{{"name": "Ana", "lead_score": {number}, "x": [{number}]}}'.encode())
    _assert_storable(lead)
    assert lead.memory
    assert lead.memory.name == "Ana"
    assert isinstance(lead.memory.additional_data["x"][0], str)


@pytest.mark.parametrize("column", ["name", "role"])
def test_a_text_without_room_in_its_column_is_whole_beside_it(folder: Folder, column: str) -> None:
    memory = folder.memory({column: "ñ" * 300})
    assert getattr(memory, column) == "ñ" * 255
    assert memory.additional_data == {f"{column}_as_found": "ñ" * 300}


@pytest.mark.parametrize("column", ["lead_score", "interaction_count"])
@pytest.mark.parametrize(("found", "kept"), [(10**20, LONGEST), (-5, 0)], ids=["huge", "less"])
def test_a_number_without_room_in_its_column_is_whole_beside_it(
    folder: Folder, column: str, found: int, kept: int
) -> None:
    memory = folder.memory({column: found})
    assert getattr(memory, column) == kept
    assert memory.additional_data == {f"{column}_as_found": found}


@pytest.mark.parametrize(
    ("said", "name"),
    [
        (MARIA, "memory_573001234567.json"),
        (MARIA, "ana.json"),
        (int(MARIA), "memory_1.json"),
        (f"whatsapp:+{MARIA}", "lead.json"),
        (f" +{MARIA} ", "lead.json"),
        (None, NAME),
        ("  ", NAME),
        (True, NAME),
        (["x"], NAME),
        (None, f"memory_whatsapp%3A%2B{MARIA}.json"),
    ],
    ids=str,
)
def test_a_file_says_whose_it_is_before_its_name_does(folder: Folder, said: Any, name: str) -> None:
    assert folder.read({"user_id": said}, name).user_id == MARIA


@pytest.mark.parametrize("name", ["ana.json", "memory_.json"])
def test_a_file_without_any_id_is_not_taken(folder: Folder, name: str) -> None:
    with pytest.raises(CannotBeTaken, match="user_id"):
        folder.read({"name": "Ana"}, name)


def test_both_ways_to_write_a_number_are_one_person(folder: Folder) -> None:
    names = (NAME, f"memory_{MARIA_SHORT}.json", "memory_573001234567.json", f"history_{MARIA}.x")
    for name in (*names, ".memory_1.json.tmp", "memory_2.json.damaged-2026"):
        folder.put({}, name)
    people = [(each.canonical, [p.name for p in each.paths]) for each in people_in(folder.path)]
    assert people == [
        (MARIA, [NAME, f"memory_{MARIA_SHORT}.json"]),
        ("573001234567", ["memory_573001234567.json"]),
    ]


@pytest.mark.parametrize("turn", VARIANTS.values(), ids=VARIANTS.keys())
def test_the_history_of_any_older_bot_becomes_messages(folder: Folder, turn: Any) -> None:
    answer = {"role": "assistant", "content": "¡Hola!", "timestamp": "2025-01-01T10:00:05"}
    said = turn | {"timestamp": "2025-01-01T10:00:00"}
    found = folder.read({"message_history": [said, answer]}).messages
    assert [(each.direction, each.body) for each in found] == [
        (INBOUND, "hola"),
        (OUTBOUND, "¡Hola!"),
    ]
    assert [each.at.second for each in found] == [0, 5]


def test_a_message_without_a_time_is_of_the_one_before_it(folder: Folder) -> None:
    history = [
        {"role": "user", "content": "a"},
        {"role": "bot", "content": "b", "time": NOON.isoformat()},
        {"role": "user", "content": "c", "timestamp": None},
        {"role": "nobody", "content": "d"},
        {"role": "user"},
        {"role": "user", "content": {"text": "é"}},
    ]
    found = folder.read(OLDER_FILE | {"message_history": history}).messages
    first = datetime(2025, 1, 1, 10, tzinfo=UTC)
    assert [(each.body, each.at) for each in found] == [
        ("a", first),
        ("b", NOON),
        ("c", NOON),
        ('{"text": "é"}', NOON),
    ]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=10,
)
KEYS = st.sampled_from([*OLDER_FILE, "additional_data", "first_interaction_at", "sealed", "~x"])
ODD = st.sampled_from(
    ["~v1~AAAA", "~v1~=", "0001-01-01T00:00:00", "9999-12-31T23:59:59-23:00", "[1", '{"a": NaN}']
)
TURN = st.dictionaries(st.sampled_from(["role", "sender", "content", "text", "at"]), JSON | ODD)
DOCUMENTS = JSON | st.dictionaries(KEYS, JSON | ODD | st.lists(TURN | ODD, max_size=3))


@given(DOCUMENTS)
@example({"name": "~v1~AAAA"})
@example({"last_interaction_at": "0001-01-01T00:00:00", "created_at": -1e18})
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_json_is_taken_or_refused(folder: Folder, content: Any) -> None:
    try:
        lead = folder.read(content, zone=MEXICO)
    except CannotBeTaken:
        return
    _assert_storable(lead)


@given(st.binary() | DOCUMENTS.map(json.dumps).map(str.encode).flatmap(
    lambda text: st.integers(0, len(text)).map(lambda end: text[:end])
))  # fmt: skip
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_are_taken_or_refused(folder: Folder, content: bytes) -> None:
    try:
        _assert_storable(folder.read(content))
    except CannotBeTaken:
        assert (folder.path / NAME).read_bytes() == content


def _assert_storable(lead: FoundLead) -> None:
    """PostgreSQL takes no NUL, no half characters and no endless number."""
    memory = lead.memory
    assert memory
    columns = [getattr(memory, name) for name in LeadMemory.__slots__ if not name.endswith("_at")]
    written = json.dumps(columns, ensure_ascii=False, allow_nan=False)
    written += "".join(message.body for message in lead.messages)
    assert "\\u0000" not in written.replace("\\\\", "")
    assert "\x00" not in written
    written.encode("utf-8")
    assert min(memory.lead_score, memory.interaction_count) >= 0
    assert max(memory.lead_score, memory.interaction_count) <= LONGEST
