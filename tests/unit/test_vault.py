"""What is personal is unreadable without a key, and readable only where it was written."""

import base64
import json
import string
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.errors import Undecipherable
from bot.models.leads import LeadMemory
from bot.stores.vault import MARK, Vault, is_sealed, key_id
from tests.stores.builders import MARIA, said

MARIA_SHORT = "525512345678"
OLD, NEW = bytes(range(32)), bytes(range(32, 64))
PLAIN, OLDER, NEWER, ROTATED = Vault(), Vault([OLD]), Vault([NEW]), Vault([NEW, OLD])
COLUMN = "name"
SEALED_ONCE = OLDER.seal("Ana Ruiz vende pan", MARIA, COLUMN)
OTHERS = sorted({*string.printable, "ñ"} - {"+", "/"})
SHORT_ENOUGH = 255
VAULTS = pytest.mark.parametrize(
    "vault", [PLAIN, OLDER, ROTATED], ids=["without keys", "with a key", "with two keys"]
)

WORDS = st.text(max_size=SHORT_ENOUGH)
FACTS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
EXTRA = st.dictionaries(
    st.sampled_from(["stage", "opted_out", "consent", "company", "context", "algo más"]), FACTS
)
TURNS = st.lists(
    st.fixed_dictionaries({"role": st.sampled_from(["user", "assistant"]), "content": st.text()}),
    max_size=4,
)
LEADS = st.fixed_dictionaries(
    {
        "name": st.none() | WORDS,
        "role": st.none() | WORDS,
        "interests": st.lists(st.text(min_size=1), max_size=4),
        "pain_points": st.lists(st.text(min_size=1), max_size=4),
        "message_history": TURNS,
        "additional_data": EXTRA,
        "lead_score": st.integers(0, 100),
    }
)
ANA: dict[str, Any] = {
    "user_id": MARIA,
    "name": "Ana Ruiz",
    "role": "contadora pública",
    "interests": ["macros de excel", "tableros"],
    "pain_points": ["cierres lentos"],
    "lead_score": 40,
    "message_history": [said("quiero automatizar facturas")],
    "additional_data": {
        "stage": "considering",
        "opted_out": True,
        "company": "Panadería Luz",
        "context": {"asked": {"waiting": "presupuesto"}},
        "consent": {
            "state": "accepted",
            "receipts": [{"event": "accepted", "text": "consent_ask", "message_sid": "SM77"}],
        },
    },
}
WORDS_OF_ANA = [
    "Ana Ruiz",
    "contadora",
    "excel",
    "tableros",
    "cierres",
    "facturas",
    "Panader",
    "presupuesto",
    "receipts",
    "SM77",
]


def lead(**fields: Any) -> dict[str, Any]:
    """The columns of somebody of whom nothing is known but ``fields``."""
    nobody = LeadMemory(MARIA)
    return {name: getattr(nobody, name) for name in nobody.__slots__} | fields


def in_base64(kept: str) -> bytes:
    text = kept.removeprefix(MARK)
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


# One text


@VAULTS
@given(text=st.text() | st.text().map(MARK.__add__))
@settings(deadline=None)
def test_a_text_comes_back_as_it_was_sealed(vault: Vault, text: str) -> None:
    assert vault.open(vault.seal(text, MARIA, COLUMN), MARIA, COLUMN) == text


@given(text=st.text(min_size=1))
@settings(deadline=None)
def test_with_a_key_every_text_but_an_empty_one_is_sealed(text: str) -> None:
    assert is_sealed(OLDER.seal(text, MARIA, COLUMN))
    assert OLDER.seal("", MARIA, COLUMN) == ""


def test_the_same_text_is_sealed_differently_each_time() -> None:
    assert OLDER.seal("Ana", MARIA, COLUMN) != OLDER.seal("Ana", MARIA, COLUMN)


@pytest.mark.parametrize(("one", "other"), [(MARIA, MARIA_SHORT), (MARIA_SHORT, MARIA)])
def test_the_variants_of_a_number_are_one_person(one: str, other: str) -> None:
    assert OLDER.open(OLDER.seal("Ana", one, COLUMN), other, COLUMN) == "Ana"


@pytest.mark.parametrize(
    ("user_id", "column"),
    [(MARIA, "role"), ("5215512345679", COLUMN), ("", COLUMN), (f"{MARIA}\0{COLUMN}", "")],
    ids=["another column", "another person", "nobody", "both in one"],
)
def test_a_text_moved_elsewhere_cannot_be_read(user_id: str, column: str) -> None:
    with pytest.raises(Undecipherable):
        OLDER.open(SEALED_ONCE, user_id, column)


