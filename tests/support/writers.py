"""Everybody who writes to the memory of one person, step by step, and what must be there then."""

import json
import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from bot import create_app
from bot.errors import NotFound, StoreUnavailable
from bot.extensions import db
from bot.models.leads import LeadMemory, number_variants
from bot.models.message_log import INBOUND, LoggedMessage
from bot.models.messages import InboundMessage, Turn, TurnState
from bot.models.scores import Signal
from bot.services import copies, leads, people, turns
from bot.services.moving import comparing
from bot.services.moving.importing import ImportReport, import_folder
from bot.stores.storage import Storage
from config import Config
from tests.stores.builders import MARIA, change, inbound, later, reply
from tests.support.people import TESTER, storage_of

MARIA_SHORT = "525512345678"
MODES: dict[str, dict[str, str]] = {
    "json": {"STORAGE_MODE": "json", "DATABASE_URL": ""},
    "hybrid": {"STORAGE_MODE": "hybrid"},
    "dual": {"STORAGE_MODE": "hybrid", "MEMORY_MOVE": "dual"},
    "gradual": {"STORAGE_MODE": "postgres", "MEMORY_MOVE": "gradual"},
    "postgres": {"STORAGE_MODE": "postgres"},
    "backup": {"STORAGE_MODE": "postgres", "MEMORY_JSON_BACKUP": "true"},
}
FILES_LEAD = ("json", "hybrid", "dual")
NEWCOMERS = tuple(f"521555000{number:04}" for number in range(8))
PROCESS_TURNS = 10
THEY_COUNTED = 2
"""How many messages the older bot's file that is imported counts."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What happens in which order; ``spellings`` are how each message writes the number.

    The older bot's files are under ``older``; the person began to write to that bot so many
    seconds after noon of the day when Brenda gets the first message.
    """

    spellings: tuple[str, ...]
    steps: tuple[str, ...]
    older: str = MARIA_SHORT
    older_began: int = -9000


def started(mode: str, make_app: Any, url: str, **environment: str) -> Flask:
    """Brenda in a mode, who brings nothing back by herself."""
    app = make_app(**({"DATABASE_URL": url} | MODES[mode] | environment))
    app.extensions["bringing_back"] = True
    return app


def start_again(app: Flask) -> None:
    """Nobody has ever written."""
    storage = storage_of(app)
    for folder in (storage.files.memory_dir, storage.files.turns_dir, storage.known.memory_dir):
        shutil.rmtree(folder, ignore_errors=True)
    for name in ("spool", "following", "imports"):
        shutil.rmtree(app.extensions["config"].instance_dir / name, ignore_errors=True)
    if storage.database:
        with app.app_context():
            for table in ("messages", "user_memory", "person_aliases"):
                db.session.execute(text(f"DELETE FROM {table}"))
            db.session.commit()


def message(number: int, user_id: str = MARIA, label: str = "") -> InboundMessage:
    """The n-th message, at a moment of its own."""
    sid = f"SM{label}{user_id[-10:]}{number:020x}"
    return inbound(f"dice {label}{number}", user_id, message_sid=sid, received_at=later(number))


def told_in(said: InboundMessage, key: str) -> Any:
    """A change that nobody else makes: a fact, an interest, a signal, a line of the history."""
    line = {"role": "user", "content": said.body, "timestamp": said.received_at.isoformat()}
    return change(
        0,
        at=said.received_at,
        facts={f"fact_{key}": key},
        interests=(f"interest_{key}",),
        signals=(Signal(f"signal_{key}", 1, 100),),
        message_sid=said.message_sid,
        said=(line,),
    )


def close_many(app: Flask, label: str, count: int, user_id: str = MARIA) -> None:
    """Open and close so many turns, each in a context of its own."""
    for number in range(count):
        with app.app_context():
            said = message(number, user_id, label)
            key = f"{label}{number}"
            turns.close_turn(turns.open_turn(said), told_in(said, key), reply(f"oye {key}"))


def correct_many(app: Flask, label: str, count: int, user_id: str = MARIA) -> None:
    """Correct so many fields, each in a context of its own."""
    for number in range(count):
        with app.app_context():
            people.correct(user_id, {f"corrected_{label}{number}": number}, TESTER)


def older_file(folder: Path, name: str, user_id: str, began: int = -9000, **fields: Any) -> None:
    """A file as an older bot left it, with what nobody else knows."""
    folder.mkdir(parents=True, exist_ok=True)
    began_at, ended_at = later(began).isoformat(), later(began + 60).isoformat()
    document = {
        "user_id": user_id,
        "interests": [f"interest_{name}"],
        f"fact_{name}": name,
        "created_at": began_at,
        "last_interaction": ended_at,
        "message_history": [
            {"role": "user", "content": f"dice {name}", "timestamp": began_at},
            {"role": "assistant", "content": f"oye {name}", "timestamp": ended_at},
        ],
    }
    path = folder / f"memory_{user_id}.json"
    path.write_text(json.dumps(document | fields), encoding="utf-8")


