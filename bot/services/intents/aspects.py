"""The single things that a message wants to know, by the patterns of ``aspects.toml``."""

import re
from functools import cache

from bot.models.understanding import Aspect, Intent
from bot.services.patterns import any_of, rules_of


def aspects(plain: str) -> tuple[Aspect, ...]:
    """What a padded text wants to know, in the order in which it is named."""
    searched = ((aspect, pattern.search(plain)) for aspect, pattern in _patterns())
    found = [(hit.start(), aspect) for aspect, hit in searched if hit]
    return tuple(aspect for _, aspect in sorted(found, key=lambda pair: pair[0]))


@cache
def _patterns() -> tuple[tuple[Aspect, re.Pattern[str]], ...]:
    blocks = rules_of("rules")["blocks"]
    return tuple(
        (Aspect(Intent(intent), name), any_of(patterns, blocks))
        for intent, section in rules_of("aspects").items()
        for name, patterns in section.items()
    )
