"""What the model read of the person in a message: kept only where the message says it."""

from typing import Any

from bot.clients.llm import Learnt
from bot.models.understanding import Facts
from bot.services.spanish import mirror, word_list
from bot.services.understanding import Understood

_SPANS = ("name", "role", "company")
_CHOICES = ("level", "modality")
_LONGEST = 80


def facts_from(learnt: Learnt, understood: Understood) -> Facts:
    """Facts that the rules did not find; all of them count as concluded, not as said.

    A name, a trade or a wish has to stand in the message, word for word: the model may be wrong,
    and may be told to be.
    """
    known, said = understood.facts, mirror(understood.text)
    found: dict[str, Any] = {}
    for name in (*_SPANS, *_CHOICES):
        value = getattr(learnt, name)
        if value and getattr(known, name) is None and (name in _CHOICES or _stands_in(said, value)):
            found[name] = value.strip()
    if "name" in found and mirror(found["name"]) in word_list("not_names"):
        del found["name"]
    return Facts(
        **found,
        interests=_new(learnt.interests, known.interests, said),
        pain_points=_new(learnt.pain_points, known.pain_points, said),
        unsure=frozenset(found),
    )


def _stands_in(said: str, value: str) -> bool:
    return 1 < len(value.strip()) <= _LONGEST and mirror(value.strip()) in said


def _new(values: tuple[str, ...], known: tuple[str, ...], said: str) -> tuple[str, ...]:
    """Spans of the message, unless the rules found some: theirs are cut with more care."""
    if known:
        return ()
    return tuple(value.strip().lower() for value in values if _stands_in(said, value))
