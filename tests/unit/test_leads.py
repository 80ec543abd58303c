"""What a message changes in a lead, and under which ids one person is known."""

from datetime import timedelta
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.models.leads import HISTORY_TURNS, LeadChange, LeadMemory, number_variants
from bot.models.scores import MAX_SCORE
from tests.stores import builders
from tests.stores.builders import MARIA, NOON, later, said, told

change = partial(builders.change, points=0)
NOBODY = LeadMemory(MARIA)
FACTS = st.dictionaries(
    st.text("abc", max_size=2), st.one_of(st.none(), st.integers(), st.text(max_size=5)), max_size=5
)
NUMBERS = st.one_of(
    st.from_regex(r"521\d{10}|52\d{10}|549\d{10}|54\d{10}", fullmatch=True),
    st.from_regex(r"[1-9][0-9]{5,14}", fullmatch=True),
    st.text(),
)


def test_the_first_message_makes_the_lead_known() -> None:
    memory = change(said=(said("hola"),)).apply_to(NOBODY)
    assert memory == LeadMemory(
        MARIA,
        interaction_count=1,
        first_interaction_at=NOON,
        last_interaction_at=NOON,
        message_history=(said("hola"),),
    )


def test_name_and_role_have_columns_and_other_facts_go_beside_them() -> None:
    facts = {"name": "Ana", "role": "contadora", "level": "intermedio"}
    memory = change(facts=facts).apply_to(NOBODY)
    assert (memory.name, memory.role) == ("Ana", "contadora")
    assert told(memory) == {"level": "intermedio"}


def test_what_a_message_does_not_say_stays() -> None:
    known = LeadMemory(MARIA, name="Ana", role="contadora", additional_data={"level": "avanzado"})
    memory = change(facts={"budget": 300}).apply_to(known)
    assert (memory.name, memory.role) == ("Ana", "contadora")
    assert told(memory) == {"level": "avanzado", "budget": 300}


def test_none_removes_a_fact() -> None:
    known = LeadMemory(MARIA, name="Ana", additional_data={"level": "avanzado", "stage": "new"})
    memory = change(facts={"level": None, "name": None, "unknown": None}).apply_to(known)
    assert memory.name is None
    assert memory.additional_data == {"stage": "new"}


def test_interests_and_pains_are_added_once_in_the_order_they_were_said() -> None:
    known = LeadMemory(MARIA, interests=("ia", "excel"), pain_points=("reportes",))
    memory = change(interests=("python", "ia"), pain_points=("ventas",)).apply_to(known)
    assert memory.interests == ("ia", "excel", "python")
    assert memory.pain_points == ("reportes", "ventas")


def test_the_first_meeting_stays_and_a_late_message_does_not_turn_time_back() -> None:
    known = LeadMemory(MARIA, first_interaction_at=NOON, last_interaction_at=later(60))
    memory = change(at=later(30)).apply_to(known)
    assert memory.first_interaction_at == NOON
    assert memory.last_interaction_at == later(60)


def test_history_holds_the_last_turns_only() -> None:
    memory = NOBODY
    for number in range(HISTORY_TURNS):
        memory = change(said=(said(f"{number}"), said("¡Hola!"))).apply_to(memory)
    assert len(memory.message_history) == HISTORY_TURNS
    assert memory.message_history[-2]["content"] == f"{HISTORY_TURNS - 1}"


def test_a_change_leaves_the_memory_it_was_applied_to_untouched() -> None:
    known = LeadMemory(MARIA, additional_data={"level": "avanzado"})
    change(facts={"level": "intermedio"}, interests=("ia",)).apply_to(known)
    assert known == LeadMemory(MARIA, additional_data={"level": "avanzado"})


@given(st.lists(st.integers(-200, 200)))
def test_the_score_stays_between_nought_and_its_highest(points: list[int]) -> None:
    memory = NOBODY
    for number in points:
        memory = change(points=number).apply_to(memory)
        assert 0 <= memory.lead_score <= MAX_SCORE
    assert memory.interaction_count == len(points)


@given(FACTS, FACTS)
def test_facts_merge_like_a_dictionary_in_which_none_deletes(
    first: dict[str, object], second: dict[str, object]
) -> None:
    memory = change(facts=second).apply_to(change(facts=first).apply_to(NOBODY))
    expected = {key: value for key, value in (first | second).items() if value is not None}
    assert memory.additional_data == expected


