"""A query as the statement that ranks courses takes it."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import accumulate, pairwise

from bot.services.catalogue.lexicon import Lexicon
from bot.services.catalogue.queries import Concept, Query, read_words
from bot.services.catalogue.synonyms import SAME
from bot.stores.course_search import Probe, Term

_STILL_TOGETHER = 3
_REACH = 5_000
"""Courses that the search goes through for words that stand anywhere in a course."""


def probe(query: Query, lexicon: Lexicon) -> Probe | None:
    """The search for ``query``, or for what is near it; None when there is nothing of it.

    What nearly every course has is near nothing.
    """
    subject = [concept for concept in query.subject if concept.ways]
    telling = [each for each in subject if not lexicon.is_everywhere(each.courses)]
    if query.answered:
        telling = telling or subject
    if not telling:
        return None
    terms = [
        Term(number, way.query, way.weight, concept.share * lexicon.rarity(concept.courses))
        for number, concept in enumerate(query.concepts)
        for way in concept.ways
    ]
    terms += _side_by_side(subject, len(query.concepts), lexicon)
    every = " & ".join(f"({_any_way(_surest(concept))})" for concept in subject)
    asked = sum(lexicon.rarity(concept.courses) for concept in query.subject)
    some = [each for each in (*telling, *query.parts) if each.ways]
    surest = [_surest(concept) for concept in some]
    return Probe(
        terms,
        every,
        some=_any_of(surest),
        loose=_any_of(some),
        rarest=_any_of(_rarest(some)),
        asked=asked,
        wanted=query.wanted,
    )


def _side_by_side(subject: Sequence[Concept], number: int, lexicon: Lexicon) -> Iterator[Term]:
    """Two things that are said together count for more where a course says them together."""
    for first, second in pairwise(subject):
        gap = second.place - first.place - first.length + 1
        if 0 < gap <= _STILL_TOGETHER:
            value = (lexicon.rarity(first.courses) + lexicon.rarity(second.courses)) / 2
            phrases = f"({first.ways[0].query}) <{gap}> ({second.ways[0].query})"
            yield Term(number + first.place, phrases, 1.0, value)


def probe_of_words(text: str, lexicon: Lexicon) -> Probe | None:
    """The search for courses that have every word of ``text``; None when some word is in none."""
    query = read_words(text, lexicon)
    if not query.subject or not all(concept.ways for concept in query.subject):
        return None
    wanted = probe(query, lexicon)
    return wanted and replace(wanted, some=wanted.every, loose=wanted.every, rarest=wanted.every)


def _any_of(concepts: Sequence[Concept]) -> str:
    return " | ".join(_any_way(concept) for concept in concepts)


def _rarest(concepts: Sequence[Concept]) -> list[Concept]:
    """As many as few enough courses have to go through them; at least one."""
    ranked = sorted(concepts, key=lambda concept: concept.courses)
    reach = accumulate(concept.courses for concept in ranked)
    few = [each for each, total in zip(ranked, reach, strict=True) if total <= _REACH]
    return few or ranked[:1]


def _surest(concept: Concept) -> Concept:
    """The concept in its own words, or words that mean the same, if some course has them."""
    own = tuple(way for way in concept.ways if way.kinship >= SAME)
    return replace(concept, ways=own or concept.ways)


def _any_way(concept: Concept) -> str:
    return " | ".join(f"({way.query})" for way in concept.ways)
