"""Two memories of one person become one, whichever comes first, and nothing is lost."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.models.leads import HISTORY_TURNS, STAGES, LeadMemory
from bot.models.merging import joined, merged
from bot.models.scores import MAX_SCORE
from tests.stores.builders import MARIA, NOON

MARIA_SHORT = "525512345678"
SOMEBODY = "US.1349"
TOLD = ("name", "role", "email", "level", "budget")


def day(number: int) -> datetime:
    return NOON + timedelta(days=number)


def iso(number: int) -> str:
    return day(number).isoformat()


def lead(last: int | None = None, user_id: str = MARIA, **fields: Any) -> LeadMemory:
    """A memory that was added to last on the day ``last``; keywords without a column are facts."""
    columns = {name: fields.pop(name) for name in LeadMemory.__slots__ if name in fields}
    at = None if last is None else day(last)
    return LeadMemory(user_id, last_interaction_at=at, additional_data=fields, **columns)


def turn(number: int) -> dict[str, str]:
    return {"role": "user", "content": f"turn {number}", "timestamp": iso(number)}


def receipt(event: str, number: int) -> dict[str, str]:
    return {"event": event, "text": "", "at": iso(number), "message_sid": f"SM{number}"}


def consent(*receipts: dict[str, str], state: str = "accepted") -> dict[str, Any]:
    return {"state": state, "receipts": [*receipts]}


def entry(points: float, number: int, half_life_days: float | None = None) -> dict[str, Any]:
    return {
        "points": points,
        "at": iso(number),
        "message_sid": f"SM{number}",
        "half_life_days": half_life_days,
    }


def unordered(memory: LeadMemory) -> LeadMemory:
    """Without the order of what was said in no order that matters."""
    return replace(
        memory,
        interests=tuple(sorted(memory.interests)),
        pain_points=tuple(sorted(memory.pain_points)),
    )


def either_way(one: LeadMemory, other: LeadMemory) -> LeadMemory:
    """Both in one, which is the same whichever comes first."""
    memory = merged(one, other)
    assert merged(other, one) == replace(memory, user_id=other.user_id)
    return memory


# Anything that may be in a memory, at any moment

WORDS = st.sampled_from("abc")
DAYS = st.integers(0, 6)
MOMENTS = DAYS.map(day)
EVENTS = st.sampled_from(["accepted", "refused", "opted_in", "opted_out"])
LISTS = st.lists(WORDS, max_size=3, unique=True)
TUPLES = LISTS.map(tuple)
FACTS = st.fixed_dictionaries(
    {},
    optional={
        "email": WORDS,
        "level": st.none() | WORDS,
        "objections": LISTS,
        "de_otro_bot": st.none() | WORDS | LISTS | st.dictionaries(WORDS, WORDS, max_size=2),
        "opted_out": st.booleans(),
        "stage": st.sampled_from([*STAGES, "lead caliente"]),
        "noted_at": st.dictionaries(st.sampled_from(TOLD), DAYS.map(iso)),
        "spent": st.fixed_dictionaries({"day": WORDS, "usd": st.sampled_from([0.1, 0.2])}),
        "consent": st.lists(st.builds(receipt, EVENTS, DAYS), max_size=3).map(
            lambda receipts: consent(*receipts)
        ),
        "score": st.dictionaries(
            WORDS, st.builds(entry, st.integers(-9, 99), DAYS, st.sampled_from([None, 30.0]))
        ),
        "unsure": st.lists(st.sampled_from(TOLD), unique=True),
        "context": st.fixed_dictionaries({"asked": WORDS}),
        "refused_interests": LISTS,
    },
)


def memories(*user_ids: str) -> st.SearchStrategy[LeadMemory]:
    return st.builds(
        LeadMemory,
        st.sampled_from(user_ids or [MARIA]),
        name=st.none() | WORDS,
        role=st.none() | WORDS,
        interests=TUPLES,
        pain_points=TUPLES,
        lead_score=st.integers(0, MAX_SCORE),
        interaction_count=st.integers(0, 30),
        first_interaction_at=st.none() | MOMENTS,
        last_interaction_at=st.none() | MOMENTS,
        message_history=st.lists(st.builds(turn, DAYS), max_size=HISTORY_TURNS).map(tuple),
        additional_data=FACTS,
    )


# What one bot keeps: at one moment there was one thing to know


@st.composite
def kept(draw: st.DrawFn, last: st.SearchStrategy[int]) -> LeadMemory:
    """A memory whose facts and receipts follow from the days on which they were told."""
    told = draw(st.dictionaries(st.sampled_from(TOLD), DAYS))
    facts = {name: f"{name} {number}" for name, number in told.items()}
    columns = {name: facts.pop(name) for name in ("name", "role") if name in facts}
    extra: dict[str, Any] = facts | {
        "noted_at": {name: iso(number) for name, number in told.items()},
        "score": {name: entry(10 + n, n, 30) for name, n in draw(_BY_DAY).items()},
        "refused_interests": draw(LISTS),
        "opted_out": draw(st.booleans()),
        "stage": draw(st.sampled_from(STAGES)),
        "objections": draw(LISTS),
    }
    agreed = sorted(draw(st.sets(DAYS, max_size=3)))
    if agreed:
        events = [receipt(_EVENT_OF_DAY[each], each) for each in agreed]
        extra["consent"] = consent(*events, state=events[-1]["event"])
    said = sorted(draw(st.sets(st.integers(0, 40), max_size=HISTORY_TURNS)))
    return LeadMemory(
        MARIA,
        **columns,
        interests=draw(TUPLES),
        pain_points=draw(TUPLES),
        interaction_count=draw(st.integers(0, 30)),
        first_interaction_at=draw(MOMENTS),
        last_interaction_at=day(draw(last)),
        message_history=tuple(map(turn, said)),
        additional_data=extra,
    )


_BY_DAY = st.dictionaries(WORDS, DAYS)
_EVENT_OF_DAY = [
    "accepted",
    "opted_out",
    "opted_in",
    "refused",
    "opted_out",
    "opted_in",
    "accepted",
]
ON_EVEN_DAYS = kept(st.integers(4, 6).map(lambda number: 2 * number))
ON_ODD_DAYS = kept(st.integers(4, 6).map(lambda number: 2 * number + 1))


# Laws


@given(memory=memories(MARIA, SOMEBODY))
@settings(deadline=None)
def test_a_memory_merged_with_itself_stays_as_it_is(memory: LeadMemory) -> None:
    assert merged(memory, memory) == memory


@given(memory=memories())
@settings(deadline=None)
def test_the_same_memory_under_another_id_adds_nothing(memory: LeadMemory) -> None:
    assert merged(memory, replace(memory, user_id=MARIA_SHORT)) == memory
    assert merged(memory, replace(memory, user_id=SOMEBODY)) == memory


@given(one=memories(), other=memories(MARIA, MARIA_SHORT, SOMEBODY))
@settings(deadline=None)
def test_it_does_not_matter_which_comes_first(one: LeadMemory, other: LeadMemory) -> None:
    assert merged(one, other) == replace(merged(other, one), user_id=one.user_id)


@given(one=ON_EVEN_DAYS, other=ON_ODD_DAYS)
@settings(deadline=None)
def test_merging_the_same_again_changes_nothing(one: LeadMemory, other: LeadMemory) -> None:
    memory = unordered(merged(one, other))
    assert unordered(merged(memory, other)) == memory
    assert unordered(merged(memory, one)) == memory


@given(one=memories(), other=memories(SOMEBODY))
@settings(deadline=None)
def test_neither_memory_is_changed(one: LeadMemory, other: LeadMemory) -> None:
    before = repr((one, other))
    merged(one, other)
    assert repr((one, other)) == before


def noted_without_a_value(memory: LeadMemory) -> set[str]:
    """Facts that were taken away: it is noted when, and nothing stands there."""
    noted = memory.additional_data.get("noted_at") or {}
    return {name for name in noted if memory.fact(name) is None}


def test_a_fact_that_was_taken_away_does_not_come_back() -> None:
    told = lead(1, level="avanzado")
    taken_away = lead(3, noted_at={"level": day(3).isoformat()})
    assert either_way(told, taken_away).fact("level") is None
    assert either_way(lead(5, level="medio"), taken_away).fact("level") == "medio"


@given(one=memories(), other=memories(MARIA_SHORT, SOMEBODY))
@settings(deadline=None)
def test_nothing_that_only_one_knows_is_lost(one: LeadMemory, other: LeadMemory) -> None:
    memory = merged(one, other)
    assert memory.user_id == one.user_id
    assert set(memory.pain_points) == {*one.pain_points, *other.pain_points}
    refused = {*one.values("refused_interests"), *other.values("refused_interests")}
    interests = {*one.interests, *other.interests}
    assert interests - refused <= set(memory.interests) <= interests
    taken_away = {*noted_without_a_value(one), *noted_without_a_value(other)}
    for name in {*TOLD, "objections", "de_otro_bot", "context", "spent"} - taken_away:
        known = [each.fact(name) for each in (one, other) if each.fact(name) is not None]
        assert (memory.fact(name) is not None) is bool(known)
        assert len(known) != 1 or memory.fact(name) == known[0]


@given(one=memories(), other=memories())
@settings(deadline=None)
def test_nobody_moves_back(one: LeadMemory, other: LeadMemory) -> None:
    reached = [each.additional_data.get("stage") for each in (one, other)]
    ours = [STAGES.index(stage) for stage in reached if stage in STAGES]
    if ours:
        assert merged(one, other).additional_data["stage"] == STAGES[max(ours)]


@given(one=memories(), other=memories())
@settings(deadline=None)
def test_a_score_is_never_out_of_bounds_and_nought_for_who_left(
    one: LeadMemory, other: LeadMemory
) -> None:
    memory = merged(one, replace(other, name="another"))
    assert 0 <= memory.lead_score <= MAX_SCORE
    assert memory.lead_score == 0 or not memory.opted_out


# Facts


@pytest.mark.parametrize("name", TOLD)
def test_a_fact_is_as_it_was_told_last(name: str) -> None:
    older = lead(5, **{name: "before"}, noted_at={name: iso(1)})
    newer = lead(3, **{name: "after"}, noted_at={name: iso(2)})
    memory = either_way(older, newer)
    assert memory.fact(name) == "after"
    assert memory.noted_at(name) == day(2)


@pytest.mark.parametrize("name", TOLD)
def test_a_fact_of_unknown_age_is_as_old_as_its_memory(name: str) -> None:
    assert either_way(lead(1, **{name: "x"}), lead(2, **{name: "y"})).fact(name) == "y"
    noted = lead(9, **{name: "x"}, noted_at={name: iso(1)})
    assert either_way(noted, lead(2, **{name: "y"})).fact(name) == "y"
    assert either_way(noted, lead(0, **{name: "y"})).fact(name) == "x"


@pytest.mark.parametrize("empty", [None, ""], ids=["none", "empty"])
@pytest.mark.parametrize("name", TOLD)
def test_a_fact_that_only_the_older_memory_has_is_kept(name: str, empty: str | None) -> None:
    assert either_way(lead(1, **{name: "x"}), lead(2, **{name: empty})).fact(name) == "x"


@pytest.mark.parametrize("value", [0, False, 0.0], ids=["nought", "false", "nought point nought"])
def test_nought_is_a_fact_too(value: Any) -> None:
    memory = either_way(lead(1, budget=300), lead(2, budget=value))
    assert memory.additional_data == {"budget": value}


def test_what_an_older_bot_left_is_kept() -> None:
    one = lead(1, de_uno={"a": [1]}, de_ambos=["x", "y"], nada=None)
    memory = either_way(one, lead(2, de_otro=[{"b": 2}], de_ambos=["y", "z"]))
    assert memory.additional_data == {
        "de_uno": {"a": [1]},
        "de_otro": [{"b": 2}],
        "de_ambos": ["x", "y", "z"],
        "nada": None,
    }


def test_a_list_and_something_else_under_one_name_give_the_later_one() -> None:
    memory = either_way(lead(1, de_ambos=["x"]), lead(2, de_ambos="y"))
    assert memory.additional_data == {"de_ambos": "y"}


def test_doubts_go_with_the_value_that_is_taken() -> None:
    guessed, told = {"level": "avanzado", "unsure": ["level"]}, {"level": "principiante"}
    assert either_way(lead(1, **guessed), lead(2, **told)).values("unsure") == []
    assert either_way(lead(2, **guessed), lead(1, **told)).values("unsure") == ["level"]


def test_the_context_is_that_of_the_later_memory() -> None:
    memory = either_way(lead(1, context={"asked": "x"}), lead(2, context={"asked": "y"}))
    assert memory.additional_data == {"context": {"asked": "y"}}


@pytest.mark.parametrize(
    ("one", "other", "spent"),
    [
        (("2026-03-02", 0.9), ("2026-03-03", 0.1), ("2026-03-03", 0.1)),
        (("2026-03-03", 0.3), ("2026-03-03", 0.1), ("2026-03-03", 0.3)),
    ],
    ids=["the later day", "one day"],
)
def test_what_a_day_cost_is_not_counted_twice(
    one: tuple[str, float], other: tuple[str, float], spent: tuple[str, float]
) -> None:
    first, second = (lead(1, spent={"day": at, "usd": usd}) for at, usd in (one, other))
    memory = either_way(first, second)
    assert memory.additional_data == {"spent": {"day": spent[0], "usd": spent[1]}}


# Interests


def test_lists_keep_the_order_of_the_one_that_has_it_all_else_that_of_telling() -> None:
    older = lead(1, interests=("excel", "ia"), pain_points=("ventas",))
    newer = lead(2, interests=("ia", "python"), pain_points=("reportes", "ventas"))
    memory = either_way(older, newer)
    assert memory.interests == ("excel", "ia", "python")
    assert memory.pain_points == ("reportes", "ventas")


@pytest.mark.parametrize(
    ("older", "newer", "interests"),
    [
        ({"interests": ("excel",)}, {"refused_interests": ["excel"]}, ()),
        ({"refused_interests": ["excel"]}, {"interests": ("excel",)}, ("excel",)),
        ({"interests": ("excel", "ia")}, {"refused_interests": ["excel"]}, ("ia",)),
        ({"interests": ("excel",)}, {"refused_interests": "excel"}, ("excel",)),
    ],
    ids=["refused later", "wanted again", "only the refused one", "no list"],
)
def test_what_was_refused_is_no_interest_unless_it_was_wanted_again(
    older: dict[str, Any], newer: dict[str, Any], interests: tuple[str, ...]
) -> None:
    assert either_way(lead(1, **older), lead(2, **newer)).interests == interests


# Counts and times


@pytest.mark.parametrize(
    ("user_id", "count"),
    [(MARIA, 7), (MARIA_SHORT, 7), (SOMEBODY, 10)],
    ids=["the same id", "a variant of the number", "another id"],
)
def test_messages_are_added_up_unless_they_may_be_the_same(user_id: str, count: int) -> None:
    one = lead(1, interaction_count=3)
    other = lead(2, user_id=user_id, interaction_count=7)
    assert either_way(one, other).interaction_count == count


def test_what_was_found_elsewhere_of_one_person_counts_once() -> None:
    found = lead(2, user_id=SOMEBODY, interaction_count=7)
    memory = joined(lead(1, interaction_count=3), found)
    assert (memory.user_id, memory.interaction_count) == (MARIA, 7)
    assert joined(None, found) == found


def test_the_first_and_the_last_meeting_are_those_of_both() -> None:
    one = lead(5, first_interaction_at=day(2))
    memory = either_way(one, lead(4, first_interaction_at=day(1)))
    assert (memory.first_interaction_at, memory.last_interaction_at) == (day(1), day(5))


def test_a_meeting_that_only_one_knows_of_is_kept() -> None:
    memory = either_way(lead(first_interaction_at=day(1)), lead(5))
    assert (memory.first_interaction_at, memory.last_interaction_at) == (day(1), day(5))


# Consent, and who asked not to be written to


@pytest.mark.parametrize(
    ("left", "stayed", "opted_out"),
    [
        ({}, {}, True),
        ({}, {"opted_out": False}, True),
        ({}, {"consent": consent(receipt("accepted", 9))}, True),
        ({"consent": consent(receipt("opted_out", 3))}, {}, True),
        (
            {"consent": consent(receipt("opted_out", 3))},
            {"consent": consent(receipt("opted_in", 2))},
            True,
        ),
        (
            {"consent": consent(receipt("opted_out", 3))},
            {"consent": consent(receipt("opted_in", 4))},
            False,
        ),
        (
            {"consent": consent(receipt("opted_out", 3))},
            {"consent": consent(receipt("opted_out", 3), receipt("opted_in", 5))},
            False,
        ),
        ({}, {"consent": consent(receipt("opted_in", 4))}, False),
    ],
    ids=[
        "no receipts",
        "said to be false",
        "another receipt",
        "one receipt",
        "back before",
        "back after",
        "both in one",
        "back without the first",
    ],
)
def test_a_no_holds_until_it_is_taken_back(
    left: dict[str, Any], stayed: dict[str, Any], opted_out: bool
) -> None:
    memory = either_way(lead(3, opted_out=True, lead_score=40, **left), lead(9, **stayed))
    assert memory.opted_out is opted_out
    assert ("opted_out" in memory.additional_data) is opted_out


def test_a_no_of_the_later_memory_holds() -> None:
    memory = either_way(lead(1, lead_score=50), lead(2, opted_out=True, lead_score=50))
    assert memory.opted_out
    assert memory.lead_score == 0


@given(one=st.sets(DAYS, min_size=1), other=st.sets(DAYS, min_size=1), last=st.permutations([8, 9]))
@settings(deadline=None)
def test_receipts_are_united_in_order(one: set[int], other: set[int], last: list[int]) -> None:
    receipts = [[receipt("accepted", each) for each in sorted(days)] for days in (one, other)]
    first, second = (
        lead(at, consent=consent(*each)) for at, each in zip(last, receipts, strict=True)
    )
    united = either_way(first, second).additional_data["consent"]["receipts"]
    assert united == [receipt("accepted", each) for each in sorted(one | other)]


@pytest.mark.parametrize(("state", "other"), [("accepted", "refused"), ("refused", "accepted")])
@pytest.mark.parametrize("last", [1, 9], ids=["of the older memory", "of the newer memory"])
def test_the_state_of_consent_is_the_one_of_the_last_receipt(
    last: int, state: str, other: str
) -> None:
    decided = lead(last, consent=consent(receipt("opted_in", 4), state=state))
    before = lead(5, consent=consent(receipt("opted_out", 3), state=other))
    memory = either_way(decided, before)
    assert memory.additional_data["consent"] == consent(
        receipt("opted_out", 3), receipt("opted_in", 4), state=state
    )


def test_a_consent_that_only_one_knows_of_is_kept() -> None:
    refused = consent(receipt("refused", 3), state="refused")
    memory = either_way(lead(3, consent=refused), lead(5))
    assert memory.additional_data["consent"] == refused
    assert memory.refused_consent


# The stage and the score


@pytest.mark.parametrize(
    ("older", "newer", "stage"),
    [
        ("buying", "exploring", "buying"),
        ("exploring", "buying", "buying"),
        ("caliente", "new", "new"),
        ("new", "caliente", "new"),
        ("tibio", "caliente", "caliente"),
        ("closed", None, "closed"),
    ],
)
def test_the_stage_is_the_furthest_that_is_one_of_ours(
    older: str, newer: str | None, stage: str
) -> None:
    memory = either_way(lead(1, stage=older), lead(2, stage=newer))
    assert memory.additional_data == {"stage": stage}


def test_a_plain_score_is_that_of_the_later_memory() -> None:
    assert either_way(lead(1, lead_score=80), lead(2, lead_score=30)).lead_score == 30


def test_signals_are_united_and_each_is_the_later_one() -> None:
    older = lead(1, lead_score=99, score={"a": entry(10, 0), "b": entry(5, 1)})
    newer = lead(2, lead_score=99, score={"a": entry(20, 2), "c": entry(7, 0)})
    memory = either_way(older, newer)
    assert memory.additional_data["score"] == {
        "a": entry(20, 2),
        "b": entry(5, 1),
        "c": entry(7, 0),
    }
    assert memory.lead_score == 32


def test_signals_fade_until_the_last_message_of_either() -> None:
    memory = either_way(lead(0, score={"a": entry(40, 0, 30)}), lead(30))
    assert memory.lead_score == 20


def test_signals_count_more_than_a_plain_score() -> None:
    assert either_way(lead(1, score={"a": entry(40, 0)}), lead(2, lead_score=90)).lead_score == 40


# What was said


@given(one=st.sets(st.integers(0, 60)), other=st.sets(st.integers(0, 60)))
@settings(deadline=None)
def test_what_was_said_is_united_by_time_up_to_the_last_turns(
    one: set[int], other: set[int]
) -> None:
    histories = [tuple(map(turn, sorted(days)[-HISTORY_TURNS:])) for days in (one, other)]
    first, second = (
        lead(at, message_history=each) for at, each in zip((70, 71), histories, strict=True)
    )
    memory = either_way(first, second)
    assert memory.message_history == tuple(map(turn, sorted(one | other)[-HISTORY_TURNS:]))


def test_answers_stay_behind_what_they_answer() -> None:
    turns = [{**turn(1), "role": role, "content": role} for role in ("user", "assistant")]
    memory = either_way(lead(1, message_history=(turn(0), *turns)), lead(2, message_history=()))
    assert memory.message_history == (turn(0), *turns)


def test_turns_without_a_time_come_first() -> None:
    untimed = ({"content": "x"}, {"content": "y", "timestamp": "ayer"}, {"timestamp": None})
    memory = either_way(lead(1, message_history=(turn(1),)), lead(2, message_history=untimed))
    assert memory.message_history == (*untimed, turn(1))


# What was left by older bots


def local(number: int) -> str:
    return day(number).replace(tzinfo=None).isoformat()


def test_times_without_a_zone_are_taken_as_utc() -> None:
    here = [{"content": f"{number}", "timestamp": local(number)} for number in (0, 2)]
    one = lead(5, name="Ana", noted_at={"name": local(3)}, message_history=tuple(here))
    other = lead(4, name="Eva", noted_at={"name": iso(2)}, message_history=(turn(1),))
    memory = either_way(one, other)
    assert memory.name == "Ana"
    assert memory.message_history == (here[0], turn(1), here[1])


@pytest.mark.parametrize("name", ["noted_at", "consent", "score", "spent", "unsure", "stage"])
@pytest.mark.parametrize("damaged", [None, 7, "x", [], ["x"], {"name": 7}, {"receipts": "x"}])
def test_what_cannot_be_read_does_not_stop_it(name: str, damaged: Any) -> None:
    memory = either_way(lead(1, name="Ana", **{name: damaged}), lead(2, name="Eva", level="x"))
    assert (memory.name, memory.fact("level")) == ("Eva", "x")
