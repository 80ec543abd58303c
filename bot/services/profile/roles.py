"""The writer's present occupation, or the area they work in."""

import re

from bot.services.profile.cues import area, is_place, is_trade, pattern, words
from bot.services.profile.reading import Found, Reading

_LONGEST_ROLE = 7
_LONGEST_CARD = 90
_ARTICLES = frozenset({"la", "el", "los", "las", "un", "una", "unos", "unas", "mi"})


def find_role(reading: Reading, name: Found | None) -> Found | None:
    """Return the occupation: said outright, beside the name, or only an area (not sure)."""
    for cue in reading.cues("role", "cues"):
        found = role_at(reading, reading.skip(cue.end()))
        if found and not (name and _is_title(found, name) and _beside(reading, name)):
            return found
    for cue in reading.matches("role", "after"):
        start = max(reading.sentence_at(cue.start()).start, cue.start() - 40)
        found = role_at(reading, reading.skip(_segment_start(reading, start, cue.start())))
        if found and found.end <= cue.start():
            return found
    found = _beside(reading, name) if name else _opening(reading)
    return found or _activity(reading) or _area(reading)


def _is_title(found: Found, name: Found) -> bool:
    """Whether what looks like an occupation is said to the name: "la licenciada Ana Paz"."""
    return found.end < name.start <= found.end + 2


def _segment_start(reading: Reading, start: int, end: int) -> int:
    return max(reading.plain.rfind(mark, start, end) for mark in ",.(\n") + 1 or start


def role_at(reading: Reading, start: int) -> Found | None:
    """Return the occupation that starts at `start`, with what belongs to it."""
    first = reading.token_at(start)
    if first is None or first.group() in words("role", "never") or not _opens(reading, first):
        return None
    end = first.end()
    for _ in range(_LONGEST_ROLE):
        further = _extended(reading, end, first.group())
        if further is None:
            break
        end = further
    if end == first.end() and first.group() in words("role", "needs_more"):
        named = re.compile(r" (?:de|del|en) (?:la |el )?(?=\w)").match(reading.plain, end)
        if not named or not reading.is_capital(named.end()):
            return None
    return Found(reading.text[start:end].lower(), start, end)


def _opens(reading: Reading, token: re.Match[str]) -> bool:
    word = token.group()
    if not pattern("role", "leads", r"(?:{})$").match(word):
        return is_trade(word)
    if word in words("role", "alone"):
        return True
    following = reading.token_at(reading.skip(token.end()))
    return following is not None and (
        (following.group() != word and _opens(reading, following))
        if len(following.group()) > 1
        else False
    )


def _extended(reading: Reading, end: int, trade: str) -> int | None:
    """Return where the occupation ends with one more part, or None when it is complete."""
    gap = re.compile(r"\.? +").match(reading.plain, end)
    token = gap and reading.token_at(gap.end())
    if not token or token.group() in words("role", "stops"):
        return None
    word = token.group()
    if word in {"de", "del"}:
        return _complement(reading, token.end())
    if word in {"en", "para"}:
        return (
            _field(reading, reading.skip(token.end()))
            if trade in words("role", "of_a_field")
            else None
        )
    if is_trade(word) or pattern("role", "qualifiers", r"(?:{})$").match(word):
        return token.end()
    return None


def _field(reading: Reading, start: int) -> int | None:
    """Return where the field that an occupation names with "en" ends."""
    if known := area().match(reading.plain, start):
        return known.end()
    token = reading.token_at(start)
    if token is None or reading.is_capital(start) or is_place(token.group()):
        return None
    shaped = pattern("role", "fields", r"(?:{})$").match(token.group())
    return token.end() if shaped and token.group() not in words("role", "stops") else None


def _complement(reading: Reading, end: int) -> int | None:
    """Return where what follows "de" ends: an area, or one word with its article."""
    start = reading.skip(end)
    token = reading.token_at(start)
    while token and token.group() in _ARTICLES:
        token = reading.token_at(reading.skip(token.end()))
    if token is None or is_place(token.group()) or token.group() in words("role", "stops"):
        return None
    known = area().match(reading.plain, token.start())
    if known:
        return known.end()
    return None if reading.is_capital(token.start()) else token.end()


def _beside(reading: Reading, name: Found) -> Found | None:
    """Find an occupation among the next things said after the name."""
    if (found := role_at(reading, reading.skip(name.end))) is not None:
        return found
    limit = min(len(reading.plain), name.end + _LONGEST_CARD)
    place = name.end
    joint = pattern("role", "joints", r"(?:{})")
    while step := joint.search(reading.plain, place, limit):
        if found := role_at(reading, step.end()):
            return found if not reading.is_of_others(reading.before(found.start)) else None
        place = step.end()
        if step.end() == step.start():
            break
    return None


def _opening(reading: Reading) -> Found | None:
    """Find an occupation of several words that opens a card: "Chofer de camión, 40 años"."""
    found = role_at(reading, reading.skip(0, " ¡!\"'"))
    closed = found and re.compile(r"(?: (?:aca|aqui|por aca|por aqui))? *[,.–—-] ").match(
        reading.plain, found.end
    )
    if not found or not closed or " " not in found.value:
        return None
    return found._replace(is_sure=False)


def _activity(reading: Reading) -> Found | None:
    """Find what somebody "me dedico a" do."""
    for cue in reading.cues("role", "activity"):
        ending = pattern("role", "activity_end").search(reading.plain, cue.end())
        end = ending.start() if ending else len(reading.plain)
        start = reading.skip(cue.end())
        value = reading.text[start:end].strip(" ,").lower()
        if value and len(value) < 50:
            return Found(value, start, end, is_sure=False)
    return None


def _area(reading: Reading) -> Found | None:
    for key in ("area_cues", "named_area_cues"):
        for cue in reading.cues("role", key):
            start = reading.skip(cue.end())
            known = area().match(reading.plain, start)
            if known and not pattern("role", "no_area_after").match(reading.plain, known.end()):
                return Found(reading.text[start : known.end()].lower(), start, known.end(), False)
            if key == "named_area_cues" and (found := _named_area(reading, start)):
                return found
    return None


def _named_area(reading: Reading, start: int) -> Found | None:
    token = reading.token_at(start)
    if token is None or token.group() in words("role", "stops") or reading.is_capital(start):
        return None
    end = token.end()
    while further := _extended(reading, end, ""):
        end = further
    return Found(reading.text[start:end].lower(), start, end, is_sure=False)
