"""How many tokens a text costs at most, without the provider's vocabulary.

The vocabulary (``o200k_base``) is a download of several megabytes that a worker would hold in
memory; for Spanish prose and JSON this estimate is 1.2 to 1.5 times the true count, and
tests/unit/test_tokens.py holds it to counts that were made with the vocabulary.
"""

import re

_WORDS = re.compile(r"[^\W\d_]+")
_NUMBERS = re.compile(r"\d{1,3}")
_SIGNS = re.compile(r"[^\w\s]|_")
_LINE_BREAKS = re.compile(r"\s*\n\s*")
_LETTERS_A_TOKEN = 4
_LAST_LATIN = "\u024f"
_TOKENS_A_SIGN = 3


def estimate(text: str) -> int:
    """About how many tokens ``text`` is, rather more than less.

    A single blank belongs to the word after it.
    """
    others = len(_NUMBERS.findall(text)) + len(_LINE_BREAKS.findall(text))
    return (
        sum(map(_of_word, _WORDS.findall(text))) + sum(map(_of_sign, _SIGNS.findall(text))) + others
    )


def _of_word(word: str) -> int:
    if word.isascii() or max(word) <= _LAST_LATIN:
        return -(-len(word) // _LETTERS_A_TOKEN)
    return len(word)


def _of_sign(sign: str) -> int:
    return 1 if sign <= _LAST_LATIN else _TOKENS_A_SIGN
