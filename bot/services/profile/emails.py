"""The writer's e-mail address."""

import re

from bot.services.profile.cues import pattern
from bot.services.profile.reading import Reading

_EMAIL = re.compile(
    r"(?<![\w.+@-])[a-z0-9](?:[\w+-]|\.(?!\.)){0,63}@(?:[a-z0-9](?:[a-z0-9-]{0,62})\.){1,6}"
    r"[a-z]{2,24}(?![\w@-])"
)
_BEFORE, _AFTER = 45, 30


def find_email(reading: Reading) -> str | None:
    """Return the first address the writer does not disown, in lower case."""
    place = 0
    for match in _EMAIL.finditer(reading.plain):
        address = reading.text[match.start() : match.end()].lower()
        before = reading.plain[max(place, match.start() - _BEFORE) : match.start()]
        after = reading.plain[match.end() : match.end() + _AFTER].split("@")[0]
        place = match.end()
        if not address.isascii() or ".@" in address or "-." in address:
            continue
        if not _is_disowned(before, after):
            return address
    return None


def _is_disowned(before: str, after: str) -> bool:
    is_right = pattern("email", "right").search(before) and "@" not in before
    return bool(
        (pattern("email", "disowned_before").search(before) and not is_right)
        or pattern("email", "disowned_after", r"^[\s,;:.)\"']*(?:{})(?!\w)").search(after)
    )