def write_in_a_process(environment: dict[str, str], label: str, together: Any) -> None:
    """Meet new people together with another process, who spells their numbers the other way.

    Then close turns of the first of them.
    """
    app = create_app(Config.from_environment(environment))
    app.extensions["bringing_back"] = True
    for user_id in NEWCOMERS:
        together.wait(timeout=60)
        close_many(app, label, 1, spelled(user_id, label))
    close_many(app, f"{label}_more", PROCESS_TURNS, spelled(NEWCOMERS[0], label))


def spelled(user_id: str, label: str) -> str:
    return user_id if label == "left" else number_variants(user_id)[1]


def imported(app: Flask, folder: Path) -> ImportReport:
    with app.app_context():
        return import_folder(folder, UTC, TESTER)


def remembered(app: Flask, user_id: str = MARIA) -> LeadMemory:
    """The memory where it leads."""
    with app.app_context():
        return leads.get_memory(user_id)


def in_the_database(app: Flask) -> LeadMemory | None:
    store = storage_of(app).database
    with app.app_context():
        return store.load(MARIA) if store else None


def exchanged(messages: list[LoggedMessage]) -> list[tuple[str, tuple[str, ...]]]:
    """What was said and all that was answered, in order."""
    said = [each for each in messages if each.direction == INBOUND and each.message_sid]
    said.sort(key=lambda each: each.at)
    answers = [(each.reply_to, each.body) for each in messages]
    return [(each.body, tuple(b for to, b in answers if to == each.message_sid)) for each in said]


def log_of(app: Flask) -> list[LoggedMessage]:
    """All that the leading store has of the person's messages."""
    with app.app_context():
        return list(people.messages(MARIA, None, 200, TESTER).messages)


def log_in_the_database(app: Flask) -> list[LoggedMessage]:
    store = storage_of(app).database
    assert store
    with app.app_context():
        return list(store.messages.all([MARIA, MARIA_SHORT]))


def rows_of(app: Flask) -> list[str]:
    with app.app_context():
        return list(db.session.scalars(text("SELECT user_id FROM user_memory ORDER BY user_id")))


def is_alike_in_both(app: Flask, count: int = 1) -> None:
    """Files and the database have the same of so many people, and of nobody else."""
    with app.app_context():
        found = comparing.compare()
    assert (found.same, found.differ, found.only_files, found.only_database) == (count, 0, 0, 0)
    assert storage_of(app).backlog.is_empty()


def is_backed_up(app: Flask) -> None:
    assert storage_of(app).files.load(MARIA) == remembered(app)


