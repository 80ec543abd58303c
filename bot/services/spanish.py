"""Reading chat Spanish: one plain spelling, sentences, and amounts of money."""

import re
import tomllib
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

_DATA = Path(__file__).parents[1] / "data" / "intents"

_SENTENCE_END = re.compile(r"[.?!;](?=\s|$)|[\n;]")
# Longer rows of digits are phone numbers, codes or jokes.
_NO_AMOUNT_ANY_MORE = 1e9

# Word and web pages put them between words.
_BLANKS = {0x00A0: " ", 0x202F: " "}
_APOSTROPHE = re.compile("['’`´]")
# A dot, comma or @ counts only inside a token: "4,500", "ana@escuela.example".
_SEPARATOR = re.compile(r"[^\w$%€@.,+#]+|_+|(?<!\w)[.,@]+|[.,@]+(?!\w)|(?<=[a-z]),|,(?=[a-z])")
_LONG_RUN = re.compile(r"([a-z])\1{2,}")
# Doubled final vowels are never Spanish; "ee" stays for English words such as "free".
_FINAL_PAIR = re.compile(r"([aiou])\1+\b")
_LAUGHTER = re.compile(r"\b(?:j+[aeiou]*){2,}j?\b|\b(?:ha){2,}h?\b")


@cache
def _abbreviations() -> dict[str, str]:
    words: dict[str, str] = tomllib.loads(
        (_DATA / "abbreviations.toml").read_text(encoding="utf-8")
    )["words"]
    return words


@cache
def word_list(name: str, by_line: bool = False) -> frozenset[str]:
    """Return the words, or the whole lines, of ``<name>.txt`` without its comments."""
    lines = (_DATA / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    kept = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    return frozenset(kept if by_line else " ".join(kept).split())


def strip_accents(text: str) -> str:
    """Return `text` without combining marks (``ñ`` becomes ``n``), its case untouched."""
    decomposed = unicodedata.normalize("NFD", text)
    return "".join(char for char in decomposed if not unicodedata.combining(char))


def plain(text: str) -> str:
    """Return `text` in lower case, without accents, trimmed, with plain blanks."""
    return strip_accents(text.translate(_BLANKS).lower()).strip(" ")


def fold(text: str) -> str:
    """Return `text` in the spelling the rules are written in.

    Lower case, no accents, no punctuation or emoji, single spaces, letters repeated for
    emphasis written once, chat abbreviations written out. Digits and ``$ % € + #`` stay, and
    so do the dots, commas and ``@`` inside numbers and addresses.

    >>> fold("Holaaaa!! ¿Q precio tiene, porfa?")
    'hola que precio tiene por favor'
    """
    plain = _APOSTROPHE.sub("", strip_accents(text.lower()))
    plain = _SEPARATOR.sub(" ", plain)
    plain = _LAUGHTER.sub("jaja", plain)
    plain = _FINAL_PAIR.sub(r"\1", _LONG_RUN.sub(r"\1", plain))
    abbreviations = _abbreviations()
    return " ".join(abbreviations.get(word, word) for word in plain.split())


def mirror(text: str) -> str:
    """Return NFC `text` in lower case without accents, one character for each of its own.

    Positions in the result are positions in `text`, so what a pattern finds here can be cut
    out of the original spelling.
    """
    return "".join(_bare(char) for char in text)


def _bare(char: str) -> str:
    plain = strip_accents(char).lower()
    return plain if len(plain) == 1 else char


def sentences(text: str) -> Iterator[tuple[str, bool]]:
    """Yield each sentence of `text` without its marks, and whether it ends as a question."""
    start = 0
    for mark in _SENTENCE_END.finditer(text):
        yield text[start : mark.start()].strip(" ¿¡,"), mark.group() == "?"
        start = mark.end()
    if rest := text[start:].strip(" ¿¡,"):
        yield rest, False


@dataclass(frozen=True, slots=True)
class Amount:
    """A number in a text: its value, its span, and the ISO 4217 code when one is written.

    ``is_money`` also holds for a bare "$" or "pesos", which name no currency.
    """

    value: float
    start: int
    end: int
    currency: str | None
    is_money: bool


@cache
def _money() -> dict[str, Any]:
    return tomllib.loads((_DATA / "money.toml").read_text(encoding="utf-8"))


@cache
def _amount() -> re.Pattern[str]:
    spelled = "|".join(sorted(_money()["numbers"], key=len, reverse=True))
    times = "|".join(_money()["multipliers"])
    return re.compile(
        rf"(?<![\w.,@])(?P<sign>us\$|u\$s|\$|s/\.?|€|usd)?\s?"
        rf"(?P<number>\d[\d.,]*\d|\d|(?:{spelled})\b)\s?(?P<times>(?:{times})\b)?"
    )


@cache
def _currencies() -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple(
        (code, re.compile(rf"\s*(?:de )?(?:{'|'.join(spellings)})(?!\w)"))
        for code, spellings in _money()["currency"].items()
    )


def amounts(mirrored: str) -> Iterator[Amount]:
    """Yield the numbers of a text that went through `mirror`, with their money unit."""
    for match in _amount().finditer(mirrored):
        unit = _unit(match["sign"] or "", mirrored[match.end() :])
        value = _value(match["number"]) * _money()["multipliers"].get(match["times"], 1)
        code = unit if unit != "bare" else None
        if value < _NO_AMOUNT_ANY_MORE:
            yield Amount(float(value), match.start(), match.end(), code, unit is not None)


def _unit(sign: str, after: str) -> str | None:
    """Return the code written after the number or as its sign, ``bare`` for plain money."""
    for code, pattern in _currencies():
        if pattern.match(after) or (sign not in {"", "$"} and pattern.match(sign)):
            return code
    return "bare" if sign == "$" else None


def _value(digits: str) -> float:
    """Return the value of ``5,000``, ``1.299,50``, ``1,299.00`` or a number in words."""
    if digits in _money()["numbers"]:
        return float(_money()["numbers"][digits])
    whole, cents = digits, ""
    if decimal := re.search(r"[.,](\d{1,2})$", digits):
        whole, cents = digits[: decimal.start()], decimal[1]
    return float(f"{re.sub(r'[.,]', '', whole)}.{cents or 0}")


def proper_case(name: str, particles: list[str]) -> str:
    """Return `name` with capitals, if it was typed without or all in them; not on `particles`."""
    name = re.sub(r"\s+", " ", name).strip(" .,'")
    if name.islower() or name.isupper():
        name = name.title()
    return " ".join(
        part.lower() if part.lower() in particles else part[0].upper() + part[1:]
        for part in name.split()
    )
