"""The pattern language of the editable rule files: regular expressions over folded text.

A text is read with a space at either end and each question mark as a word of its own, so that
every pattern begins and ends at a word boundary. ``<name>`` stands for a block that the file
defines.
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from bot.services.spanish import fold

_DATA = Path(__file__).parents[1] / "data" / "intents"
_BLOCK = re.compile(r"<(\w+)>")
_NO_BLOCKS: Mapping[str, str] = {}


@cache
def rules_of(name: str) -> dict[str, Any]:
    """The document in ``bot/data/intents/<name>.toml``."""
    return tomllib.loads((_DATA / f"{name}.toml").read_text(encoding="utf-8"))


def padded(text: str) -> str:
    """Fold ``text`` as patterns read it.

    >>> padded("¿Cuánto cuesta? Gracias")
    ' cuanto cuesta ? gracias '
    """
    return f" {' ? '.join(fold(part) for part in text.split('?'))} ".replace("  ", " ")


def expand(pattern: str, blocks: Mapping[str, str]) -> str:
    """Write out the ``<blocks>`` of ``pattern``; a block may use others. Raises KeyError."""
    while _BLOCK.search(pattern):
        pattern = _BLOCK.sub(lambda name: f"(?:{blocks[name[1]]})", pattern)
    return pattern


def any_of(patterns: Sequence[str], blocks: Mapping[str, str] = _NO_BLOCKS) -> re.Pattern[str]:
    """Finds any of ``patterns`` as whole words."""
    # The leading space is a literal, so the search jumps from word to word.
    return re.compile(f" (?:{'|'.join(expand(each, blocks) for each in patterns)})(?= )")


def nothing_but(
    patterns: Sequence[str], filler: str, blocks: Mapping[str, str] = _NO_BLOCKS
) -> re.Pattern[str]:
    """Matches a text that holds ``patterns`` and fillers, and nothing else."""
    words = "|".join(expand(each, blocks) for each in patterns)
    filler = expand(filler, blocks)
    # The bounds keep an adversarial run of fillers from backtracking for long.
    return re.compile(
        f"^(?: (?:{filler})){{0,4}} (?:{words})(?: (?:{words}|{filler})){{0,8}} (?:\\? )*$"
    )
