"""Memory in PostgreSQL: every message counts once, and no writer undoes another's work."""

import json
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import text

from bot.extensions import db
from bot.models.leads import HISTORY_TURNS, LeadMemory
from bot.models.messages import InboundMessage, Reply, Turn, TurnState
from bot.services import database
from bot.stores.sql_memory import SqlMemoryStore
from tests.stores.builders import (
    LEASE_S,
    MARIA,
    NOON,
    at_the_same_instant,
    change,
    inbound,
    later,
    reply,
    said,
    told,
)

STORE = SqlMemoryStore()
MARIA_SHORT = "525512345678"
DIEGO = "5491123456789"
DIEGO_SHORT = "541123456789"


@pytest.fixture(autouse=True)
def _in_the_app(app: Flask):
    with app.app_context():
        yield


def test_a_new_message_is_ours_and_its_writer_unknown(app: Flask) -> None:
    turn = _open(inbound("hola"))
    assert turn.state is TurnState.OURS
    assert turn.memory == LeadMemory(MARIA)


def test_a_closed_turn_is_in_the_log_and_in_the_memory(app: Flask) -> None:
    message = inbound("hola")
    closed = _close(_open(message), points=5, facts={"name": "Ana", "level": "avanzado"})
    assert closed.state is TurnState.ANSWERED
    assert closed.memory == STORE.load(MARIA)
    assert (closed.memory.name, closed.memory.lead_score) == ("Ana", 5)
    assert told(closed.memory) == {"level": "avanzado"}
    assert _log() == [
        (message.message_sid, MARIA, "inbound", "hola", None),
        (None, MARIA, "outbound", "¡Hola! Soy Brenda.", "GREETING"),
    ]


def test_a_repeated_message_brings_the_first_reply_and_counts_once(app: Flask) -> None:
    message = inbound("hola")
    _close(_open(message), answer=reply("La primera"))
    again = _open(message)
    assert (again.state, again.reply) == (TurnState.ANSWERED, reply("La primera"))
    assert again.memory.interaction_count == 1
    assert len(_log()) == 2


def test_a_silent_reply_is_remembered_as_the_answer(app: Flask) -> None:
    message = inbound("gracias")
    _close(_open(message), answer=reply(""))
    assert _open(message).reply == reply("")


def test_of_two_workers_at_the_same_instant_exactly_one_answers(app: Flask) -> None:
    message = inbound("hola")
    turns = _at_once(app, *[lambda: STORE.open_turn(message, LEASE_S)] * 2)
    assert sorted(turn.state for turn in turns) == [TurnState.ELSEWHERE, TurnState.OURS]
    assert len(_log()) == 1


def test_a_claim_ends_when_its_lease_does(app: Flask) -> None:
    message = inbound("hola")
    _open(message)
    assert _open(message).state is TurnState.ELSEWHERE
    _age_claims(LEASE_S + 1)
    assert _open(message).state is TurnState.OURS
    assert _open(message).state is TurnState.ELSEWHERE


def test_of_two_workers_that_take_up_an_expired_claim_exactly_one_answers(app: Flask) -> None:
    message = inbound("hola")
    _open(message)
    _age_claims(LEASE_S + 1)
    turns = _at_once(app, *[lambda: STORE.open_turn(message, LEASE_S)] * 3)
    assert sorted(turn.state for turn in turns) == ["elsewhere", "elsewhere", "ours"]


def test_a_worker_that_was_too_slow_gets_the_reply_that_was_sent(app: Flask) -> None:
    message = inbound("hola")
    slow = _open(message)
    _age_claims(LEASE_S + 1)
    _close(_open(message), points=3, answer=reply("La que se mandó"))
    late = _close(slow, points=3, answer=reply("Tarde"))
    assert (late.state, late.reply) == (TurnState.ANSWERED, reply("La que se mandó"))
    assert late.memory == STORE.load(MARIA)
    assert late.memory.lead_score == 3


def test_two_closers_at_the_same_instant_count_once(app: Flask) -> None:
    first = _open(inbound("hola"))
    closed = _at_once(app, *[lambda: STORE.close_turn(first, change(5), reply())] * 2)
    assert [turn.state for turn in closed] == [TurnState.ANSWERED] * 2
    assert _known(MARIA).lead_score == 5
    assert len(_log()) == 2


def test_two_turns_of_one_lead_from_the_same_copy_keep_both_changes(app: Flask) -> None:
    _close(_open(inbound("hola")), points=1)
    first, second = _open(inbound("uno")), _open(inbound("dos"))
    _close(first, points=10, facts={"name": "Ana"}, interests=("ia",), said=(said("uno"),))
    _close(second, points=20, facts={"level": "avanzado"}, interests=("excel",))
    memory = _known(MARIA)
    assert (memory.name, memory.lead_score, memory.interaction_count) == ("Ana", 31, 3)
    assert memory.interests == ("ia", "excel")
    assert told(memory) == {"level": "avanzado"}
    assert memory.message_history == (said("uno"),)


