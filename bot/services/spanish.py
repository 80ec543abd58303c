"""One plain spelling for chat Spanish, so that every rule is written once."""

import re
import tomllib
import unicodedata
from functools import cache
from pathlib import Path

_ABBREVIATIONS = Path(__file__).parents[1] / "data" / "intents" / "abbreviations.toml"

_APOSTROPHE = re.compile("['’`´]")
# A dot, comma or @ counts only inside a token: "4,500", "ana@escuela.example".
_SEPARATOR = re.compile(r"[^\w$%€@.,+#]+|_+|(?<!\w)[.,@]+|[.,@]+(?!\w)|(?<=[a-z]),|,(?=[a-z])")
_LONG_RUN = re.compile(r"([a-z])\1{2,}")
# Doubled final vowels are never Spanish; "ee" stays for English words such as "free".
_FINAL_PAIR = re.compile(r"([aiou])\1+\b")
_LAUGHTER = re.compile(r"\b(?:j+[aeiou]*){2,}j?\b|\b(?:ha){2,}h?\b")


@cache
def _abbreviations() -> dict[str, str]:
    words: dict[str, str] = tomllib.loads(_ABBREVIATIONS.read_text(encoding="utf-8"))["words"]
    return words


def strip_accents(text: str) -> str:
    """Return `text` without combining marks (``ñ`` becomes ``n``), its case untouched."""
    decomposed = unicodedata.normalize("NFD", text)
    return "".join(char for char in decomposed if not unicodedata.combining(char))


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
