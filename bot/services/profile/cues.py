"""The cues of ``bot/data/intents/profile.toml``, compiled once, and the word lists beside it.

``<name>`` in a pattern stands for the block of that name, ``<section.key>`` for all patterns there.
"""

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from bot.services import spanish

_FILE = Path(__file__).parents[2] / "data" / "intents" / "profile.toml"
_BLOCK = re.compile(r"(?<!P)<([\w.]+)>")
_WORD = r"(?<!\w)(?:{})(?!\w)"
_ENDS_AS_MASCULINE = (("a", "o"), ("a", ""), ("as", "o"), ("s", ""), ("es", ""))


@cache
def table() -> dict[str, Any]:
    """Return the whole document."""
    return tomllib.loads(_FILE.read_text(encoding="utf-8"))


@cache
def words(section: str, key: str) -> frozenset[str]:
    """Return the plain words under `section.key`."""
    return frozenset(table()[section][key])


@cache
def pattern(section: str, key: str, form: str = _WORD) -> re.Pattern[str]:
    """Return one alternation of the patterns under `section.key`, set in `form`."""
    alternatives = "|".join(table()[section][key])
    while _BLOCK.search(alternatives):
        alternatives = _BLOCK.sub(lambda name: f"(?:{_block(name[1])})", alternatives)
    return re.compile(form.replace("{}", alternatives))


def _block(name: str) -> str:
    section, _, key = name.rpartition(".")
    return "|".join(table()[section][key]) if section else table()["blocks"][key]


def is_given_name(word: str) -> bool:
    """Whether the mirrored `word` is a known given name, or ends as only those do."""
    if word in spanish.word_list("given_names"):
        return True
    return pattern("name", "given_endings", r"[a-z]{2,}(?:{})$").match(word) is not None


def is_surname(word: str) -> bool:
    """Whether the mirrored `word` is a known surname, or ends like most of them."""
    return word in spanish.word_list("surnames") or (len(word) > 4 and word.endswith("ez"))


def is_no_name(word: str) -> bool:
    """Whether the mirrored `word` is one of the words that are nobody's name."""
    return word in spanish.word_list("not_names")


def is_place(word: str) -> bool:
    """Whether the mirrored `word` opens the name of a place."""
    return word in spanish.word_list("places")


@cache
def is_trade(word: str) -> bool:
    """Whether the mirrored `word` opens an occupation, in any of its forms."""
    trades = spanish.word_list("trades")
    if word in trades:
        return True
    for ending, masculine in _ENDS_AS_MASCULINE:
        if word.endswith(ending) and word[: -len(ending)] + masculine in trades:
            return True
    return not is_no_name(word) and bool(pattern("role", "endings", r"\w{2,}(?:{})$").match(word))


@cache
def area() -> re.Pattern[str]:
    """Return what matches one known area of work."""
    areas = sorted(spanish.word_list("areas", by_line=True), key=len, reverse=True)
    return re.compile(rf"(?:{'|'.join(map(re.escape, areas))})(?!\w)")
