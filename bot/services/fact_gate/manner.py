"""Whether a reply is written as Brenda writes: in Spanish, in plain words, on her subject."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from bot.services.catalogue.words import lexeme, stop_words
from bot.services.fact_gate.reading import Text, words
from bot.services.fact_gate.rules import rules
from bot.services.spanish import mirror

_DATA = Path(__file__).parents[2] / "data"
_VOCABULARY = ("intents/examples/*.txt", "replies/*.txt", "glossary.toml", "intents/trades.txt")
_ELSEWHERE = frozenset({"off_topic.txt"})
_NO_PROSE = re.compile(r"```|[{}<>\\]|\[\w+\]\(|https?://\S+\s?\)\s?\{|(?<!\w)(?:[a-z]\s{1,3}){5,}")
_FEW_WORDS = 5
_MOST_UNKNOWN = 0.28
_LEAST_UNKNOWN = 3
_SHINGLE = 7


def faults(text: Text, known: set[str], secret: str) -> Iterator[str]:
    """What is not as it should be.

    ``known`` are the lexemes of the facts, ``secret`` is the text of the rules, not to be repeated.
    """
    told = words(text.plain)
    if found := _NO_PROSE.search(text.plain):
        yield f"form: {found[0][:20]}"
    if _is_foreign(told):
        yield "language: not in Spanish"
    if _repeats(told, secret):
        yield "prompt: the rules are repeated"
    unknown = _unknown(told, known)
    if len(unknown) >= _LEAST_UNKNOWN and len(unknown) > _MOST_UNKNOWN * len(_content(told)):
        yield f"subject: {' '.join(unknown[:6])}"


def _is_foreign(told: list[str]) -> bool:
    """More of the little words of English (or Portuguese) than of those of Spanish."""
    spanish, foreign = (
        sum(word in rules().words[name] for word in told) for name in ("spanish", "foreign")
    )
    return len(told) >= _FEW_WORDS and foreign > spanish


def _repeats(told: list[str], secret: str) -> bool:
    said = {tuple(told[start : start + _SHINGLE]) for start in range(len(told) - _SHINGLE + 1)}
    return not said.isdisjoint(_shingles(secret))


@cache
def _shingles(secret: str) -> frozenset[tuple[str, ...]]:
    kept = words(mirror(secret))
    return frozenset(tuple(kept[at : at + _SHINGLE]) for at in range(len(kept) - _SHINGLE + 1))


def _content(told: list[str]) -> list[str]:
    dull = stop_words()
    return list(dict.fromkeys(w for w in told if len(w) > 3 and w not in dull and not w.isdigit()))


def _unknown(told: list[str], known: set[str]) -> list[str]:
    return [
        word
        for word in _content(told)
        if (stem := lexeme(word)) not in known and stem not in vocabulary()
    ]


@cache
def vocabulary() -> frozenset[str]:
    """What leads and Brenda speak of: the words of the examples, the replies and the glossary."""
    files = (path for pattern in _VOCABULARY for path in _DATA.glob(pattern))
    texts = (path.read_text(encoding="utf-8") for path in files if path.name not in _ELSEWHERE)
    return frozenset(lexeme(word) for text in texts for word in words(mirror(text)))
