"""The audit of people's data only grows, loses nothing, and forgets names with the people."""

import json
import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path

import psycopg2
import pytest
from flask import Flask
from psycopg2.errors import InsufficientPrivilege

from bot.errors import StoreUnavailable
from bot.models.audit import Access, AuditLine
from bot.services import audit, database
from bot.stores.person_audit import FilePersonAudit, SqlPersonAudit
from bot.stores.pseudonyms import FilePseudonyms
from tests.support.apps import AUTH_TOKEN, AppMaker
from tests.support.people import Apps, audit_of, new_number, short, storage_of
from tests.support.webhook import Webhook

OPERATOR = Access("front desk", "she called")
AT_ONCE, EACH = 2, 150


@pytest.fixture
def start(make_app: AppMaker, demo_url: str, tmp_path: Path) -> Apps:
    return Apps(make_app, demo_url, tmp_path)


@pytest.fixture
def in_app(app: Flask) -> Iterator[Flask]:
    with app.app_context():
        yield app


@pytest.fixture
def her() -> str:
    return new_number()


def file_audit(folder: Path) -> FilePersonAudit:
    return FilePersonAudit(folder / "audit.jsonl", FilePseudonyms(folder / "erased" / ".secret"))


def line(action: str = "read", **details: object) -> AuditLine:
    return AuditLine(datetime.now(UTC), "front desk", action, reason="she called", details=details)


# In the database


FORBIDDEN = {
    "update": "UPDATE person_audit SET actor = 'nobody'",
    "update of one": "UPDATE person_audit SET reason = '' WHERE id = (SELECT max(id) FROM {t})",
    "delete": "DELETE FROM person_audit",
    "truncate": "TRUNCATE person_audit",
    "truncate with others": "TRUNCATE person_audit, messages CASCADE",
    "upsert": """
        INSERT INTO person_audit (id, actor, action, reason, details) OVERRIDING SYSTEM VALUE
        SELECT id, 'nobody', 'read', '', '{{}}' FROM person_audit
        ON CONFLICT (id) DO UPDATE SET actor = excluded.actor
    """,
    "merge": """
        MERGE INTO person_audit AS known USING person_audit AS old ON known.id = old.id
        WHEN MATCHED THEN DELETE
    """,
}


@pytest.mark.parametrize("statement", FORBIDDEN)
def test_no_entry_is_changed_or_deleted_by_the_apps_own_role(
    statement: str, in_app: Flask, demo_url: str, her: str
) -> None:
    audit.note(OPERATOR, audit.READ, [her])
    database.release()
    before = rows(demo_url)
    connection = psycopg2.connect(demo_url)
    try:
        with pytest.raises(InsufficientPrivilege), connection.cursor() as cursor:
            cursor.execute(FORBIDDEN[statement].format(t="person_audit"))
    finally:
        connection.close()
    assert rows(demo_url) == before != []


def rows(url: str) -> list[tuple[object, ...]]:
    connection = psycopg2.connect(url)
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT id, actor, action, person FROM person_audit ORDER BY id")
            return cursor.fetchall()
    finally:
        connection.close()


def test_entries_are_read_the_newest_first_and_no_more_than_wanted(in_app: Flask, her: str) -> None:
    for action in (audit.READ, audit.EXPORTED, audit.CHANGED):
        audit.note(OPERATOR, action, [her], fields=["name"])
    found = audit.entries(short(her))
    assert [each.action for each in found] == ["changed", "exported", "read"]
    assert {each.user_id for each in found} == {her}
    assert (found[0].actor, found[0].reason) == ("front desk", "she called")
    assert found[0].details == {"fields": ["name"]}
    assert [each.action for each in audit.entries(her, limit=1)] == ["changed"]


def test_an_entry_about_many_is_of_nobody(in_app: Flask, her: str) -> None:
    audit.note(OPERATOR, audit.EXPORTED, count=7)
    newest = audit.entries(limit=1)[0]
    assert (newest.person, newest.user_id, newest.details) == (None, None, {"count": 7})
    assert audit.entries(her) == []


def test_of_several_people_each_has_an_entry_and_of_nobody_there_is_none(in_app: Flask) -> None:
    people = [new_number() for _ in range(3)]
    audit.note(OPERATOR, audit.LISTED, people)
    assert [len(audit.entries(each)) for each in people] == [1, 1, 1]
    before = len(audit.entries(limit=10_000))
    audit.note(OPERATOR, audit.LISTED, [])
    assert len(audit.entries(limit=10_000)) == before


def test_an_entry_of_who_was_erased_names_nobody(in_app: Flask, her: str) -> None:
    audit.note(OPERATOR, audit.ERASED, [her])
    [found] = audit.entries(her)
    assert found.person
    assert found.user_id is None
    assert her not in found.person


# In a file


def test_a_file_is_only_added_to_and_readable_by_its_owner_alone(tmp_path: Path, her: str) -> None:
    store, path = file_audit(tmp_path), tmp_path / "audit.jsonl"
    content = b""
    for action in ("read", "exported", "erased"):
        store.note(line(action), [her], is_known=True)
        assert path.read_bytes().startswith(content)
        assert len(path.read_bytes()) > len(content)
        content = path.read_bytes()
    assert her.encode() not in content
    assert short(her).encode() not in content
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.action for each in store.read(short(her), 2)] == ["erased", "exported"]


