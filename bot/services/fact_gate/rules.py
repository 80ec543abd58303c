"""The gate's editable word lists (``bot/data/gate/``), compiled once."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parents[2] / "data" / "gate"


@dataclass(frozen=True)
class Promise:
    """Something that is said only when the facts say it: a discount, a certificate, a refund.

    ``told`` finds it in a reply; the facts must match ``borne_out``, and with ``word_for_word``
    have all the words that were found; with ``has_conditions`` the sentence has to tell more of
    the fact than that. With ``is_absolute`` a denial of it is not read as one.
    ``level`` bears it out as well, if it is the course's.
    """

    name: str
    told: re.Pattern[str]
    borne_out: re.Pattern[str]
    word_for_word: bool
    has_conditions: bool
    is_absolute: bool
    level: str | None


@dataclass(frozen=True)
class Rules:
    """See ``bot/data/gate/rules.toml``."""

    denying: re.Pattern[str]
    denying_after: re.Pattern[str]
    not_denying: re.Pattern[str]
    turning: re.Pattern[str]
    left_open: re.Pattern[str]
    echoing: re.Pattern[str]
    promises: Sequence[Promise]
    words: Mapping[str, frozenset[str]]
    units: Mapping[str, str]
    cues: Mapping[str, re.Pattern[str]]


@cache
def rules() -> Rules:
    """The rules, read on first use."""
    raw = tomllib.loads((_FOLDER / "rules.toml").read_text(encoding="utf-8"))
    promises = tomllib.loads((_FOLDER / "promises.toml").read_text(encoding="utf-8"))
    sentences = raw["sentences"]
    return Rules(
        denying=_whole_words(sentences["denying"]),
        denying_after=re.compile(
            rf"[^,.;:]{{0,40}}?\b(?:{'|'.join(sentences['denying_after'])})\b"
        ),
        not_denying=_whole_words(sentences["not_denying"]),
        turning=_whole_words(sentences["turning"]),
        left_open=_whole_words(sentences["left_open"]),
        echoing=_whole_words(sentences["echoing"]),
        promises=[_promise(name, each) for name, each in promises.items()],
        words={name: frozenset(text.split()) for name, text in raw["words"].items()},
        units={word: unit for unit, text in raw["units"].items() for word in text.split()},
        cues={name: _whole_words(patterns) for name, patterns in raw["cues"].items()},
    )


def _promise(name: str, raw: Mapping[str, Any]) -> Promise:
    told = _whole_words(raw["told"])
    borne_out = _whole_words(raw["borne_out"]) if "borne_out" in raw else told
    return Promise(
        name,
        told,
        borne_out,
        word_for_word=raw.get("word_for_word", False),
        has_conditions=raw.get("has_conditions", False),
        is_absolute=raw.get("is_absolute", False),
        level=raw.get("level"),
    )


def _whole_words(patterns: Sequence[str]) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{'|'.join(patterns)})(?!\w)")
