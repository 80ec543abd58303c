"""The search in a snapshot: what the search statement does in PostgreSQL, done in Python.

It follows the statement of :mod:`bot.stores.course_search` with one liberty: words that the index
leaves out do not count for the distance between the words of a phrase.
"""

import sqlite3
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import chain, repeat
from math import inf, prod

from bot.stores import course_search
from bot.stores.course_search import Probe
from bot.stores.snapshot_conditions import (
    Condition,
    all_of,
    fits,
    lexemes,
    on_offer,
    one_of,
    says,
)

_LABEL_WEIGHTS = tuple(reversed(course_search.LABEL_WEIGHTS))
_LIKELY = "10, 3, 2, 1"
"""Both of name, descriptions, audience, titles."""

_WITH_EVERYTHING, _WITH_SOMETHING = 100, 200


@dataclass(frozen=True, slots=True)
class Ranked:
    """A course, by its number in the file; see :class:`bot.stores.course_search.Match`."""

    number: int
    score: float
    matched: frozenset[int]
    fits: bool
    level_fits: bool


@dataclass(frozen=True, slots=True)
class _Candidate:
    """``labels`` are the lexemes of name, descriptions, audience and titles, between blanks."""

    number: int
    level_fits: bool
    starts: float
    labels: Sequence[str]


def ranked(file: sqlite3.Connection, probe: Probe, limit: int) -> list[Ranked]:
    """The courses for a probe, best first. Those that do not fit come only where none fits."""
    fitting: Collection[_Candidate] = ()
    if not probe.is_preference:
        fitting = _candidates(file, probe, fits(probe.wanted))
    candidates = fitting or _candidates(file, probe, [])
    level_bonus = 1 if probe.is_preference else course_search.LEVEL_BONUS
    scores = _Scores(probe)
    found: list[tuple[float, float, Ranked]] = []
    for each in candidates:
        score, matched = scores.of(each.labels)
        if score >= course_search.LEAST_SCORE:
            score *= level_bonus if each.level_fits else 1
            course = Ranked(each.number, score, matched, bool(fitting), each.level_fits)
            found.append((-score, each.starts, course))
    found.sort(key=lambda item: (*item[:2], item[2].number))
    return [course for *_, course in found[:limit]]


def _candidates(
    file: sqlite3.Connection, probe: Probe, conditions: Sequence[Condition]
) -> Collection[_Candidate]:
    """Those that have everything that is asked for, then those that have any of it."""
    stages = ((probe.every, _WITH_EVERYTHING), (probe.loose, _WITH_SOMETHING))
    found = (
        candidate
        for query, most in stages
        for candidate in _likeliest(file, [says(query), *conditions], probe.wanted.levels, most)
    )
    return {candidate.number: candidate for candidate in found}.values()


def _likeliest(
    file: sqlite3.Connection, conditions: Sequence[Condition], levels: Sequence[str], most: int
) -> list[_Candidate]:
    where, values = all_of([*conditions, on_offer()])
    level_fits, level_values = all_of(one_of("level", levels))
    rows = file.execute(
        f"""
        SELECT id, level_fits, starts, name, descriptions, audience, titles
        FROM (
            SELECT id, {level_fits} AS level_fits, starts
            FROM said JOIN courses ON courses.id = said.rowid
            WHERE {where}
            ORDER BY bm25(said, {_LIKELY})
                * iif({level_fits}, {course_search.LEVEL_BONUS}, 1)
            LIMIT {most}
        ) JOIN said ON said.rowid = id
        """,  # noqa: S608 - no value is spliced in
        [*level_values, *values, *level_values],
    )
    return [
        _Candidate(number, bool(level_fits), inf if starts is None else starts, labels)
        for number, level_fits, starts, *labels in rows
    ]


@dataclass(slots=True)
class _Found:
    """The best way in which a course says one thing."""

    value: float
    rank: float = 0.0
    is_named: bool = False


class _Scores:
    """The scores of courses for one probe."""

    def __init__(self, probe: Probe) -> None:
        self._asked = probe.asked
        queries = ((term, lexemes(term.query)) for term in probe.terms)
        self._terms = [(term, _apart(" ".join(words)), len(words) > 1) for term, words in queries]

    def of(self, labels: Sequence[str]) -> tuple[float, frozenset[int]]:
        """How well a course fits, and the numbers of the terms that it has."""
        said = [_apart(label) for label in labels]
        found: dict[int, _Found] = {}
        for term, words, is_phrase in self._terms:
            times = [label.count(words) for label in said]
            if any(times):
                best = found.setdefault(term.number, _Found(term.value))
                best.rank = max(best.rank, term.weight * _rank(times, is_phrase))
                best.is_named |= times[0] > 0
        words_in_name = len(set(labels[0].split(" ")))
        return self._sum(found.values(), words_in_name), frozenset(found)

    def _sum(self, found: Collection[_Found], words_in_name: int) -> float:
        value = sum(each.value for each in found)
        rank = sum(each.rank * each.value for each in found)
        named = sum(each.is_named for each in found)
        bonus = course_search.NAME_BONUS * named / words_in_name
        return rank / self._asked * min(1, value / self._asked) + bonus


def _apart(words: str) -> str:
    """Words to count in: each stands between blanks of its own."""
    return f" {words.replace(' ', '  ')} "


def _rank(times: Sequence[int], is_phrase: bool) -> float:
    """About ``ts_rank``: a word tells less each further time, a phrase makes sure of it."""
    weighed = zip(_LABEL_WEIGHTS, times, strict=True)
    if is_phrase:
        return 1 - prod((1 - weight) ** n for weight, n in weighed)
    weights = chain.from_iterable(repeat(weight, n) for weight, n in weighed)
    return sum(weight / place**2 for place, weight in enumerate(weights, 1))
