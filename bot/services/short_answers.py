"""Whole messages that answer a question: yes, no, I accept, I refuse, I come back."""

import re
from functools import cache
from typing import Any

from bot.services.patterns import nothing_but, padded, rules_of

_NO_WORDS = re.compile(r"[^\w]")
_SHAPES = re.compile("[\ufe0f\U0001f3fb-\U0001f3ff\u200d\u2640\u2642\\s.,!¡]")
"""What only changes how an emoji looks: its presentation, skin tone, joiner, gender, marks."""


def yes_or_no(text: str) -> bool | None:
    """Whether ``text`` is nothing but a yes (True) or a no (False); None when it is neither.

    "Ok, gracias" is neither: it ends a conversation.
    """
    if _is("no", text):
        return False
    return True if _is("yes", text) else None


def accepts(text: str) -> bool:
    """Whether ``text`` is nothing but an explicit consent."""
    return _is("accept", text)


def refuses(text: str) -> bool:
    """Whether ``text`` is nothing but an explicit refusal of consent."""
    return _is("refuse", text)


def comes_back(text: str) -> bool:
    """Whether ``text`` is nothing but a wish to be written to again."""
    return _is("come_back", text)


def _is(kind: str, text: str) -> bool:
    signs = _NO_WORDS.sub("", text) == "" and _SHAPES.sub("", text)
    if signs:
        return set(signs) <= set(_answers()[kind].get("emoji", ""))
    return _pattern(kind).match(padded(text)) is not None


@cache
def _answers() -> dict[str, Any]:
    return rules_of("short_answers")


@cache
def _pattern(kind: str) -> re.Pattern[str]:
    return nothing_but(_answers()[kind]["patterns"], _answers()["filler"])
