"""``flask memory export-json``, and the way back: nothing changes by it."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from bot.extensions import db
from bot.models.leads import LeadMemory
from bot.models.message_log import INBOUND, OUTBOUND, LoggedMessage
from bot.services import people
from bot.stores.lead_batches import LeadBatches, StoredLead
from tests.stores.builders import MARIA, NOON
from tests.support.apps import AppMaker
from tests.support.conversation import Conversation
from tests.support.memory_folder import empty, rows_of
from tests.support.people import HER_WORDS, TESTER, TOLD, in_files, storage_of

KEY = "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVowMTIzNDU="
LUIS = "573001234567"
FORMER_KEYS = ("created_at", "name", "_x")

WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)
MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))
FACTS = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**20), 10**20) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=6,
)
LISTS = st.lists(WORDS.filter(bool), max_size=3).map(tuple)
LEADS = st.builds(
    LeadMemory,
    st.sampled_from([MARIA, LUIS, "US.1349000", "ñandú/..", "x" * 250]),
    name=st.none() | WORDS.filter(bool),
    role=st.none() | WORDS.filter(bool),
    interests=LISTS,
    pain_points=LISTS,
    lead_score=st.integers(0, 100),
    interaction_count=st.integers(0, 10**6),
    first_interaction_at=MOMENTS,
    last_interaction_at=st.none() | MOMENTS,
    message_history=st.lists(st.dictionaries(WORDS, FACTS, max_size=3), max_size=3).map(tuple),
    additional_data=st.dictionaries(st.sampled_from(["level", "score", "noted_at", "~ñ"]), FACTS),
)
STORED = st.lists(
    st.builds(StoredLead, LEADS, MOMENTS, MOMENTS),
    unique_by=lambda lead: lead.memory.user_id,
    min_size=1,
    max_size=4,
)
SAID = st.lists(
    st.builds(
        LoggedMessage,
        st.just(LUIS),
        st.just(INBOUND),
        st.sampled_from(["text", "voice"]),
        WORDS,
        st.integers(0, 10**6).map(lambda seconds: NOON + timedelta(seconds=seconds)),
        message_sid=st.uuids().map(str),
    ),
    unique_by=lambda message: message.at,
    max_size=4,
)
ANYTHING = settings(
    deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def export(app: Flask, folder: Path, *args: str) -> Result:
    result = app.test_cli_runner().invoke(args=["memory", "export-json", str(folder), *args])
    assert result.exit_code == 0, result.output + repr(result.exception)
    return result


def put_back(app: Flask, folder: Path) -> None:
    empty(app)
    result = app.test_cli_runner().invoke(args=["memory", "import-json", str(folder)])
    assert result.exit_code == 0, result.output + repr(result.exception)


def store(app: Flask, leads: Sequence[StoredLead], messages: Sequence[LoggedMessage] = ()) -> None:
    with app.app_context():
        sql = storage_of(app).database
        assert sql
        LeadBatches(sql.leads).insert(leads)
        sql.messages.add(messages)
        db.session.commit()


def stored(app: Flask) -> list[StoredLead]:
    with app.app_context():
        sql = storage_of(app).database
        assert sql
        return LeadBatches(sql.leads).page("", 100)


def rows(app: Flask) -> list[Any]:
    """As they are; ``claimed_at`` is of use for the minute in which a message is answered."""
    return rows_of(app, "claimed_at")


def pages(app: Flask, user_id: str = MARIA) -> list[tuple[str, str]]:
    """The whole history, two messages a page, oldest first."""
    found: list[tuple[str, str]] = []
    key = None
    with app.app_context():
        while True:
            page = people.messages(user_id, key, 2, TESTER)
            found += [(each.direction, each.body) for each in page.messages]
            key = page.next_key
            if key is None:
                return found[::-1]


@pytest.fixture(params=["", KEY], ids=["plain", "encrypted"])
def keys(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def app(keys: str, demo_url: str, make_app: AppMaker) -> Flask:
    return make_app(DATABASE_URL=demo_url, MEMORY_ENCRYPTION_KEYS=keys)


def test_what_was_said_comes_back_in_every_column(app: Flask, tmp_path: Path, keys: str) -> None:
    Conversation(app).say(*TOLD, "quiero hablar con una persona")
    Conversation(app, LUIS).say("hola, soy Luis", "BAJA")
    Conversation(app, "525500000001").say("no acepto")
    before, history = stored(app), pages(app)
    before_rows = rows(app)
    assert export(app, tmp_path / "out").stdout.startswith("3 leads written")
    put_back(app, tmp_path / "out")
    assert stored(app) == before
    assert pages(app) == history
    if not keys:
        assert rows(app) == before_rows


@given(STORED, SAID)
@ANYTHING
def test_any_lead_comes_back_in_every_column(
    app: Flask,
    tmp_path_factory: pytest.TempPathFactory,
    leads: list[StoredLead],
    messages: list[LoggedMessage],
) -> None:
    empty(app)
    store(app, leads, messages)
    before = stored(app)
    folder = tmp_path_factory.mktemp("out")
    export(app, folder)
    put_back(app, folder)
    assert stored(app) == before
    said = sorted(messages, key=lambda message: message.at)
    with app.app_context():
        sql = storage_of(app).database
        assert sql
        found = [replace(each, key="") for each in sql.messages.all([LUIS])][::-1]
    assert found == said


@pytest.mark.parametrize("name", FORMER_KEYS)
def test_a_fact_that_is_called_like_a_field_of_the_file_comes_back(
    app: Flask, tmp_path: Path, name: str
) -> None:
    memory = LeadMemory(MARIA, "Ana", first_interaction_at=NOON, additional_data={name: "older"})
    store(app, [StoredLead(memory, NOON, NOON)])
    before = stored(app)
    export(app, tmp_path)
    put_back(app, tmp_path)
    assert stored(app) == before


def test_a_lead_without_a_first_message_comes_back(app: Flask, tmp_path: Path) -> None:
    store(app, [StoredLead(LeadMemory(MARIA, "Ana"), NOON, NOON)])
    before = stored(app)
    export(app, tmp_path)
    put_back(app, tmp_path)
    assert stored(app) == before


def test_everything_that_is_known_of_a_message_comes_back(app: Flask, tmp_path: Path) -> None:
    said = LoggedMessage(LUIS, INBOUND, "voice", "¿precio?", NOON, "SM1")
    answer = LoggedMessage(
        *(LUIS, OUTBOUND, "text", "4,000 🎯", NOON),
        reply_to="SM1",
        intent="PRICE_INQUIRY",
        confidence=0.5,
        source="llm",
        level="full",
        score_signals={"price": 15},
        model_calls=[{"model": "m", "outcome": "refused", "reasons": ["Luis dijo"], "usd": 0.1}],
        cost_usd=Decimal("0.00123456"),
    )
    store(app, [StoredLead(LeadMemory(LUIS), NOON, NOON)], [said, answer])
    export(app, tmp_path)
    put_back(app, tmp_path)
    with app.app_context():
        sql = storage_of(app).database
        assert sql
        found = [replace(each, key="") for each in sql.messages.all([LUIS])][::-1]
    assert found == [said, answer]


def test_who_has_messages_only_is_exported_as_well(app: Flask, tmp_path: Path) -> None:
    said = LoggedMessage(LUIS, INBOUND, "text", "hola", NOON, "SM1")
    store(app, [], [said])
    before = rows(app)[1]
    export(app, tmp_path)
    put_back(app, tmp_path)
    assert [row["message_sid"] for row in rows(app)[1]] == [row["message_sid"] for row in before]


@pytest.mark.parametrize("mode", ["json", "hybrid"])
def test_brenda_goes_on_with_files_where_she_was(
    mode: str, app: Flask, keys: str, make_app: AppMaker, demo_url: str
) -> None:
    chat = Conversation(app)
    chat.say(*TOLD)
    history, before = pages(app), chat.memory
    result = export(app, app.extensions["config"].memory_dir)
    assert result.stdout.startswith("1 leads written")
    files = make_app(STORAGE_MODE=mode, DATABASE_URL=demo_url, MEMORY_ENCRYPTION_KEYS=keys)
    assert pages(files) == history
    chat = Conversation(files)
    extra = {k: v for k, v in chat.memory.additional_data.items() if k != "created_at"}
    assert replace(chat.memory, additional_data=extra) == before
    answer = chat.say("¿cómo me llamo?", MessageSid="SM" + "f" * 32)
    assert "Ximena" in answer
    assert chat.memory.interaction_count == before.interaction_count + 1
    assert pages(files) == [*history, ("inbound", "¿cómo me llamo?"), ("outbound", answer)]


def test_to_files_and_back_again_nothing_is_there_twice(
    app: Flask, keys: str, make_app: AppMaker, demo_url: str
) -> None:
    Conversation(app).say(*TOLD)
    folder = app.extensions["config"].memory_dir
    export(app, folder)
    files = make_app(STORAGE_MODE="json", MEMORY_ENCRYPTION_KEYS=keys)
    Conversation(files).say("hola de nuevo", MessageSid="SM" + "e" * 32)
    expected, history = Conversation(files).memory, pages(files)
    export(app, folder)
    assert pages(files) == history
    for _ in range(2):
        back = app.test_cli_runner().invoke(args=["memory", "import-json", str(folder)])
        assert back.exit_code == 0, back.output
        assert pages(app) == history
        assert Conversation(app).memory.interaction_count == expected.interaction_count


def test_with_a_key_no_word_is_in_the_folder_but_with_plain(
    make_app: AppMaker, demo_url: str, tmp_path: Path
) -> None:
    app = make_app(DATABASE_URL=demo_url, MEMORY_ENCRYPTION_KEYS=KEY)
    Conversation(app).say(*TOLD)
    export(app, tmp_path / "sealed")
    export(app, tmp_path / "plain", "--plain")
    sealed, plain = ("\n".join(in_files(tmp_path / each)).lower() for each in ("sealed", "plain"))
    assert [word for word in HER_WORDS if word in sealed] == []
    assert [word for word in HER_WORDS if word in plain] == [*HER_WORDS]
    assert "~v1~" not in plain


def test_a_plain_folder_is_read_without_the_key_and_a_sealed_one_names_it(
    make_app: AppMaker, demo_url: str, tmp_path: Path
) -> None:
    app = make_app(DATABASE_URL=demo_url, MEMORY_ENCRYPTION_KEYS=KEY)
    Conversation(app).say(*TOLD)
    before = stored(app)
    export(app, tmp_path / "sealed")
    export(app, tmp_path / "plain", "--plain")
    empty(app)
    with app.app_context():
        db.session.execute(text("TRUNCATE encryption_keys"))
        db.session.commit()
    other = make_app(DATABASE_URL=demo_url, INSTANCE_DIR=str(tmp_path / "elsewhere"))
    command = ["memory", "import-json", str(tmp_path / "sealed")]
    result = other.test_cli_runner().invoke(args=command)
    assert result.exit_code == 1
    assert f"lacks the key {storage_of(app).vault.newest}" in result.stderr
    assert stored(other) == []
    put_back(other, tmp_path / "plain")
    assert stored(other) == before


def test_what_is_exported_is_what_the_older_bot_reads(app: Flask, tmp_path: Path) -> None:
    Conversation(app).say(*TOLD)
    export(app, tmp_path, "--plain")
    file = json.loads((tmp_path / f"memory_{MARIA}.json").read_text("utf-8"))
    assert (file["user_id"], file["name"]) == (MARIA, "Ximena Sotomayor")
    assert file["last_interaction"] == file["last_interaction_at"]
    assert [line["role"] for line in file["message_history"]][:2] == ["user", "assistant"]
