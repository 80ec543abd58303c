"""What a conversation is about: kept and read back, grown old, and damaged in the memory."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.models.context import (
    COURSE_LASTS,
    LIST_LASTS,
    QUESTION_LASTS,
    Context,
    Mention,
    Question,
)
from bot.models.understanding import Intent

NOW = datetime(2027, 3, 1, 12, tzinfo=UTC)
SALES = Mention("c0ffee00-0000-4000-8000-000000000001", "Ventas con IA")
EXCEL = Mention("c0ffee00-0000-4000-8000-000000000002", "Excel y Finanzas con IA")
FULL = Context(
    at=NOW,
    asked=Question.ENROL,
    options=("PRICE_INQUIRY", "EXPLORATION"),
    shown=(SALES, EXCEL),
    course=SALES,
    before=EXCEL,
    topic="cursos de ventas",
    details=("start", "price"),
    intent="COURSE_DETAILS",
    waiting="¿cuánto cuesta?",
)
A_MOMENT = timedelta(seconds=1)


def read_after(age: timedelta) -> Context:
    return Context.read(FULL.as_json(), NOW + age)


# Kept and read back

MENTIONS = st.builds(Mention, st.text(min_size=1), st.text(min_size=1))
CONTEXTS = st.builds(
    Context,
    at=st.datetimes(timezones=st.just(UTC)),
    asked=st.none() | st.sampled_from(Question),
    options=st.lists(st.sampled_from(Intent), max_size=2).map(tuple),
    shown=st.lists(MENTIONS, max_size=3).map(tuple),
    course=st.none() | MENTIONS,
    before=st.none() | MENTIONS,
    topic=st.none() | st.text(min_size=1),
    details=st.lists(st.text(), max_size=2).map(tuple),
    intent=st.none() | st.text(min_size=1),
    waiting=st.none() | st.text(min_size=1),
)


@given(CONTEXTS)
def test_what_is_kept_is_read_back(context: Context) -> None:
    assert context.at
    kept = json.loads(json.dumps(context.as_json()))
    assert Context.read(kept, context.at) == context


def test_what_is_empty_is_not_kept() -> None:
    assert Context().as_json() == {}
    assert Context(at=NOW, course=SALES).as_json() == {
        "at": NOW.isoformat(),
        "course": [SALES.id_course, SALES.name],
    }


def test_a_moment_without_a_time_zone_is_utc() -> None:
    kept = FULL.as_json() | {"at": "2027-03-01T12:00:00"}
    assert Context.read(kept, NOW) == FULL


def test_the_age_is_the_same_in_every_time_zone() -> None:
    mexico = timezone(timedelta(hours=-6))
    kept = replace(FULL, at=NOW.astimezone(mexico)).as_json()
    assert Context.read(kept, NOW + QUESTION_LASTS).asked is Question.ENROL
    assert Context.read(kept, NOW + QUESTION_LASTS + A_MOMENT).asked is None


# Grown old


@pytest.mark.parametrize("age", [timedelta(), timedelta(hours=1), QUESTION_LASTS])
def test_a_fresh_context_is_whole(age: timedelta) -> None:
    assert read_after(age) == FULL


def test_a_moment_ahead_of_the_clock_is_fresh() -> None:
    assert read_after(-timedelta(hours=1)) == FULL


def test_after_a_day_no_question_is_open() -> None:
    old = read_after(QUESTION_LASTS + A_MOMENT)
    assert (old.asked, old.options, old.intent, old.details) == (None, (), None, ())
    assert (old.shown, old.course, old.topic) == (FULL.shown, SALES, FULL.topic)


def test_after_a_week_the_list_is_forgotten() -> None:
    old = read_after(LIST_LASTS + A_MOMENT)
    assert (old.asked, old.shown, old.topic) == (None, (), None)
    assert (old.course, old.before) == (SALES, EXCEL)
    assert read_after(LIST_LASTS).shown == FULL.shown


def test_after_a_month_the_course_is_forgotten() -> None:
    old = read_after(COURSE_LASTS + A_MOMENT)
    assert (old.shown, old.course, old.before) == ((), None, None)
    assert read_after(COURSE_LASTS).course == SALES


@given(st.timedeltas(min_value=timedelta(), max_value=timedelta(days=4000)), st.timedeltas())
def test_what_was_forgotten_does_not_come_back_with_age(age: timedelta, further: timedelta) -> None:
    younger, older = read_after(age), read_after(age + min(abs(further), timedelta(days=4000)))
    assert all(
        getattr(younger, name) or not getattr(older, name)
        for name in ("asked", "options", "shown", "course", "before", "topic", "details", "intent")
    )


# Damaged


@pytest.mark.parametrize(
    "kept",
    [
        *(None, "", "x", 5, 0.5, True, [], [1], {}),
        *({"at": None}, {"at": ""}, {"at": "ayer"}, {"at": 5}, {"at": []}, {"asked": "enrol"}),
    ],
)
def test_what_is_no_context_is_an_empty_one(kept: object) -> None:
    assert Context.read(kept, NOW) == Context()


@pytest.mark.parametrize(
    "damage",
    [
        {"asked": "whatever_an_older_bot_asked"},
        {"asked": 5},
        {"asked": {"a": 1}},
        {"shown": 5},
        {"shown": [None]},
        {"shown": [["only an id"]]},
        {"shown": [["id", "name", "more"]]},
        {"shown": [[]]},
        {"shown": {"a": 1}},
        {"course": 5},
        {"course": ["only an id"]},
        {"course": {"id_course": "1"}},
        {"before": True},
        {"options": 5},
        {"options": None},
        {"details": 0.5},
    ],
)
def test_a_damaged_context_is_an_empty_one(damage: dict[str, Any]) -> None:
    assert Context.read(FULL.as_json() | damage, NOW) == Context()


def test_what_a_newer_bot_adds_is_left_aside() -> None:
    assert Context.read(FULL.as_json() | {"mood": "happy"}, NOW) == FULL


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(list(FULL.as_json())), JSON), JSON)
def test_whatever_is_kept_it_can_be_read(damage: dict[str, Any], instead: Any) -> None:
    assert isinstance(Context.read(FULL.as_json() | damage, NOW), Context)
    assert isinstance(Context.read(instead, NOW), Context)


# The course under discussion


def test_turning_to_a_course_remembers_the_one_before() -> None:
    first = Context().turned_to(SALES)
    assert (first.course, first.before) == (SALES, None)
    second = first.turned_to(EXCEL)
    assert (second.course, second.before) == (EXCEL, SALES)
    back = second.turned_to(SALES)
    assert (back.course, back.before) == (SALES, EXCEL)


def test_turning_to_the_same_course_changes_its_name_only() -> None:
    renamed = Mention(SALES.id_course, "Ventas con IA, edición 2027")
    assert FULL.turned_to(renamed) == replace(FULL, course=renamed)
