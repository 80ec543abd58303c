"""What files kept while the database was away flows back to it once and in order."""

import json
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DataError

from bot.errors import StoreUnavailable
from bot.extensions import db
from bot.models.messages import InboundMessage, TurnState
from bot.services import database, turns
from bot.stores.lead_files import memory_file
from bot.stores.spool import Spool
from bot.stores.sql_memory import SqlMemoryStore
from bot.stores.storage import current_storage
from bot.stores.turn_records import TurnRecord
from tests.stores.builders import (
    LEASE_S,
    MARIA,
    at_the_same_instant,
    change,
    close_one,
    inbound,
    later,
    reply,
)

DIEGO = "5491123456789"
TOO_LONG = "x" * 300


@pytest.fixture
def spool(tmp_path) -> Spool:
    return Spool(tmp_path / "spool" / "memory", tmp_path / "spool" / "turns")


@pytest.fixture
def in_app(app: Flask):
    """The app's own spool, with its database up."""
    with app.app_context():
        yield current_storage().spool


class Taken(list[str]):
    """Remembers the bodies it was handed; away from the k-th one on, until told otherwise."""

    away_at: int | None = None

    def __call__(self, record: TurnRecord) -> bool:
        if self.away_at is not None and len(self) >= self.away_at:
            raise StoreUnavailable
        self.append(record.inbound.body)
        return True


def test_what_waits_flows_back_once_oldest_first(spool: Spool) -> None:
    _wait(spool, "tres", "uno", "dos", seconds=(30, 10, 20))
    taken = Taken()
    assert spool.drain(taken, LEASE_S) == 3
    assert taken == ["uno", "dos", "tres"]
    assert spool.drain(taken, LEASE_S) == 0
    assert taken == ["uno", "dos", "tres"]


def test_a_message_that_comes_again_after_it_flowed_back_gets_its_first_answer(
    spool: Spool,
) -> None:
    [message] = _wait(spool, "uno")
    spool.drain(Taken(), LEASE_S)
    again = spool.open_turn(message, LEASE_S)
    assert again.state is TurnState.ANSWERED
    assert again.reply == reply()
    assert spool.is_empty()


def test_what_flowed_back_is_forgotten_after_an_hour(spool: Spool) -> None:
    [message] = _wait(spool, "uno")
    spool.drain(Taken(), LEASE_S)
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=61)):
        spool.forget_what_flowed_back()
    assert spool.open_turn(message, LEASE_S).state is TurnState.OURS


def test_nothing_waits_after_the_drain(spool: Spool) -> None:
    assert spool.is_empty()
    _wait(spool, "uno")
    assert not spool.is_empty()
    assert spool.holds(MARIA)
    assert spool.holds("525512345678")
    assert not spool.holds(DIEGO)
    spool.drain(Taken(), LEASE_S)
    assert spool.is_empty()
    assert not spool.holds(MARIA)
    assert list(spool.turns_dir.glob("lead_*")) == []


@pytest.mark.parametrize("k", [0, 1, 2])
def test_an_interrupted_drain_goes_on_where_it_stopped(spool: Spool, k: int) -> None:
    _wait(spool, "uno", "dos", "tres")
    taken = Taken()
    taken.away_at = k
    with pytest.raises(StoreUnavailable):
        spool.drain(taken, LEASE_S)
    assert len(list(spool.turns(MARIA))) == 3 - k
    assert memory_file(spool.memory_dir, MARIA).exists()
    taken.away_at = None
    assert spool.drain(taken, LEASE_S) == 3 - k
    assert taken == ["uno", "dos", "tres"]


def test_a_lead_with_a_turn_in_hand_is_left_until_the_lease_passes(spool: Spool) -> None:
    _wait(spool, "uno")
    spool.open_turn(inbound("dos", received_at=later(60)), LEASE_S)
    taken = Taken()
    assert spool.drain(taken, LEASE_S) == 0
    assert taken == []
    assert spool.drain(taken, lease_s=0) == 2
    assert taken == ["uno", "dos"]


def test_one_lead_in_hand_does_not_keep_another_waiting(spool: Spool) -> None:
    spool.open_turn(inbound("en curso"), LEASE_S)
    _wait(spool, "hola", "precio", user_id=DIEGO)
    taken = Taken()
    assert spool.drain(taken, LEASE_S) == 2
    assert taken == ["hola", "precio"]
    assert spool.holds(MARIA)


def test_a_damaged_record_is_set_aside_and_does_not_block_the_rest(spool: Spool) -> None:
    messages = _wait(spool, "uno", "dos", "tres")
    _wait(spool, "otra", user_id=DIEGO)
    damaged = spool.turn_file(messages[1])
    damaged.write_bytes(b'{"inbound": ')
    taken = Taken()
    assert spool.drain(taken, LEASE_S) == 3
    assert sorted(taken) == ["otra", "tres", "uno"]
    assert spool.is_empty()
    kept = list(damaged.parent.iterdir())
    assert [file.read_bytes() for file in kept] == [b'{"inbound": ']


