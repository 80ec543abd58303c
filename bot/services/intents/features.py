"""What the linear model sees of a message: pieces of words, words, and words side by side."""

import re
import zlib
from collections.abc import Iterator
from itertools import pairwise

_PIECES = (2, 3, 4, 5)
_SIGNS = re.compile("[\U0001f300-\U0001faff\u2600-\u27bf]")
_WORDS_A_STEP, _MOST_STEPS = 3, 8


def features(text: str, plain: str) -> set[int]:
    """The hashed features of ``text``, of which ``plain`` is the padded spelling.

    Each is the CRC-32 of a name: pieces of 2 to 5 letters within a word, one to three words in
    a row, two words with one between them, how the message begins and ends, its length, and
    whether it holds an emoji.
    """
    return {zlib.crc32(name.encode(errors="replace")) for name in _names(text, plain.split())}


def _names(text: str, words: list[str]) -> Iterator[str]:
    yield f"L{min(len(words) // _WORDS_A_STEP, _MOST_STEPS)}"
    if _SIGNS.search(text):
        yield "E"
    for count in (1, 2):
        yield f"F{' '.join(words[:count])}"
        yield f"Z{' '.join(words[-count:])}"
    for word in words:
        yield from _pieces(f" {word} ")
        yield f"w{word}"
    for first, second in pairwise(words):
        yield f"w{first} {second}"
    for first, second, third in zip(words, words[1:], words[2:], strict=False):
        yield f"w{first} {second} {third}"
        yield f"s{first}_{third}"


def _pieces(word: str) -> Iterator[str]:
    """Pieces of ``word`` with its blanks; of a short word, itself once."""
    for length in _PIECES:
        if length >= len(word) and length > _PIECES[0]:
            return
        for start in range(len(word) - length + 1):
            yield f"c{word[start : start + length]}"