def test_turns_closed_at_the_same_instant_keep_every_change(app: Flask) -> None:
    _close(_open(inbound("hola")), points=0)
    turns = [_open(inbound(f"{number}")) for number in range(5)]
    _at_once(app, *[_closing(turn, f"fact_{number}") for number, turn in enumerate(turns)])
    memory = _known(MARIA)
    assert told(memory) == {f"fact_{number}": True for number in range(5)}
    assert memory.interaction_count == 6


def test_a_new_lead_whose_first_messages_arrive_together_keeps_every_change(app: Flask) -> None:
    turns = [_open(inbound(f"{number}")) for number in range(3)]
    _at_once(app, *[_closing(turn, f"fact_{number}") for number, turn in enumerate(turns)])
    memory = _known(MARIA)
    assert told(memory) == {f"fact_{number}": True for number in range(3)}
    assert (memory.interaction_count, memory.lead_score) == (3, 3)


def test_a_turn_keeps_what_another_tool_wrote_meanwhile(app: Flask) -> None:
    _close(_open(inbound("hola")))
    turn = _open(inbound("otra"))
    _run("UPDATE user_memory SET role = 'contadora', additional_data = '{\"crm_id\": 7}'")
    _close(turn, facts={"name": "Ana"})
    memory = _known(MARIA)
    assert (memory.name, memory.role) == ("Ana", "contadora")
    assert told(memory) == {"crm_id": 7}


@pytest.mark.parametrize(
    ("first", "then"),
    [(MARIA, MARIA_SHORT), (MARIA_SHORT, MARIA), (DIEGO, DIEGO_SHORT), (DIEGO_SHORT, DIEGO)],
)
def test_both_spellings_of_a_number_are_one_lead(app: Flask, first: str, then: str) -> None:
    _close(_open(inbound("hola", first)), facts={"name": "Ana"})
    closed = _close(_open(inbound("otra", then)))
    assert (closed.memory.user_id, closed.memory.name) == (first, "Ana")
    assert closed.memory.interaction_count == 2
    assert STORE.load(then) == STORE.load(first)
    assert _run("SELECT count(*) FROM user_memory") == [(1,)]
    assert {row[1] for row in _log()} == {first}


@pytest.mark.parametrize("writes", [MARIA, MARIA_SHORT])
def test_two_rows_that_an_older_bot_made_of_one_person_become_one(writes: str, app: Flask) -> None:
    _run(
        "INSERT INTO user_memory (user_id, name, role, interaction_count, last_interaction_at) "
        f"VALUES ('{MARIA}', 'Larga', NULL, 2, '2026-01-01'), "
        f"('{MARIA_SHORT}', 'Corta', 'contadora', 3, '2026-02-01')"
    )
    turn = _open(inbound("hola", writes))
    assert (turn.memory.user_id, turn.memory.name, turn.memory.role) == (
        writes,
        "Corta",
        "contadora",
    )
    closed = _close(turn)
    assert closed.memory.interaction_count == 4
    assert _run("SELECT user_id FROM user_memory") == [(writes,)]
    assert STORE.load(MARIA) == STORE.load(MARIA_SHORT) == closed.memory


def test_numbers_of_other_people_are_other_leads(app: Flask) -> None:
    _close(_open(inbound("hola", MARIA)), facts={"name": "Ana"})
    assert _open(inbound("hola", DIEGO)).memory == LeadMemory(DIEGO)
    assert STORE.load("34600111222") is None


def test_a_row_of_an_older_tool_full_of_nulls_is_read_as_somebody_new(app: Flask) -> None:
    columns = "lead_score, interaction_count, message_history, additional_data, created_at"
    _run(f"INSERT INTO user_memory (user_id, {columns}) VALUES ('{MARIA}', {'NULL,' * 4} NULL)")
    turn = _open(inbound("hola"))
    assert turn.memory == LeadMemory(MARIA)
    _close(turn, points=5, facts={"name": "Ana"})
    memory = _known(MARIA)
    assert (memory.name, memory.lead_score, memory.interaction_count) == ("Ana", 5, 1)
    assert memory.first_interaction_at == NOON


def test_keys_that_an_older_tool_left_survive_a_turn(app: Flask) -> None:
    theirs = {"buying_signals": ["precio"], "nested": {"a": [1, None, "é 🎯"]}, "empty": None}
    _insert_lead(additional_data=theirs)
    _close(_open(inbound("hola")), facts={"level": "avanzado"})
    assert told(_known(MARIA)) == theirs | {"level": "avanzado"}