def test_a_turn_that_the_database_never_takes_does_not_block_the_rest(spool: Spool) -> None:
    messages = _wait(spool, "uno", "dos", "tres")
    taken = Taken()

    def refuse_the_second(record: TurnRecord) -> bool:
        if record.inbound.body == "dos":
            raise DataError("INSERT", None, ValueError("value too long"))
        return taken(record)

    file = spool.turn_file(messages[1])
    content = file.read_bytes()
    assert spool.drain(refuse_the_second, LEASE_S) == 2
    assert taken == ["uno", "tres"]
    assert spool.is_empty()
    assert [other.read_bytes() for other in file.parent.iterdir()] == [content]


def test_overlay_memory_goes_with_the_last_turn(spool: Spool) -> None:
    _wait(spool, "uno")
    _wait(spool, "dos", user_id="525512345678")
    _wait(spool, "hola", user_id="US.1/../" + "9" * 300)
    assert len(list(spool.memory_dir.iterdir())) == 2
    spool.drain(Taken(), LEASE_S)
    assert list(spool.memory_dir.iterdir()) == []


def test_overlay_memory_goes_also_when_its_only_turn_was_damaged(spool: Spool) -> None:
    (message,) = _wait(spool, "uno")
    spool.turn_file(message).write_bytes(b"")
    assert spool.drain(Taken(), LEASE_S) == 0
    assert list(spool.memory_dir.iterdir()) == []


def test_turns_that_come_in_during_a_drain_are_neither_lost_nor_doubled(spool: Spool) -> None:
    _wait(spool, "uno", "dos")
    taken = Taken()
    written, drained = at_the_same_instant(
        lambda: len(_wait(spool, *map(str, range(20)))),
        lambda: sum(spool.drain(taken, LEASE_S) for _ in range(50)),
    )
    drained += spool.drain(taken, LEASE_S)
    assert (written, drained) == (20, 22)
    assert sorted(taken) == sorted(["uno", "dos", *map(str, range(20))])
    assert list(spool.memory_dir.iterdir()) == []


def test_waiting_turns_reach_the_database_with_reply_and_change(in_app: Spool) -> None:
    messages = _wait(in_app, "uno", "dos", "tres", points=5)
    assert turns.bring_back() == 3
    memory = SqlMemoryStore().load(MARIA)
    assert memory
    assert (memory.interaction_count, memory.lead_score) == (3, 15)
    assert memory.interests == ("uno", "dos", "tres")
    assert "last_message_sids" not in memory.additional_data
    logged = db.session.execute(
        text("SELECT message_sid FROM messages WHERE direction = 'inbound' ORDER BY id")
    )
    assert list(logged.scalars()) == [message.message_sid for message in messages]


def test_a_crash_between_the_database_and_the_file_counts_nothing_twice(in_app: Spool) -> None:
    (message,) = _wait(in_app, "uno", points=5)
    file = in_app.turn_file(message)
    content = file.read_bytes()
    turns.bring_back()
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(content)
    assert turns.bring_back() == 1
    memory = SqlMemoryStore().load(MARIA)
    assert memory
    assert (memory.interaction_count, memory.lead_score) == (1, 5)


def test_a_turn_that_began_in_the_database_ends_there_once(in_app: Spool) -> None:
    message = inbound("hola")
    opened = database.write(lambda: SqlMemoryStore().open_turn(message, LEASE_S))
    in_app.close_turn(opened, change(5, facts={"name": "Ana"}), reply("De los archivos"))
    assert turns.bring_back() == 1
    again = database.write(lambda: SqlMemoryStore().open_turn(message, LEASE_S))
    assert (again.state, again.reply) == (TurnState.ANSWERED, reply("De los archivos"))
    assert (again.memory.name, again.memory.lead_score) == ("Ana", 5)


def test_a_lead_that_continues_in_files_keeps_what_the_database_knew(in_app: Spool) -> None:
    known = inbound("hola")
    opened = database.write(lambda: SqlMemoryStore().open_turn(known, LEASE_S))
    database.write(
        lambda: SqlMemoryStore().close_turn(opened, change(5, facts={"name": "Ana"}), reply())
    )
    _wait(in_app, "otra", points=2)
    turns.bring_back()
    memory = SqlMemoryStore().load(MARIA)
    assert memory
    assert (memory.name, memory.lead_score, memory.interaction_count) == ("Ana", 7, 2)


def test_a_value_that_does_not_fit_its_column_is_set_aside_and_the_rest_flows_back(
    in_app: Spool,
) -> None:
    close_one(in_app, change(facts={"name": TOO_LONG}), user_id=DIEGO)
    _wait(in_app, "hola")
    assert turns.bring_back() == 1
    assert in_app.is_empty()
    assert SqlMemoryStore().load(MARIA)
    assert SqlMemoryStore().load(DIEGO) is None
    kept = next(in_app.turn_folder(DIEGO).iterdir())
    assert json.loads(kept.read_text("utf-8"))["change"]["facts"]["name"] == TOO_LONG


def _wait(
    spool: Spool,
    *bodies: str,
    seconds: tuple[int, ...] = (),
    points: int = 1,
    user_id: str = MARIA,
) -> list[InboundMessage]:
    """Answer messages on files, as happens while the database is away."""
    moments = seconds or range(len(bodies))
    return [
        close_one(
            spool,
            change(points, interests=(body,)),
            body=body,
            user_id=user_id,
            received_at=later(moment),
        )
        for body, moment in zip(bodies, moments, strict=True)
    ]