@given(at=st.integers(len(MARK), len(SEALED_ONCE) - 2), to=st.sampled_from(OTHERS))
@settings(deadline=None)
def test_a_text_with_another_character_is_never_read_as_something_else(at: int, to: str) -> None:
    changed = SEALED_ONCE[:at] + to + SEALED_ONCE[at + 1 :]
    if changed == SEALED_ONCE or changed.startswith(MARK + "="):
        return
    with pytest.raises(Undecipherable):
        OLDER.open(changed, MARIA, COLUMN)


@given(bit=st.integers(0, 8 * len(in_base64(SEALED_ONCE)) - 1))
@settings(deadline=None)
def test_a_text_with_another_bit_cannot_be_read(bit: int) -> None:
    raw = bytearray(in_base64(SEALED_ONCE))
    raw[bit // 8] ^= 1 << bit % 8
    with pytest.raises(Undecipherable):
        OLDER.open(MARK + base64.urlsafe_b64encode(raw).decode().rstrip("="), MARIA, COLUMN)


@pytest.mark.parametrize("length", range(len(MARK), len(SEALED_ONCE)))
def test_a_text_that_was_cut_cannot_be_read(length: int) -> None:
    with pytest.raises(Undecipherable):
        OLDER.open(SEALED_ONCE[:length], MARIA, COLUMN)


@pytest.mark.parametrize(
    "kept",
    [MARK + "Ana", MARK + "~~~~", MARK + "ñandú", MARK + "A" * 40, MARK * 2, SEALED_ONCE + "AAAA"],
    ids=["a word", "marks", "no ascii", "zeros", "two marks", "a tail"],
)
@VAULTS
def test_what_only_looks_sealed_cannot_be_read(vault: Vault, kept: str) -> None:
    with pytest.raises(Undecipherable):
        vault.open(kept, MARIA, COLUMN)


# Keys


@given(text=st.text())
@settings(deadline=None)
def test_without_keys_a_text_stays_as_it_is(text: str) -> None:
    if not text.startswith(MARK):
        assert PLAIN.seal(text, MARIA, COLUMN) == text


@given(text=st.text().filter(lambda text: not text.startswith(MARK)))
@settings(deadline=None)
def test_what_was_written_before_there_were_keys_is_still_read(text: str) -> None:
    assert ROTATED.open(PLAIN.seal(text, MARIA, COLUMN), MARIA, COLUMN) == text


@VAULTS
@pytest.mark.parametrize(
    "text",
    [MARK, SEALED_ONCE, MARK + "=", MARK + "=x"],
    ids=["the mark", "a sealed text", "an escape", "an escaped text"],
)
def test_nobody_passes_off_as_sealed_what_they_wrote(vault: Vault, text: str) -> None:
    written = PLAIN.seal(text, MARIA, COLUMN)
    assert not is_sealed(written)
    assert vault.open(written, MARIA, COLUMN) == text


@pytest.mark.parametrize("vault", [PLAIN, NEWER], ids=["no key", "another key"])
def test_a_missing_key_is_named(vault: Vault) -> None:
    with pytest.raises(Undecipherable, match="MEMORY_ENCRYPTION_KEYS") as caught:
        vault.open(SEALED_ONCE, MARIA, COLUMN)
    assert key_id(OLD) in str(caught.value)
    assert "Ana" not in str(caught.value)


def test_a_key_is_called_by_8_hex_digits_that_do_not_give_it_away() -> None:
    assert len(key_id(OLD)) == 8
    assert set(key_id(OLD)) <= set("0123456789abcdef")
    assert key_id(OLD) != key_id(NEW)
    assert key_id(OLD) not in OLD.hex()


def test_the_newest_key_seals_and_older_ones_open() -> None:
    assert ROTATED.newest == key_id(NEW)
    assert ROTATED.key_ids == {key_id(NEW), key_id(OLD)}
    assert ROTATED.open(SEALED_ONCE, MARIA, COLUMN) == "Ana Ruiz vende pan"
    sealed_now = ROTATED.seal("Ana", MARIA, COLUMN)
    assert NEWER.open(sealed_now, MARIA, COLUMN) == "Ana"
    with pytest.raises(Undecipherable):
        OLDER.open(sealed_now, MARIA, COLUMN)


def test_without_keys_there_is_no_newest() -> None:
    assert PLAIN.newest is None
    assert PLAIN.key_ids == frozenset()


@pytest.mark.parametrize(
    ("vault", "kept", "is_current"),
    [
        (PLAIN, "", True),
        (PLAIN, "Ana", True),
        (PLAIN, PLAIN.seal(MARK, MARIA, COLUMN), True),
        (PLAIN, SEALED_ONCE, False),
        (OLDER, "", True),
        (OLDER, "Ana", False),
        (OLDER, PLAIN.seal(MARK, MARIA, COLUMN), False),
        (OLDER, SEALED_ONCE, True),
        (NEWER, SEALED_ONCE, False),
        (ROTATED, SEALED_ONCE, False),
        (ROTATED, ROTATED.seal("Ana", MARIA, COLUMN), True),
    ],
    ids=[
        "no key: empty",
        "no key: plain",
        "no key: escaped",
        "no key: sealed",
        "a key: empty",
        "a key: plain",
        "a key: escaped",
        "a key: sealed",
        "another key: sealed",
        "rotated: sealed before",
        "rotated: sealed now",
    ],
)
def test_a_text_is_current_as_the_newest_key_would_seal_it(
    vault: Vault, kept: str, is_current: bool
) -> None:
    assert vault.is_current(kept) is is_current


# A whole lead


@VAULTS
@given(columns=LEADS)
@settings(deadline=None)
def test_a_lead_comes_back_whole(vault: Vault, columns: dict[str, Any]) -> None:
    stored = json.loads(json.dumps(vault.seal_lead(columns, MARIA)))
    assert vault.open_lead(stored, MARIA_SHORT) == columns


@given(columns=LEADS)
@settings(deadline=None)
def test_a_sealed_lead_fits_in_the_columns(columns: dict[str, Any]) -> None:
    sealed = OLDER.seal_lead(columns, MARIA)
    assert all(len(sealed[name] or "") <= SHORT_ENOUGH for name in ("name", "role"))
    assert sealed["lead_score"] == columns["lead_score"]


@pytest.mark.parametrize(
    "name",
    ["a" * 150, "a" * 151, "ñ" * 255, "漢" * 255, "👩🏽‍💼" * 51, "a" * 149 + "ñ"],
    ids=["150 bytes", "151 bytes", "two bytes each", "three", "joined", "cut within one"],
)
@pytest.mark.parametrize("column", ["name", "role"])
def test_a_long_name_fits_in_its_column_and_comes_back_whole(column: str, name: str) -> None:
    sealed = OLDER.seal_lead(lead(**{column: name}), MARIA)
    assert is_sealed(sealed[column])
    assert len(sealed[column]) <= SHORT_ENOUGH
    opened = OLDER.open_lead(sealed, MARIA)
    assert (opened[column], opened["additional_data"]) == (name, {})


@pytest.mark.parametrize("word", WORDS_OF_ANA)
def test_no_word_of_the_person_is_stored(word: str) -> None:
    stored = json.dumps(OLDER.seal_lead(ANA, MARIA), ensure_ascii=False)
    assert word in json.dumps(ANA, ensure_ascii=False)
    assert word not in stored


def test_stage_refusal_and_state_of_consent_stay_readable() -> None:
    stored = OLDER.seal_lead(ANA, MARIA)["additional_data"]
    assert is_sealed(stored.pop("sealed"))
    assert stored == {"stage": "considering", "opted_out": True, "consent": {"state": "accepted"}}


def test_sealing_leaves_what_it_was_given_untouched() -> None:
    before = json.dumps(ANA)
    OLDER.open_lead(OLDER.seal_lead(ANA | {"name": "ñ" * 255}, MARIA), MARIA)
    assert json.dumps(ANA) == before


def test_without_keys_a_lead_stays_as_it_is() -> None:
    assert PLAIN.seal_lead(ANA, MARIA) == ANA


@VAULTS
def test_a_lead_written_before_there_were_keys_is_still_read(vault: Vault) -> None:
    assert vault.open_lead(PLAIN.seal_lead(ANA, MARIA), MARIA) == ANA


def test_a_lead_without_anything_is_stored_as_nothing() -> None:
    sealed = OLDER.seal_lead(lead(), MARIA)
    assert sealed == lead(interests=[], pain_points=[], message_history=[])


@pytest.mark.parametrize(
    "found",
    [
        {},
        {"name": None, "interests": None, "message_history": None, "additional_data": None},
        {"name": 7, "interests": "excel", "message_history": "[]", "additional_data": "{}"},
        {"interests": ["excel", None, 7], "message_history": [7], "additional_data": []},
        {"additional_data": {"sealed": 7}},
        {"message_history": [{"sealed": "x", "role": "user"}]},
    ],
    ids=["nothing", "empty", "texts", "holes", "a number", "a turn"],
)
@VAULTS
def test_what_other_tools_left_is_opened_as_it_is(vault: Vault, found: dict[str, Any]) -> None:
    opened = vault.open_lead(found, MARIA)
    assert {name: opened[name] for name in found} == found


@pytest.mark.parametrize(
    "column", ["name", "role", "interests", "pain_points", "message_history", "additional_data"]
)
def test_no_part_of_a_lead_can_be_read_as_another_persons(column: str) -> None:
    theirs = lead() | {column: OLDER.seal_lead(ANA, MARIA)[column]}
    with pytest.raises(Undecipherable):
        OLDER.open_lead(theirs, "5215500000000")


@pytest.mark.parametrize(
    ("one", "other"), [("name", "role"), ("interests", "pain_points")], ids=["texts", "lists"]
)
def test_columns_of_a_lead_cannot_be_exchanged(one: str, other: str) -> None:
    sealed = OLDER.seal_lead(ANA, MARIA)
    with pytest.raises(Undecipherable):
        OLDER.open_lead(sealed | {one: sealed[other]}, MARIA)


def test_a_lead_sealed_with_an_older_key_is_read_and_no_longer_current() -> None:
    sealed = OLDER.seal_lead(ANA, MARIA)
    assert ROTATED.open_lead(sealed, MARIA) == ANA
    assert OLDER.is_lead_current(sealed)
    assert not ROTATED.is_lead_current(sealed)
    assert not PLAIN.is_lead_current(sealed)


@VAULTS
@given(columns=LEADS)
@settings(deadline=None)
def test_a_lead_is_current_as_it_is_stored_now(vault: Vault, columns: dict[str, Any]) -> None:
    assert vault.is_lead_current(vault.seal_lead(columns, MARIA))


@pytest.mark.parametrize(
    "fields",
    [
        {"name": "Ana"},
        {"role": "contadora"},
        {"interests": ["excel"]},
        {"pain_points": ["cierres"]},
        {"message_history": [said("hola")]},
        {"additional_data": {"company": "Luz", "stage": "new"}},
    ],
    ids=["name", "role", "interests", "pain_points", "message_history", "additional_data"],
)
@pytest.mark.parametrize("vault", [OLDER, ROTATED], ids=["with a key", "with two keys"])
def test_a_lead_with_anything_in_plain_is_not_current(vault: Vault, fields: dict[str, Any]) -> None:
    assert not vault.is_lead_current(PLAIN.seal_lead(lead(**fields), MARIA))
    assert not vault.is_lead_current(vault.seal_lead(ANA, MARIA) | fields)


@pytest.mark.parametrize(
    "fields",
    [{}, {"additional_data": {"stage": "new", "opted_out": True, "consent": {"state": "off"}}}],
    ids=["nobody", "only what stays readable"],
)
def test_a_lead_with_nothing_to_seal_is_current(fields: dict[str, Any]) -> None:
    assert OLDER.is_lead_current(PLAIN.seal_lead(lead(**fields), MARIA))


# A document


@VAULTS
@given(document=FACTS)
@settings(deadline=None)
def test_a_document_comes_back_as_it_was_sealed(vault: Vault, document: Any) -> None:
    stored = json.loads(json.dumps(vault.seal_document(document, MARIA, "turn")))
    assert vault.open_document(stored, "turn") == document


@given(document=FACTS)
@settings(deadline=None)
def test_a_document_written_before_there_were_keys_is_still_read(document: Any) -> None:
    assert ROTATED.open_document(PLAIN.seal_document(document, MARIA, "turn"), "turn") == document


def test_a_sealed_document_tells_whose_it_is_and_nothing_else() -> None:
    stored = OLDER.seal_document({"body": "quiero aprender"}, MARIA, "turn")
    assert set(stored) == {"user_id", "sealed"}
    assert stored["user_id"] == MARIA
    assert "aprender" not in json.dumps(stored)


@pytest.mark.parametrize(
    ("user_id", "kind"),
    [("5215500000000", "turn"), (MARIA, "message")],
    ids=["another person", "another kind"],
)
def test_a_document_moved_elsewhere_cannot_be_read(user_id: str, kind: str) -> None:
    stored = OLDER.seal_document({"body": "hola"}, MARIA, "turn")
    with pytest.raises(Undecipherable):
        OLDER.open_document(stored | {"user_id": user_id}, kind)


@pytest.mark.parametrize(
    ("vault", "is_current"),
    [(PLAIN, True), (OLDER, True), (ROTATED, False)],
    ids=["no key", "the same key", "a newer key"],
)
def test_a_document_is_current_as_the_newest_key_would_seal_it(
    vault: Vault, is_current: bool
) -> None:
    stored = (PLAIN if vault is PLAIN else OLDER).seal_document({"body": "hola"}, MARIA, "turn")
    assert vault.is_document_current(stored) is is_current
    assert not OLDER.is_document_current({"body": "hola"})
