"""The writer's name."""

import re
from functools import cache

from bot.services import spanish
from bot.services.profile.cues import (
    is_given_name,
    is_no_name,
    is_place,
    is_surname,
    is_trade,
    pattern,
    words,
)
from bot.services.profile.reading import Found, Reading

_LONGEST_NAME = 6
# What follows a word that is part of an e-mail address.
_ADDRESS = re.compile(r"[\w.+-]{0,40}@")
_KNOWN, _CAPITAL, _ANY = range(3)
"""How far a place is trusted to hold a name: a known one, also a capital, also any word."""
_TIERS = (
    ("correction", _CAPITAL),
    ("amended", _KNOWN),
    ("statement", _ANY),
    ("presented", _CAPITAL),
    ("bare", _CAPITAL),
)
_AFTER_CUE = " :,=\"'«“-–—("
# Between a name and the next thing on a card, a picture too.
_CARD_JOINT = re.compile(r"\s*[,;(|:\n—–\-\U0001f000-\U0001faff\u2600-\u27bf\ufe0f]+\s*|\s*\.\s+")
_ENDS_SEGMENT = ".,;:!?\n—–()|"


def find_name(reading: Reading) -> Found | None:
    """Return the writer's name; a correction outranks a statement, a place proves least."""
    for tier, trust in _TIERS:
        corrects = tier in {"correction", "amended"}
        for cue in reading.matches("name", tier):
            if reading.is_unreal(cue.start(), cue.end()) or (
                not corrects and reading.is_denied(cue.start())
            ):
                continue
            skipped = " " if tier == "bare" else _AFTER_CUE
            if found := name_at(reading, reading.skip(cue.end(), skipped), trust):
                return found
    return _before_cue(reading) or _by_position(reading) or _signature(reading)


@cache
def _title() -> re.Pattern[str]:
    return pattern("name", "titles", r"(?:{})\b\.?\s+(?=[^\W\d])")


def name_at(reading: Reading, start: int, trust: int = _KNOWN) -> Found | None:
    """Return the name, without titles, that starts at `start`."""
    while title := _title().match(reading.plain, start):
        start = title.end()
    parts = _parts(reading, start, trust)
    if not parts:
        return None
    end = parts[-1].end()
    particles = list(words("name", "particles"))
    return Found(spanish.proper_case(reading.text[start:end], particles), start, end)


def _parts(reading: Reading, start: int, trust: int) -> list[re.Match[str]]:
    first = reading.token_at(start)
    if first is None or not _opens_name(reading, first, trust):
        return []
    parts = [first]
    while len(parts) < _LONGEST_NAME and (part := _next_part(reading, parts)):
        parts.append(part)
    return parts


def _opens_name(reading: Reading, token: re.Match[str], trust: int) -> bool:
    word, capital = token.group(), reading.is_capital(token.start())
    if _ADDRESS.match(reading.plain, token.end()) or len(word) < 2:
        return False
    if is_given_name(word):
        ambiguous = is_no_name(word) or is_trade(word)
        return capital if ambiguous else trust > _KNOWN or not is_place(word) or capital
    if is_no_name(word) or is_trade(word) or is_place(word) or trust == _KNOWN:
        return False
    if pattern("name", "no_endings", r"\w{2,}(?:{})$").match(word):
        return False
    if pattern("company", "heads").match(word):
        return False
    return capital or trust == _ANY or _before_surname(reading, token)


def _before_surname(reading: Reading, token: re.Match[str]) -> bool:
    """Whether a known surname shows that the word in lower case at `token` is a name."""
    gap = re.compile(" +").match(reading.plain, token.end())
    following = gap and reading.token_at(gap.end())
    if not following or is_no_name(following.group()) or is_trade(following.group()):
        return False
    if pattern("name", "no_endings", r"\w{2,}(?:{})$").match(following.group()):
        return False
    return is_surname(following.group()) and not is_place(following.group())


def _next_part(reading: Reading, parts: list[re.Match[str]]) -> re.Match[str] | None:
    gap = re.compile(r"\.? +").match(reading.plain, parts[-1].end())
    token = gap and reading.token_at(gap.end())
    if not token or not gap:
        return None
    if gap.group()[0] == "." and len(parts[-1].group()) > 1:
        return None
    if token.group() in words("name", "particles"):
        return _after_particles(reading, token)
    return token if _continues(reading, token) else None


