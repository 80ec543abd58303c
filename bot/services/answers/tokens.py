"""How many tokens a text costs at most, without the provider's vocabulary.

The vocabulary (``o200k_base``) is a download of several megabytes that a worker would hold in
memory; for Spanish prose and JSON this estimate is 1.2 to 1.5 times the true count, and
tests/unit/test_tokens.py holds it to counts that were made with the vocabulary.
"""

import math
import re

_PIECES = re.compile(r"[^\W\d_]+|\d{1,3}|\s+|.", re.DOTALL)
_LETTERS_A_TOKEN = 4
_LAST_LATIN = "\u024f"
_SIGNS_A_CHARACTER = 3


def estimate(text: str) -> int:
    """About how many tokens ``text`` is, rather more than less."""
    return sum(_tokens(piece[0]) for piece in _PIECES.finditer(text))


def _tokens(piece: str) -> int:
    if piece.isspace():
        # A single blank belongs to the word after it.
        return int("\n" in piece)
    if max(piece) > _LAST_LATIN:
        return len(piece) if piece.isalpha() else _SIGNS_A_CHARACTER
    return math.ceil(len(piece) / _LETTERS_A_TOKEN) if piece.isalpha() else 1
