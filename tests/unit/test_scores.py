"""A lead's score: signals that add up, fade, and can be explained."""

from datetime import timedelta
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.models.leads import LeadMemory
from bot.models.scores import Signal, add, after_silence, read_ledger, total, write_ledger
from bot.models.understanding import Facts, Intent
from bot.services import scoring
from tests.stores import builders
from tests.stores.builders import MARIA, NOON

DAY = timedelta(days=1)
change = partial(builders.change, points=0)
SIGNALS = st.builds(
    Signal,
    name=st.sampled_from("abc"),
    points=st.sampled_from([-20, -5, 5, 30]),
    most=st.sampled_from([-30, 40]),
    half_life_days=st.sampled_from([None, 7.0, 30.0]),
).filter(lambda signal: (signal.points > 0) == (signal.most > 0))
HISTORIES = st.lists(st.tuples(st.integers(0, 90), SIGNALS), max_size=20)


def asked_price(at=NOON, memory: LeadMemory | None = None, sid: str = "SM1") -> LeadMemory:
    signals = scoring.signals(Intent.PRICE_INQUIRY, Facts(), "considering", None)
    return change(at=at, signals=signals, message_sid=sid).apply_to(memory or LeadMemory(MARIA))


def test_a_score_is_told_with_its_reasons_and_the_message_of_each():
    memory = asked_price()
    reasons = {reason.signal: reason for reason in scoring.reasons(memory)}
    assert reasons["intent:PRICE_INQUIRY"].reason == "preguntó el precio"
    assert reasons["intent:PRICE_INQUIRY"].message_sid == "SM1"
    assert round(sum(reason.points for reason in reasons.values())) == memory.lead_score


def test_asking_twice_adds_up_to_a_limit():
    once, memory = asked_price(), LeadMemory(MARIA)
    for _ in range(20):
        memory = asked_price(memory=memory)
    assert once.lead_score < memory.lead_score < 2.5 * once.lead_score


def test_points_are_halved_in_their_time():
    ledger = add({}, [Signal("a", 40, 40, 14)], NOON, "SM1")
    assert [total(ledger, NOON + days * DAY) for days in (0, 14, 28)] == [40, 20, 10]


def test_what_a_person_told_of_themselves_does_not_fade():
    memory = change(signals=scoring.signals(None, Facts(email="a@b.example"), None, None))
    score = memory.apply_to(LeadMemory(MARIA)).lead_score
    assert score > 0
    later = change(at=NOON + 365 * DAY).apply_to(memory.apply_to(LeadMemory(MARIA)))
    assert later.lead_score == score


def test_who_may_decide_is_worth_more():
    boss = scoring.signals(None, Facts(role="dueña de una panadería"), None, None)
    other = scoring.signals(None, Facts(role="panadera"), None, None)
    assert {signal.name for signal in boss} - {signal.name for signal in other} == {"decides"}


def test_who_left_is_not_warm_and_is_again_after_coming_back():
    left = change(facts={"opted_out": True}).apply_to(asked_price())
    assert left.lead_score == 0
    assert change(facts={"opted_out": None}).apply_to(left).lead_score == asked_price().lead_score


def test_silence_cools_a_lead_down():
    assert after_silence(80, NOON, NOON) == 80
    assert after_silence(80, NOON, NOON + 30 * DAY) == 40
    assert after_silence(80, None, NOON) == 80


def test_the_points_of_an_older_bot_count_as_one_signal():
    known = change(at=NOON).apply_to(LeadMemory(MARIA, lead_score=50))
    assert known.lead_score == 50
    assert change(at=NOON + 60 * DAY).apply_to(known).lead_score == 25


def test_a_signal_without_a_row_in_the_table_is_still_shown():
    memory = change(signals=(Signal("strange", 5, 5),)).apply_to(LeadMemory(MARIA))
    assert [reason.reason for reason in scoring.reasons(memory)] == ["strange"]


@given(HISTORIES)
def test_the_same_history_gives_the_same_score_however_it_was_stored(history):
    moments = [(NOON + days * DAY, signal) for days, signal in sorted(history, key=lambda x: x[0])]
    kept, stored = {}, {}
    for at, signal in moments:
        kept = add(kept, [signal], at, "SM1")
        stored = add(read_ledger(write_ledger(stored)), [signal], at, "SM1")
        assert 0 <= total(kept, at) <= 100
        assert abs(total(kept, at) - total(stored, at)) <= 1


@pytest.mark.parametrize("kept", [None, "x", [], {"a": 1}, {"a": {"points": "many"}}])
def test_a_ledger_that_cannot_be_read_is_empty(kept):
    assert read_ledger(kept) == {}