def _after_particles(reading: Reading, particle: re.Match[str]) -> re.Match[str] | None:
    """Return the part behind "de la" and the like: "del Carmen", but not "de Lima"."""
    token: re.Match[str] | None = particle
    while token and token.group() in words("name", "particles"):
        token = reading.token_at(reading.skip(token.end()))
    if token is None or particle.group() == "y":
        return None
    bound = reading.plain[particle.start() : token.start()].strip()
    if (
        bound in {"de", "del"}
        and not is_given_name(token.group())
        and not is_surname(token.group())
    ):
        return None
    if (is_place(token.group()) and bound == "de") or is_company_head(token.group()):
        return None
    return token if _continues(reading, token) else None


def is_company_head(word: str) -> bool:
    """Whether `word` opens the name of a company."""
    return pattern("company", "heads", r"(?:{})$").match(word) is not None


def _continues(reading: Reading, token: re.Match[str]) -> bool:
    word, capital = token.group(), reading.is_capital(token.start())
    if _ADDRESS.match(reading.plain, token.end()):
        return False
    known = is_given_name(word) or is_surname(word)
    if known and (capital or not (is_no_name(word) or is_trade(word))):
        return True
    return capital and not (is_no_name(word) or is_trade(word) or is_company_head(word))


def _before_cue(reading: Reading) -> Found | None:
    """Find the name before words that show it is one: "Ana por acá", "Eva para servirle"."""
    for cue in pattern("name", "after", r"[ ,]{1,2}(?:{})(?!\w)").finditer(reading.plain):
        start = 1 + max(reading.plain.rfind(mark, 0, cue.start()) for mark in _ENDS_SEGMENT)
        opening = pattern("name", "openings", r"\W*(?:(?:{})\W+)*").match(reading.plain, start)
        found = name_at(reading, opening.end() if opening else start, _CAPITAL)
        if found and found.end == cue.start() and not reading.is_unreal(found.start):
            return found
    return None


def _by_position(reading: Reading) -> Found | None:
    """Find a name that opens a card of the writer: "Andrés, 34 años", "Ana Paz — abogada"."""
    for sentence in reading.sentences[:4]:
        opening = pattern("name", "openings", r"\W*(?:(?:{})\W+)*").match(
            reading.plain, sentence.start, sentence.end
        )
        start = opening.end() if opening else sentence.start
        found = name_at(reading, start) or _with_surname(reading, start)
        if found and _is_card(reading, found, greeted=start > sentence.start + 2):
            return found._replace(is_sure=False)
    return None


def _with_surname(reading: Reading, start: int) -> Found | None:
    found = name_at(reading, start, _CAPITAL)
    titled = found is not None and found.start > start
    last = found.value.split()[-1] if found else ""
    named = found is not None and " " in found.value and is_surname(spanish.mirror(last))
    return found if titled or named else None


def _is_card(reading: Reading, found: Found, greeted: bool) -> bool:
    rest = reading.plain[found.end :]
    if pattern("name", "beside", r"\s*(?:[,.(|:\n—–-]\s*)?(?:{})").match(rest):
        return True
    origin = re.compile(r"[ ,]+(?:de|desde|from) (\w+)").match(rest)
    if origin and (is_place(origin[1]) or " " in found.value):
        return True
    after = _CARD_JOINT.match(rest)
    word = after and reading.token_at(found.end + after.end())
    if word and (is_trade(word.group()) or is_company_head(word.group())):
        return not pattern("context", "vocative_after").match(rest, after.end() if after else 0)
    if after and after.group().strip(" ") in {":", "("} and " " in found.value:
        return True
    alone = not rest.strip(" .,\n") and not reading.plain[: found.start].strip(" .,\n¡!")
    return alone and not greeted and len(reading.sentences) <= 2


def _signature(reading: Reading) -> Found | None:
    """Find a name at the end, after a farewell or a title: "Saludos, Ana", "Lic. Ana Paz"."""
    for cue in pattern("name", "farewells", r"(?<!\w)(?:{})[ .,:!\n–—-]+").finditer(reading.plain):
        found = name_at(reading, cue.end())
        ends = found and re.compile(r"\W*$|\s*[,\n—–-]").match(reading.plain, found.end)
        if found and ends and cue.start() > 8:
            return found._replace(is_sure=False)
    last = reading.plain.rstrip(" .\n").rfind("\n")
    if last > 8:
        found = name_at(reading, reading.skip(last + 1, " -–—~"))
        if found and not reading.plain[found.end :].strip(" .\n"):
            return found._replace(is_sure=False)
    if pattern("name", "speaks").search(reading.plain):
        for cue in pattern("name", "signing_titles", r"[,.\n]\s*(?=(?:{})\s)").finditer(
            reading.plain
        ):
            if found := name_at(reading, cue.end(), _CAPITAL):
                return found._replace(is_sure=False)
    return None