def test_an_entry_in_a_file_is_read_as_it_was_written(tmp_path: Path, her: str) -> None:
    written = line("changed", fields=["name"])
    file_audit(tmp_path).note(written, [her], is_known=True)
    [found] = file_audit(tmp_path).read(her, 10)
    assert (found.at, found.actor, found.action) == (written.at, "front desk", "changed")
    assert (found.reason, found.details) == ("she called", {"fields": ["name"]})
    assert file_audit(tmp_path).read(new_number(), 10) == []


DAMAGE = {
    "cut in the middle": '{"at": "2026',
    "a list": "[]\n",
    "a wrong moment": '{"at": 5}\n',
    "no moment": '{"actor": "x"}\n',
    "an unknown field": '{"at": "2026-01-01T00:00:00+00:00", "x": 1}\n',
    "empty": "\n",
    "zeroes": "\x00\x00\n",
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_line_hides_no_other(tmp_path: Path, her: str, damage: str) -> None:
    store = file_audit(tmp_path)
    store.note(line("read"), [her], is_known=True)
    with (tmp_path / "audit.jsonl").open("a") as file:
        file.write(DAMAGE[damage])
    store.note(line("exported"), [her], is_known=True)
    assert [each.action for each in store.read(her, 10)] == ["exported", "read"]


def note_many(folder: Path, label: str, people: list[str]) -> None:
    """Note about these people again and again; the target of a process of its own."""
    store = file_audit(folder)
    for number in range(EACH):
        store.note(line("read", label=label, number=number, long="x" * 2000), people, is_known=True)


def is_whole(folder: Path, labels: set[str], people: list[str]) -> bool:
    """Whether each entry of each writer is there once, and those of each in order."""
    found = [json.loads(each) for each in (folder / "audit.jsonl").read_text().splitlines()]
    expected = [number for number in range(EACH) for _ in people]
    return len(found) == len(labels) * len(expected) and all(
        [each["details"]["number"] for each in found if each["details"]["label"] == label]
        == expected
        for label in labels
    )


def test_two_processes_that_note_at_once_lose_and_tear_nothing(tmp_path: Path) -> None:
    people, spawn = [new_number(), new_number()], get_context("spawn")
    file_audit(tmp_path).read(people[0], 1)
    labels = {"left", "right"}
    processes = [
        spawn.Process(target=note_many, args=(tmp_path, label, people)) for label in labels
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join(timeout=60)
    assert [process.exitcode for process in processes] == [0, 0]
    assert is_whole(tmp_path, labels, people)
    assert len(file_audit(tmp_path).read(people[0], 10_000)) == AT_ONCE * EACH


def test_two_threads_that_note_at_once_lose_and_tear_nothing(tmp_path: Path) -> None:
    people, labels = [new_number(), new_number()], {"left", "right"}
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(lambda label: note_many(tmp_path, label, people), labels))
    assert is_whole(tmp_path, labels, people)


# While the database is away


def test_an_entry_goes_to_a_file_while_the_database_is_away_and_is_read_with_the_others(
    start: Apps, her: str
) -> None:
    app, away = start("postgres"), start.cut_off()
    for action, running in ((audit.READ, app), (audit.EXPORTED, away), (audit.CHANGED, app)):
        with running.app_context():
            audit.note(OPERATOR, action, [her])
    noted = audit_of(app, her)
    assert [each.action for each in noted] == ["read", "exported", "changed"]
    [kept] = storage_of(app).file_audit.read(her, 10)
    assert (kept.action, kept.actor, kept.reason) == ("exported", "front desk", "she called")


def test_an_entry_that_the_database_refuses_at_the_last_moment_goes_to_a_file(
    in_app: Flask, her: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: object) -> None:
        raise StoreUnavailable

    monkeypatch.setattr(database, "write", refuse)
    audit.note(OPERATOR, audit.READ, [her])
    monkeypatch.undo()
    assert [each.action for each in audit.entries(her)] == ["read"]
    assert len(storage_of(in_app).file_audit.read(her, 10)) == 1


def test_the_whole_audit_while_the_database_is_away_is_not_taken_for_complete(
    start: Apps, her: str
) -> None:
    away = start.cut_off()
    with away.app_context():
        audit.note(OPERATOR, audit.READ, [her])
        with pytest.raises(StoreUnavailable):
            audit.entries(her)


def test_somebody_is_named_in_entries_of_an_outage_while_she_is_known(
    start: Apps, her: str
) -> None:
    app, away = start("postgres"), start.cut_off()
    Webhook(app.test_client(), AUTH_TOKEN).say("hola", her)
    with app.app_context():
        audit.note(OPERATOR, audit.READ, [her])
    with away.app_context():
        audit.note(OPERATOR, audit.EXPORTED, [her])
    assert [each.user_id for each in audit_of(app, her)] == [her, her]


def test_the_store_of_the_database_names_people_by_what_is_kept_there(in_app: Flask) -> None:
    storage = storage_of(in_app)
    assert isinstance(storage.sql_audit, SqlPersonAudit)
    her = new_number()
    audit.note(OPERATOR, audit.READ, [her])
    [found] = audit.entries(her)
    assert storage.database
    assert found.person == storage.database.erasures.pseudonyms.of(short(her))
    assert found.person != storage.files.erasures.pseudonyms.of(her)
