"""How well the search answers people who write to the demo school, and how that is measured."""

import pytest
from flask import Flask

from benchmarks.search_quality import DEMO_QUERIES, Figures, Query, evaluate, load, names_found


@pytest.fixture
def figures(app: Flask) -> Figures:
    with app.app_context():
        measured = evaluate(load(DEMO_QUERIES), names_found)
    print("\nNot answered as well as can be:", *measured.misses, sep="\n  ")  # noqa: T201
    return measured


def test_people_find_what_the_school_teaches_and_nothing_else(figures: Figures) -> None:
    assert figures.recall_at_5 >= 0.97
    assert figures.mrr >= 0.9
    assert figures.nothings >= 0.9


def query(*relevant: str) -> Query:
    return Query("algo", "exact", frozenset(relevant))


def test_all_is_well_when_the_relevant_course_comes_first() -> None:
    assert evaluate([query("A")], lambda _: ["A", "B"]) == Figures(1, 1, 1, [])


def test_the_place_of_the_first_relevant_course_counts() -> None:
    figures = evaluate([query("A", "B")], lambda _: ["C", "B"])
    assert (figures.recall_at_5, figures.mrr, len(figures.misses)) == (0.5, 0.5, 1)


def test_only_the_first_five_places_count_for_recall() -> None:
    figures = evaluate([query("F")], lambda _: list("ABCDEF"))
    assert (figures.recall_at_5, figures.mrr) == (0, pytest.approx(1 / 6))


def test_more_relevant_courses_than_places_do_not_count_against_the_search() -> None:
    assert evaluate([query(*"ABCDEFG")], lambda _: list("ABCDE")).recall_at_5 == 1


def test_who_asks_for_what_is_not_taught_should_be_told_nothing() -> None:
    answers = iter([[], ["A"]])
    figures = evaluate([query(), query()], lambda _: next(answers))
    assert (figures.nothings, len(figures.misses)) == (0.5, 1)


def test_the_means_are_over_all_queries() -> None:
    answers = iter([["A"], []])
    figures = evaluate([query("A"), query("A")], lambda _: next(answers))
    assert (figures.recall_at_5, figures.mrr, figures.nothings) == (0.5, 0.5, 1)
