"""Cutting a reply into messages, where a reader would pause."""

import re
import unicodedata
from collections.abc import Iterator

_FORBIDDEN_IN_XML = re.compile(r"[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\U00010000-\U0010FFFF]")

_PARAGRAPH_END = re.compile(r"(?=\n[^\S\n]*\n)")
# A full stop after a digit may be the "1." of a list. Emoji that follow a sentence stay with it.
_SENTENCE_END = re.compile(
    r"(?:(?<!\d)\.|[!?…])[^\w\s]{0,16}(?: [^\w\s¿¡*_(\"“«]{1,16})?(?=\s)|(?=\n)",
)
_SPACE = re.compile(r"(?=\s)")
_PAUSES = (_PARAGRAPH_END, _SENTENCE_END, _SPACE)

_ZERO_WIDTH_JOINER = "\u200d"


def clean(text: str) -> str:
    """Drop what XML 1.0 forbids, since replies travel as TwiML.

    These are control characters, lone surrogates, U+FFFE and U+FFFF
    (https://www.w3.org/TR/xml/#charsets).
    """
    return _FORBIDDEN_IN_XML.sub("", text)


def split(text: str, limit: int = 1600) -> list[str]:
    """Cut ``text`` into parts of at most ``limit`` UTF-16 code units, the unit Twilio counts in.

    Cuts fall at paragraph ends, else at sentence or line ends, else at spaces; a word is cut
    only when it alone is longer than ``limit``, and then never inside an emoji unless a single
    one is longer still. White space around a cut is dropped. A ``limit`` under 2, which no
    emoji fits in, raises ValueError.
    """
    if limit < 2:
        raise ValueError("limit must be at least 2 UTF-16 code units")
    return list(_parts(text.strip(), limit))


def _parts(text: str, limit: int) -> Iterator[str]:
    while text:
        cut = _cut(text, limit)
        yield text[:cut].rstrip()
        text = text[cut:].lstrip()


def _cut(text: str, limit: int) -> int:
    end = _longest_fit(text, limit)
    if end == len(text):
        return end
    for pause in _PAUSES:
        if cut := _last_pause(pause, text, end):
            return cut
    return _last_whole_cluster(text, end)


def _longest_fit(text: str, limit: int) -> int:
    """Return how many leading code points of ``text`` fit in ``limit`` UTF-16 code units."""
    if len(text) <= limit // 2:
        return len(text)  # whatever they are
    units = 0
    for index, character in enumerate(text):
        units += 2 if character > "\uffff" else 1
        if units > limit:
            return index
    return len(text)


def _last_pause(pause: re.Pattern[str], text: str, end: int) -> int:
    last = 0
    for match in pause.finditer(text):
        if match.end() > end:
            break
        if not _is_inside_cluster(text, _next_visible(text, match.end())):
            last = match.end()
    return last


def _next_visible(text: str, index: int) -> int:
    while index < len(text) and text[index].isspace():
        index += 1
    return index


def _last_whole_cluster(text: str, end: int) -> int:
    for cut in range(end, 0, -1):
        if not _is_inside_cluster(text, cut):
            return cut
    return end


def _is_inside_cluster(text: str, index: int) -> bool:
    """Tell whether the characters on both sides of ``index`` are drawn as one (after UAX #29)."""
    if not 0 < index < len(text):
        return False
    before, after = text[index - 1], text[index]
    return (
        before == _ZERO_WIDTH_JOINER
        or _extends(after)
        or _is_half_flag(text, index)
        or ("\ud800" <= before <= "\udbff" and "\udc00" <= after <= "\udfff")
    )


def _extends(character: str) -> bool:
    """Accents, variation selectors, keycaps, joiners, skin tones and the tags of regional flags."""
    return (
        character == _ZERO_WIDTH_JOINER
        or "\U0001f3fb" <= character <= "\U0001f3ff"
        or "\U000e0020" <= character <= "\U000e007f"
        or unicodedata.category(character).startswith("M")
    )


def _is_half_flag(text: str, index: int) -> bool:
    """A flag is two regional indicators; an odd number before ``index`` leaves one unpaired."""
    if not _is_regional_indicator(text[index]):
        return False
    start = index
    while start and _is_regional_indicator(text[start - 1]):
        start -= 1
    return (index - start) % 2 == 1


def _is_regional_indicator(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"