class Story:
    """Carries a plan out, one step after the other as different processes would."""

    def __init__(
        self, app: Flask, mode: str, plan: Plan, folder: Path, patch: pytest.MonkeyPatch
    ) -> None:
        self.app, self.mode, self.plan, self.folder, self.patch = app, mode, plan, folder, patch
        self.open: dict[int, Turn] = {}
        self.replies: dict[int, str] = {}
        self.corrected: dict[str, int] = {}
        self.told_elsewhere: set[str] = set()
        self.is_away = False
        self.count = 0
        shutil.rmtree(folder, ignore_errors=True)
        counted = 0 if mode in FILES_LEAD else THEY_COUNTED
        older_file(folder, "imported", plan.older, plan.older_began, interaction_count=counted)
        patch.setattr("bot.services.turns.lease_s", lambda: 60.0)
        if mode == "gradual":
            own = storage_of(app).files.memory_dir
            older_file(own, "adopted", plan.older, plan.older_began + 60)
            self.told_elsewhere.add("adopted")

    @property
    def storage(self) -> Storage:
        return storage_of(self.app)

    def go(self) -> None:
        for step in self.plan.steps:
            self.do(step)
        self.end()

    def do(self, step: str) -> None:
        what, _, number = step.partition(" ")
        with self.app.app_context():
            getattr(self, f"_{what}")(*([int(number)] if number else []))

    def end(self) -> None:
        """Whatever is open is closed, the database is back, and all that waited is in it."""
        if self.is_away:
            self.do("outage")
        for number in range(len(self.plan.spellings)):
            while number in self.open or number not in self.replies:
                self.do(f"message {number}")
        self.do("bring_back")

    def told(self, number: int) -> InboundMessage:
        return message(number, self.plan.spellings[number])

    def _message(self, number: int) -> None:
        if number in self.open:
            self._close(number, self.open.pop(number), "")
        elif number not in self.replies:
            self.open[number] = turns.open_turn(self.told(number))

    def _again(self, number: int) -> None:
        """Twilio delivers once more; whoever has the message open is taken for dead."""
        if number not in self.open and number not in self.replies:
            return
        with self.patch.context() as lapsed:
            lapsed.setattr("bot.services.turns.lease_s", lambda: 0.0)
            turn = turns.open_turn(self.told(number))
        if turn.state is TurnState.OURS:
            self._close(number, turn, "otra vez ")
        elif not self._waits_in_the_spool():
            assert turn.reply == reply(self.replies[number])

    def _waits_in_the_spool(self) -> bool:
        """Whether a reply that the database has may be hidden, and a message be answered again."""
        return self.is_away or self.storage.spool.holds(MARIA)

    def _close(self, number: int, turn: Turn, prefix: str) -> None:
        closed = turns.close_turn(
            turn, told_in(turn.inbound, str(number)), reply(f"{prefix}oye {number}")
        )
        assert closed.reply
        is_new = number not in self.replies
        self.count += is_new
        if is_new:
            self.replies[number] = closed.reply.text
        elif not self._waits_in_the_spool():
            assert closed.reply.text == self.replies[number]

    def _correct(self) -> None:
        name = f"corrected_{len(self.corrected)}"
        spelling = (MARIA, MARIA_SHORT)[len(self.corrected) % 2]
        try:
            people.correct(spelling, {name: len(self.corrected)}, TESTER)
        except (NotFound, StoreUnavailable):
            return
        self.corrected[name] = len(self.corrected)

    def _import(self) -> None:
        store = self.storage.database
        assert store
        known = None if self.is_away else store.load(MARIA)
        db.session.rollback()
        try:
            assert import_folder(self.folder, UTC, TESTER).set_aside == []
        except StoreUnavailable:
            return
        self.told_elsewhere.add("imported")
        before = known.interaction_count if known else 0
        if self.mode not in FILES_LEAD:
            self.count += max(THEY_COUNTED - before, 0)

    def _outage(self) -> None:
        self.is_away = not self.is_away
        is_away = self.is_away
        self.patch.setattr("bot.services.database.is_away", lambda: is_away)

    def _bring_back(self) -> None:
        with suppress(StoreUnavailable):
            turns.bring_back()

    def holds(self) -> None:
        """Nothing is lost, and nothing is there twice, in any of the places."""
        self._holds_where_it_leads()
        if self.mode == "hybrid":
            self._is_imported_beside_the_files()
        elif self.mode != "json":
            self._is_in_the_database_too()
        if self.mode == "dual":
            is_alike_in_both(self.app)
        if self.mode == "backup":
            is_backed_up(self.app)

    def _holds_where_it_leads(self) -> None:
        memory = remembered(self.app)
        assert remembered(self.app, MARIA_SHORT) == memory
        self._has_everything(memory, set() if self.mode == "hybrid" else self.told_elsewhere)
        self._is_the_whole_log(log_of(self.app))

    def _has_everything(self, memory: LeadMemory, elsewhere: set[str]) -> None:
        keys = {*map(str, self.replies), *elsewhere}
        extra = memory.additional_data
        assert Counter(memory.interests) == Counter(f"interest_{key}" for key in keys)
        assert {name: extra[name] for name in extra if name.startswith("fact_")} == {
            f"fact_{key}": key for key in keys
        }
        assert {n: extra[n] for n in extra if n.startswith("corrected_")} == self.corrected
        assert set(extra["score"]) == {f"signal_{number}" for number in self.replies}
        said = Counter(line["content"] for line in memory.message_history)
        assert said == Counter(self._lines(keys))
        assert memory.interaction_count == self.count

    def _lines(self, keys: set[str]) -> Iterator[str]:
        for key in keys:
            yield f"dice {key}"
            if not key.isdigit():
                yield f"oye {key}"

    def _is_the_whole_log(self, log: list[LoggedMessage]) -> None:
        expected = [(f"dice {number}", (said,)) for number, said in sorted(self.replies.items())]
        assert exchanged(log) == expected

    def _is_in_the_database_too(self) -> None:
        memory = in_the_database(self.app)
        assert memory
        self._has_everything(memory, self.told_elsewhere)
        log = log_in_the_database(self.app)
        self._is_the_whole_log(log)
        assert len(rows_of(self.app)) == 1

    def _is_imported_beside_the_files(self) -> None:
        """In the hybrid mode an import reaches the database, which does not lead."""
        memory = in_the_database(self.app)
        assert (memory is not None) == ("imported" in self.told_elsewhere)
        assert memory is None or memory.interests == ("interest_imported",)


@contextmanager
def held_back_copies(patch: pytest.MonkeyPatch) -> Iterator[list[LeadMemory]]:
    """Copies of memories that were committed wait here, and are written last first at the end."""
    held: list[LeadMemory] = []
    keep = copies.keep
    with patch.context() as late:
        late.setattr("bot.services.turns.copies.keep", held.append)
        yield held
    for memory in reversed(held):
        keep(memory)
