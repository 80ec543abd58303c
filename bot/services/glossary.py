"""What the terms of AI mean, from ``bot/data/glossary.toml``, for who asks for one."""

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from bot.services.patterns import any_of, expand, padded

_FILE = Path(__file__).parents[1] / "data" / "glossary.toml"
_SHAPES = ("<ask> (?:(?:<between>) ){{0,5}}(?:{})", "(?:{}) <after>(?= (?:\\? )*$)")


def define(text: str) -> str | None:
    """The explanation of the first term that ``text`` asks for, if it asks what one is.

    >>> define("¿cuánto cuesta el curso de prompts?") is None
    True
    """
    plain = padded(text)
    found = [(hit, meaning) for pattern, meaning in _terms() if (hit := pattern.search(plain))]
    if not found:
        return None
    # Of terms that begin alike ("IA", "IA generativa"), the longer one is meant.
    return min(found, key=lambda pair: (pair[0].start(), -pair[0].end()))[1]


@cache
def _terms() -> tuple[tuple[re.Pattern[str], str], ...]:
    document: dict[str, Any] = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    asking: dict[str, str] = document["asking"]
    return tuple(
        (_asked_for(term["patterns"], asking), str(term["meaning"]))
        for term in document["terms"].values()
    )


def _asked_for(patterns: list[str], asking: dict[str, str]) -> re.Pattern[str]:
    """Finds a question for the term, or nothing but the term and a question mark."""
    term = "|".join(patterns)
    asked = any_of([shape.format(term) for shape in _SHAPES], asking).pattern
    alone = expand(rf"^(?: (?:<around>)){{0,3}} (?:{term})(?: \?)+ $", asking)
    return re.compile(f"{asked}|{alone}")
