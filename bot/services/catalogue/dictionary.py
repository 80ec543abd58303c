"""What is plain Spanish, and therefore no mistake: some 200,000 words in a few megabytes.

Every worker holds them, so they are kept as numbers and as long texts: as Python objects they
would take ten times as much.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from hashlib import blake2b

import numpy as np
from spellchecker import SpellChecker

from bot.services.catalogue.words import sound
from bot.services.spanish import plain

_VOWELS = tuple("aeiou")
_KEY_BYTES = 8
_MOST_COUNTED = 2**32 - 1


class Dictionary:
    """How often words occur, and how they sound."""

    def __init__(self, words: Mapping[str, int]) -> None:
        keys = np.fromiter(map(_key, words), np.uint64, len(words))
        order = np.argsort(keys)
        self._keys = keys[order]
        counts = (min(count, _MOST_COUNTED) for count in words.values())
        self._counts = np.fromiter(counts, np.uint32, len(words))[order]
        self._sounds = _sounds(words)

    def frequency(self, word: str) -> int:
        """How often a plain ``word`` occurs in the corpus of the dictionary; 0 when it does not."""
        key = np.uint64(_key(word))
        place = int(np.searchsorted(self._keys, key))
        is_there = place < len(self._keys) and self._keys[place] == key
        return int(self._counts[place]) if is_there else 0

    def sounding(self, length: int, start: str) -> list[str]:
        """What words sound like, of so many letters and with that beginning."""
        return self._sounds.get((length, start), "").split()


def _key(word: str) -> int:
    """Of two words the chance is one in 10^19 that they share it."""
    return int.from_bytes(blake2b(word.encode(), digest_size=_KEY_BYTES).digest())


def _sounds(words: Mapping[str, int]) -> dict[tuple[int, str], str]:
    # Past the cache, which is for words that people write.
    heard = {sound.__wrapped__(word) for word in words}
    grouped: dict[tuple[int, str], list[str]] = defaultdict(list)
    for sounding in sorted(heard):
        grouped[len(sounding), sounding[:1]].append(sounding)
    return {key: " ".join(found) for key, found in grouped.items()}


def read_words() -> dict[str, int]:
    """The words of pyspellchecker's Spanish dictionary, plain, with how often they occur."""
    dictionary = SpellChecker(language="es").word_frequency
    words: dict[str, int] = defaultdict(int)
    spellings: Iterator[str] = dictionary.keys()
    for spelling in spellings:
        word = plain(spelling)
        words[word] += dictionary[spelling]
        words[f"{word}s" if word[-1:] in _VOWELS else f"{word}es"] += 1
    return dict(words)


@cache
def spanish() -> Dictionary:
    """The dictionary, read on first use; it takes a second."""
    return Dictionary(read_words())