@given(st.permutations([(3, "ia"), (7, "excel"), (-2, "python")]))
def test_the_order_of_two_writers_does_not_lose_what_either_learnt(
    order: list[tuple[int, str]],
) -> None:
    memory = NOBODY
    for points, interest in order:
        at = NOON + timedelta(seconds=points)
        memory = LeadChange(at, interests=(interest,)).apply_to(memory)
    assert memory.interaction_count == 3
    assert set(memory.interests) == {"ia", "excel", "python"}
    assert memory.last_interaction_at == later(7)


def test_what_was_only_concluded_gives_way_to_what_is_said_and_never_the_other_way() -> None:
    guessed = change(facts={"level": "principiante"}, unsure=("level",)).apply_to(NOBODY)
    assert told(guessed) == {"level": "principiante", "unsure": ["level"]}
    said_so = change(facts={"level": "avanzado"}).apply_to(guessed)
    assert told(said_so) == {"level": "avanzado"}
    again = change(facts={"level": "principiante"}, unsure=("level",)).apply_to(said_so)
    assert told(again) == {"level": "avanzado"}


def test_what_is_not_wanted_is_no_interest_any_longer() -> None:
    known = LeadMemory(MARIA, interests=("marketing digital", "excel"))
    assert change(dropped=("marketing",)).apply_to(known).interests == ("excel",)


def test_each_fact_keeps_when_it_was_told_last() -> None:
    first = LeadChange(at=NOON, facts={"name": "Ana", "level": "avanzado"}, interests=("ventas",))
    later = LeadChange(at=NOON + timedelta(days=2), facts={"name": "Ana Ruiz"})
    memory = later.apply_to(first.apply_to(LeadMemory("1")))
    assert memory.noted_at("name") == NOON + timedelta(days=2)
    assert memory.noted_at("level") == memory.noted_at("interests") == NOON
    assert memory.noted_at("role") is None


@pytest.mark.parametrize("kept", [None, 5, [], {"name": 7}, {"name": "yesterday"}])
def test_ages_that_cannot_be_read_are_none(kept: object) -> None:
    memory = LeadMemory("1", additional_data={"noted_at": kept})
    assert memory.noted_at("name") is None


def test_what_a_day_costs_adds_up_and_is_forgotten_on_the_next() -> None:
    memory = LeadMemory("1")
    for usd in (0.25, 0.5):
        memory = LeadChange(at=NOON, usd=usd).apply_to(memory)
    assert memory.spent_on(NOON.date().isoformat()) == 0.75
    tomorrow = NOON + timedelta(days=1)
    assert memory.spent_on(tomorrow.date().isoformat()) == 0
    memory = LeadChange(at=tomorrow, usd=1).apply_to(memory)
    assert memory.spent_on(tomorrow.date().isoformat()) == 1


@pytest.mark.parametrize("opted_out", [True, False])
def test_to_forget_leaves_only_that_nobody_shall_write(opted_out: bool) -> None:
    known = LeadMemory(
        MARIA,
        name="Ana",
        interests=("excel",),
        lead_score=40,
        interaction_count=3,
        message_history=(said("hola"),),
        additional_data={"email": "ana@example.com", "opted_out": opted_out},
    )
    forgotten = change(forgets=True, said=(said("bórrame"),)).apply_to(known)
    kept = {"opted_out": True} if opted_out else {}
    assert forgotten == LeadMemory(MARIA, additional_data=kept)


def test_mexican_and_argentinian_mobiles_have_two_spellings() -> None:
    assert number_variants("5215512345678") == ("5215512345678", "525512345678")
    assert number_variants("525512345678") == ("525512345678", "5215512345678")
    assert number_variants("5491123456789") == ("5491123456789", "541123456789")
    assert number_variants("541123456789") == ("541123456789", "5491123456789")


def test_other_countries_and_opaque_ids_have_one() -> None:
    for user_id in ("34600111222", "573001234567", "52155", "US.1349", "", "525512345678x"):
        assert number_variants(user_id) == (user_id,)


@given(NUMBERS)
def test_variants_are_mutual_distinct_and_begin_with_the_given_id(user_id: str) -> None:
    variants = number_variants(user_id)
    assert variants[0] == user_id
    assert len(set(variants)) == len(variants)
    for variant in variants:
        assert set(number_variants(variant)) == set(variants)
