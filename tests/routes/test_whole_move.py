"""The whole move: files, then dual, gradual and full, with people writing all the way."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlalchemy import text

from bot.errors import StoreUnavailable
from bot.extensions import db
from bot.models.audit import Access
from bot.models.leads import LeadMemory, canonical_id
from bot.models.message_log import INBOUND
from bot.services import leads, people, turns
from bot.services.moving import comparing
from bot.services.moving.exporting import export_folder
from bot.services.moving.importing import import_folder
from bot.stores.lead_batches import LeadBatches
from bot.stores.storage import current_storage
from tests.support.apps import AppMaker
from tests.support.conversation import Conversation

KEY = "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVowMTIzNDU="
SILENT, EARLY, ALWAYS, LATE = "5215510000001", "525510000002", "5215510000003", "573001234567"
NAMES = {SILENT: "Silvia", EARLY: "Ernesto", ALWAYS: "Alma", LATE: "Laura"}
UTC = ZoneInfo("UTC")

Phase = Callable[..., Flask]


@pytest.fixture(params=["", KEY], ids=["plain", "encrypted"])
def phase(request: pytest.FixtureRequest, make_app: AppMaker, demo_url: str) -> Phase:
    """Restart Brenda in another phase, on the same folder and the same database."""
    common = {"DATABASE_URL": demo_url, "MEMORY_ENCRYPTION_KEYS": request.param}
    return lambda **environment: make_app(**(common | environment))


class Talk:
    """What each person said, and what was answered, in order."""

    def __init__(self) -> None:
        self.said: dict[str, list[tuple[str, str]]] = {}

    def say(self, app: Flask, user_id: str, *texts: str) -> None:
        chat = Conversation(app, user_id)
        for said in texts:
            number = sum(map(len, self.said.values()))
            answer = chat.say(said, MessageSid=f"SM{number:032x}")
            self.said.setdefault(user_id, []).append((said, answer))


def history(app: Flask, user_id: str) -> list[tuple[str, str]]:
    with app.app_context():
        found = people.export(user_id, Access("test"))["messages"]
    said = [message for message in found if message["direction"] == INBOUND]
    answers = {message.get("reply_to"): message["body"] for message in found}
    return [(each["body"], answers[each["message_sid"]]) for each in said]


def remembered(app: Flask, user_id: str) -> LeadMemory:
    with app.app_context():
        memory = leads.get_memory(user_id)
    extra = {k: v for k, v in memory.additional_data.items() if k != "last_message_sids"}
    return replace(memory, user_id=canonical_id(memory.user_id), additional_data=extra)


def in_postgres(app: Flask, user_id: str) -> LeadMemory | None:
    with app.app_context():
        store = current_storage().database
        return store.load(user_id) if store else None


@pytest.fixture
def talk() -> Talk:
    return Talk()


def test_nobody_loses_a_word_on_the_way_from_files_to_postgresql(phase: Phase, talk: Talk) -> None:
    files = phase(STORAGE_MODE="hybrid")
    for user_id, name in NAMES.items():
        if user_id != LATE:
            talk.say(files, user_id, f"hola, me llamo {name} y soy contadora", "¿qué cursos hay?")
    talk.say(files, ALWAYS, "me interesa el marketing", "tengo 300 dólares")
    before = {user_id: remembered(files, user_id) for user_id in (SILENT, EARLY, ALWAYS)}

    dual = phase(STORAGE_MODE="hybrid", MEMORY_MOVE="dual")
    talk.say(dual, ALWAYS, "mi correo es alma@example.com")
    talk.say(dual, LATE, "hola, me llamo Laura")
    assert in_postgres(dual, ALWAYS)
    assert in_postgres(dual, LATE)
    assert in_postgres(dual, EARLY) is None
    with dual.app_context():
        folder = current_storage().files.memory_dir
        assert import_folder(folder, UTC, Access("test")).set_aside == []
        compared = comparing.compare()
        assert (compared.same, compared.differ, compared.only_files) == (4, 0, 0)
    talk.say(dual, ALWAYS, "¿cuánto cuesta?")

    gradual = phase(MEMORY_MOVE="gradual")
    talk.say(gradual, EARLY, "¿y hay algo de excel?")
    talk.say(gradual, ALWAYS, "está caro")

    full = phase(MEMORY_JSON_BACKUP="true")
    talk.say(full, EARLY, "gracias")
    talk.say(full, LATE, "¿qué cursos de ventas tienen?")

    for user_id, said in talk.said.items():
        assert history(full, user_id) == said
        memory = remembered(full, user_id)
        assert memory.name == NAMES[user_id]
        assert memory.interaction_count == len(said)
    assert remembered(full, SILENT) == before[SILENT]
    assert remembered(full, ALWAYS).additional_data["email"] == "alma@example.com"
    assert before[ALWAYS].interests == remembered(full, ALWAYS).interests
    with full.app_context():
        backup = current_storage().files
        for user_id in (EARLY, LATE):
            assert backup.load(user_id) == leads.get_memory(user_id)


def test_without_an_import_the_second_phase_moves_whoever_writes(phase: Phase, talk: Talk) -> None:
    files = phase(STORAGE_MODE="json", DATABASE_URL="")
    talk.say(files, EARLY, "hola, me llamo Ernesto", "soy abogado")
    talk.say(files, SILENT, "hola, me llamo Silvia")
    gradual = phase(MEMORY_MOVE="gradual")
    assert "Ernesto" in Conversation(gradual, "5215510000002").say(
        "hola", MessageSid="SM" + "f" * 32
    )
    memory = in_postgres(gradual, EARLY)
    assert memory
    assert (memory.name, memory.role) == ("Ernesto", "abogado")
    assert memory.interaction_count == 3
    assert history(gradual, EARLY)[:2] == talk.said[EARLY]
    assert in_postgres(gradual, SILENT) is None
    assert remembered(gradual, SILENT).name == "Silvia"
    assert history(gradual, SILENT) == talk.said[SILENT]


def test_the_database_follows_after_an_outage_of_its_own(
    phase: Phase, talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    dual = phase(STORAGE_MODE="hybrid", MEMORY_MOVE="dual")
    with monkeypatch.context() as away:
        away.setattr("bot.services.turns.bring_back_in_background", lambda _app: None)
        away.setattr("bot.services.moving.following.database.write", _refuse)
        talk.say(dual, ALWAYS, "hola, me llamo Alma", "soy médica")
    assert in_postgres(dual, ALWAYS) is None
    with dual.app_context():
        assert list(current_storage().backlog.people()) == [ALWAYS]
        assert turns.bring_back() == 1
        assert current_storage().backlog.is_empty()
        sql = current_storage().database
        assert sql
        page = sql.messages.page([ALWAYS], None, 10)
    assert [each.body for each in page.messages if each.direction == INBOUND] == [
        "soy médica",
        "hola, me llamo Alma",
    ]
    memory = in_postgres(dual, ALWAYS)
    assert memory
    assert (memory.name, memory.role) == ("Alma", "médica")


def test_whoever_only_the_database_knows_is_known_in_the_first_phase(
    phase: Phase, talk: Talk
) -> None:
    talk.say(phase(), ALWAYS, "hola, me llamo Alma y soy médica")
    dual = phase(STORAGE_MODE="hybrid", MEMORY_MOVE="dual")
    talk.say(dual, ALWAYS, "hola")
    assert remembered(dual, ALWAYS).role == "médica"
    assert remembered(dual, ALWAYS).interaction_count == 2
    assert history(dual, ALWAYS) == talk.said[ALWAYS]
    assert in_postgres(dual, ALWAYS) == remembered_in_files(dual)


def remembered_in_files(app: Flask) -> LeadMemory | None:
    with app.app_context():
        return current_storage().files.load(ALWAYS)


def _refuse(_work: Callable[[], object]) -> Iterator[None]:
    raise StoreUnavailable


def test_a_folder_is_exported_and_imported_without_a_change(
    phase: Phase, talk: Talk, tmp_path: Path
) -> None:
    app = phase()
    for user_id, name in NAMES.items():
        talk.say(app, user_id, f"hola, me llamo {name}", "¿qué cursos de marketing tienen?")
    rows = all_rows(app)
    with app.app_context():
        assert export_folder(tmp_path / "out", Access("test")) == len(NAMES)
        clear(app)
        assert all_rows(app) != rows
        report = import_folder(tmp_path / "out", UTC, Access("test"))
        assert (report.added, report.set_aside) == (len(NAMES), [])
    assert all_rows(app) == rows


def all_rows(app: Flask) -> list[object]:
    """Memories and messages, opened, without the numbers that a database gives by itself."""
    with app.app_context():
        store = current_storage().database
        assert store
        found = LeadBatches(store.leads).page("", 100)
        messages = [replace(m, key="") for m in store.messages.all(list(NAMES))]
        return [found, messages]


def clear(app: Flask) -> None:
    with app.app_context():
        db.session.execute(text("TRUNCATE messages, user_memory, person_aliases"))
        db.session.commit()