@pytest.mark.parametrize("odd", [[], [1], "text", json.dumps({"stage": "new"}), 7, False])
def test_additional_data_that_is_no_object_stops_nobody_and_is_kept(
    app: Flask, odd: object
) -> None:
    _insert_lead(additional_data=odd)
    closed = _close(_open(inbound("hola")), facts={"level": "avanzado"})
    kept = closed.memory.additional_data
    assert kept["level"] == "avanzado"
    assert not odd or kept["stage" if "stage" in str(odd) else "additional_data"] in ("new", odd)


@pytest.mark.parametrize("odd", [{}, {"a": 1}, "text", 7, True])
def test_a_history_that_is_no_list_stops_nobody(app: Flask, odd: object) -> None:
    _insert_lead(message_history=odd)
    closed = _close(_open(inbound("hola")), said=(said("hola"),))
    assert closed.memory.message_history == (said("hola"),)


def test_history_in_the_row_is_bounded(app: Flask) -> None:
    _insert_lead(message_history=[said(f"{number}") for number in range(100)])
    _close(_open(inbound("hola")), said=(said("última"),))
    history = _known(MARIA).message_history
    assert len(history) == HISTORY_TURNS
    assert history[-1] == said("última")


def test_times_come_back_as_they_went_in(app: Flask) -> None:
    _close(_open(inbound("hola")), at=NOON)
    _close(_open(inbound("otra")), at=later(90))
    memory = _known(MARIA)
    assert memory.first_interaction_at == NOON
    assert memory.last_interaction_at == later(90)
    assert memory.last_interaction_at.utcoffset() == timedelta()


def test_a_turn_that_was_opened_in_files_is_logged_as_the_answer_to_its_message(app: Flask) -> None:
    message = inbound("hola")
    opened_in_files = Turn(message, LeadMemory(MARIA), TurnState.OURS)
    closed = _close(opened_in_files, points=5, answer=reply("La primera"))
    assert closed.state is TurnState.ANSWERED
    again = _open(message)
    assert (again.state, again.reply) == (TurnState.ANSWERED, reply("La primera"))
    late = _close(opened_in_files, points=5)
    assert (late.reply, late.memory.lead_score) == (reply("La primera"), 5)


def test_a_lead_who_was_erased_meanwhile_is_not_brought_back(app: Flask) -> None:
    _close(_open(inbound("hola")), facts={"name": "Ana", "email": "ana@example.com"})
    turn = _open(inbound("otra"))
    _run("DELETE FROM user_memory")
    closed = _close(turn, points=5, facts={"level": "avanzado"})
    assert closed.memory == _known(MARIA)
    assert closed.memory.name is None
    assert told(closed.memory) == {"level": "avanzado"}
    assert closed.memory.interaction_count == 1


def test_nothing_is_stored_before_the_caller_commits(app: Flask) -> None:
    STORE.close_turn(STORE.open_turn(inbound("hola"), LEASE_S), change(), reply())
    db.session.rollback()
    assert _log() == []
    assert STORE.load(MARIA) is None


def test_an_opaque_id_is_a_lead_like_any_other(app: Flask) -> None:
    user_id = "US.13491208655302741918"
    _close(_open(inbound("hola", user_id)), facts={"name": "Ana"})
    assert _known(user_id).name == "Ana"


def _open(message: InboundMessage) -> Turn:
    return database.write(lambda: STORE.open_turn(message, LEASE_S))


def _close(turn: Turn, answer: Reply | None = None, **fields: object) -> Turn:
    return database.write(lambda: STORE.close_turn(turn, change(**fields), answer or reply()))


def _closing(turn: Turn, fact: str):
    return lambda: STORE.close_turn(turn, change(1, facts={fact: True}), reply())


def _known(user_id: str) -> LeadMemory:
    db.session.rollback()
    memory = STORE.load(user_id)
    assert memory
    return memory


def _at_once(app: Flask, *works) -> list[Turn]:
    """Each work in a thread with an app context, hence a connection, of its own."""

    def committed(work):
        def run() -> Turn:
            with app.app_context():
                return database.write(work)

        return run

    return at_the_same_instant(*map(committed, works))


def _log() -> list[tuple]:
    db.session.rollback()
    return _run("SELECT message_sid, user_id, direction, body, intent FROM messages ORDER BY id")


def _age_claims(seconds: float) -> None:
    _run(f"UPDATE messages SET claimed_at = claimed_at - interval '{seconds} seconds'")


def _insert_lead(**documents: object) -> None:
    names = ", ".join(documents)
    values = ", ".join(f"CAST(:{name} AS jsonb)" for name in documents)
    db.session.execute(
        text(f"INSERT INTO user_memory (user_id, {names}) VALUES (:user_id, {values})"),
        {name: json.dumps(value) for name, value in documents.items()} | {"user_id": MARIA},
    )
    db.session.commit()


def _run(statement: str) -> list[tuple]:
    result = db.session.connection().exec_driver_sql(statement)
    rows = [tuple(row) for row in result] if result.returns_rows else []
    db.session.commit()
    return rows
