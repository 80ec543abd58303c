"""Reading chat Spanish: one plain spelling, sentences, and amounts of money."""

import math
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
# Fewer is how many of something there are, unless money is named.
_LEAST_SPELLED = 50
_LONGEST_UNIT = 40
_NO_SEPARATORS = str.maketrans("", "", ".,' ")

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
    return text.translate(_UNACCENTED)


class _Unaccented(dict[int, str]):
    """Each character that was met without its combining marks, by its code point."""

    def __missing__(self, code: int) -> str:
        decomposed = unicodedata.normalize("NFD", chr(code))
        self[code] = "".join(char for char in decomposed if not unicodedata.combining(char))
        return self[code]


_UNACCENTED = _Unaccented()


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
    return text.translate(_BARE)


class _Bare(dict[int, str]):
    """The bare spelling of each character that was met, by its code point."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        plain = strip_accents(char).lower()
        self[code] = plain if len(plain) == 1 else char
        return self[code]


_BARE = _Bare()


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
def _spelled() -> str:
    """One number in words: "cuatrocientos", "treinta y cinco"."""
    words = "|".join(sorted(_money()["numbers"], key=len, reverse=True))
    return rf"(?:{words})(?:\s(?:y\s)?(?:{words}))*"


@cache
def _amount() -> re.Pattern[str]:
    times = "|".join(sorted(_money()["multipliers"], key=len, reverse=True))
    signs = "|".join(sign for group in _money()["signs"].values() for sign in group)
    digits = r"\d{1,3}(?:[ ']\d{3}){1,2}(?!\d| \d)|\d[\d.,]*\d|\d"
    return re.compile(
        rf"(?<![\w.,@])(?P<sign>(?:{signs}))?\s?"
        rf"(?:(?P<number>{digits}|(?:{_spelled()})\b)\s?(?P<times>(?:(?:{times})\b\s?(?:de\s)?)*)"
        rf"|(?P<alone>(?:mil|millon)\b)\s?)"
        rf"(?P<half>(?<=\s)y medi[oa]\b)?(?P<rest>(?<=mil[ ])(?:\d{{3}}\b|(?:{_spelled()})\b))?"
    )


@cache
def _currencies(where: str) -> tuple[tuple[str, re.Pattern[str]], ...]:
    lead, end = (r"\s*(?:de )?", r"(?!\w)") if where == "currency" else ("", "")
    return tuple(
        (code, re.compile(rf"{lead}(?:{'|'.join(spellings)}){end}"))
        for code, spellings in _money()[where].items()
    )


def amounts(mirrored: str, least_spelled: float = _LEAST_SPELLED) -> Iterator[Amount]:
    """Yield the numbers of a text that went through `mirror`, with their money unit.

    Those in words without such a unit count from `least_spelled` on.
    """
    for match in _amount().finditer(mirrored):
        end = match.start() + len(match.group().rstrip().removesuffix(" de").rstrip())
        unit = _unit(match["sign"] or "", mirrored[end : end + _LONGEST_UNIT])
        if unit is None and set((match["times"] or "").split()) & set(_money()["currency"]["bare"]):
            unit = "bare"
        value = _value(match)
        code = unit if unit != "bare" else None
        spelled = match["number"] is not None and match["number"][0].isalpha()
        if spelled and unit is None and value < least_spelled:
            continue
        if value < _NO_AMOUNT_ANY_MORE:
            yield Amount(value, match.start(), end, code, unit is not None)


@cache
def currencies() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Return the code of each currency with what finds its name, the plain money words left out."""
    return tuple(
        (code, re.compile(rf"(?<!\w)(?:{'|'.join(spellings)})(?!\w)"))
        for code, spellings in _money()["currency"].items()
        if code != "bare"
    )


def _unit(sign: str, after: str) -> str | None:
    """Return the code written after the number or as its sign, ``bare`` for plain money."""
    found: str | None = None
    for where, written in (("currency", after), ("signs", f"{sign}0" if sign else "")):
        for code, pattern in _currencies(where):
            if written and pattern.match(written):
                if code != "bare":
                    return code
                found = code
    return found


def _value(match: re.Match[str]) -> float:
    """Return the value of ``5,000``, ``2 mil 500``, ``millon y medio`` or a number in words."""
    multipliers: dict[str, int] = _money()["multipliers"]
    times = [multipliers[word] for word in (match["times"] or "").split() if word in multipliers]
    step = math.prod(times) * (multipliers[match["alone"]] if match["alone"] else 1)
    value = step * (_number(match["number"]) if match["number"] else 1.0)
    return value + (step / 2 if match["half"] else 0) + _number(match["rest"] or "0")


def _number(written: str) -> float:
    if written[0].isalpha():
        # "cuatro cientos" is one number, said in two words.
        numbers: dict[str, float] = _money()["numbers"]
        words = [numbers[word] for word in written.split() if word != "y"]
        together = len(words) == 2 and words[1] == 100 and words[0] < 10
        return float(math.prod(words) if together else sum(words))
    whole, cents = written, ""
    if decimal := re.search(r"[.,](\d{1,2})$", written):
        whole, cents = written[: decimal.start()], decimal[1]
    return float(f"{whole.translate(_NO_SEPARATORS)}.{cents or 0}")


def number_words() -> frozenset[str]:
    """Return the words that numbers are spelled with, such as "cuatro" and "mil"."""
    return frozenset((*_money()["numbers"], *_money()["multipliers"]))


def proper_case(name: str, particles: list[str]) -> str:
    """Return `name` with capitals, if it was typed without or all in them; not on `particles`."""
    name = re.sub(r"\s+", " ", name).strip(" .,'")
    if name.islower() or name.isupper():
        name = name.title()
    return " ".join(
        part.lower() if part.lower() in particles else part[0].upper() + part[1:]
        for part in name.split()
    )
