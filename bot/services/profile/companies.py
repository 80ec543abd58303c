"""The company or organisation the writer works for or owns."""

import re
from functools import cache

from bot.services import spanish
from bot.services.profile.cues import is_no_name, is_place, is_trade, pattern, words
from bot.services.profile.names import is_company_head
from bot.services.profile.reading import Found, Reading

_GAP = re.compile(r" +(?:& +)?|(?<=\w)&(?=\w)")
_WORD = re.compile(r"[^\W_][\w'’.&-]*[^\W_]|[^\W_]")
_LEGAL_FORM = re.compile(
    r",? +(?:s\.?a\.?(?: de c\.?v\.?)?|s\.?a\.?s\.?|s\.?r\.?l\.?|ltda?\.?)(?!\w)"
)
_AFTER_CUE = " :,=\"'«“"


def find_company(reading: Reading, name: Found | None, role: Found | None) -> str | None:
    """Return the company after a cue, the trade or the name, or the one its first word shows."""
    for key, loose in (("named", True), ("labels", reading.is_shouted), ("cues", False)):
        for cue in reading.cues("company", key):
            place = reading.skip(cue.end(), _AFTER_CUE if loose else " ")
            if _past().search(reading.plain, max(0, cue.start() - 30), cue.start()):
                continue
            found = _company_at(reading, place, loose)
            if found and not (name and found == name.value):
                return found
    for anchor in (role, name):
        if anchor and (found := _after(reading, anchor)):
            return found
    return _by_head(reading)


@cache
def _past() -> re.Pattern[str]:
    return pattern("company", "past", r"(?<!\w)(?:{})(?: \w+){0,2} $")


def _after(reading: Reading, anchor: Found) -> str | None:
    joint = pattern("company", "after_role", r"[ ,(]*(?:{})(?!\w)\s+(?:(?:la|el|los|las) )?")
    match = joint.match(reading.plain, anchor.end)
    if match is None:
        bracket = re.compile(r" *\((?=[^\W\d])").match(reading.plain, anchor.end)
        return _company_at(reading, bracket.end(), loose=False) if bracket else None
    found = _company_at(reading, match.end(), loose=False)
    # "Ana de Cuautla" may be from there; two words, or a word for a business, may not.
    first = found and spanish.mirror(found.split()[0])
    lone = found and first and " " not in found and not is_company_head(first)
    from_there = re.search(r"\b(?:de|del|desde|from)\b", match.group()) is not None
    return None if lone and from_there and not _is_role(reading, anchor) else found


def _is_role(reading: Reading, anchor: Found) -> bool:
    """Whether the span `anchor` of `reading` is an occupation, not a name."""
    first = reading.token_at(anchor.start)
    return first is not None and is_trade(first.group())


def _by_head(reading: Reading) -> str | None:
    lead = r"(?:^|[,(\n.|—–-] *|(?<!\w)(?:{}) )(?:(?:la|el|los|las) )?"
    for cue in pattern("company", "before_head", lead).finditer(reading.plain):
        token = reading.token_at(cue.end())
        told = reading.is_shouted or reading.is_capital(cue.end())
        if not (token and told and is_company_head(token.group()) and _is_own(reading, cue.end())):
            continue
        if found := _company_at(reading, cue.end(), loose=False):
            return found
    return None


def _is_own(reading: Reading, place: int) -> bool:
    sentence = reading.sentence_at(place)
    others = pattern("company", "not_own").search(reading.before(place))
    told_by = pattern("company", "told_by").search(reading.after(place))
    return not (sentence.asks or others or told_by or reading.is_unreal(place))


def _company_at(reading: Reading, start: int, loose: bool) -> str | None:
    """Return the name at `start`; `loose` also takes it in lower case, as after "se llama"."""
    tokens = _tokens(reading, start, loose)
    while tokens and tokens[-1].group().lower() in words("company", "joins"):
        tokens.pop()
    if not tokens:
        return None
    first = spanish.mirror(tokens[0].group())
    named = loose and len(tokens) > 1 and first in words("company", "joins")
    barred = not (named or is_company_head(first)) and (is_no_name(first) or is_trade(first))
    if is_place(first) or barred:
        return None
    generic = pattern("company", "generic", r"(?:{})$").match(first)
    if len(tokens) == 1 and (generic or is_company_head(first)):
        return None
    value = reading.text[start : tokens[-1].end()]
    legal = _LEGAL_FORM.match(reading.plain, tokens[-1].end())
    if legal:
        value = reading.text[start : legal.end()]
    if not (reading.is_shouted or value.islower()):
        return value
    spelled = spanish.proper_case(value, list(words("company", "joins")))
    return spelled[0].upper() + spelled[1:]


def _tokens(reading: Reading, start: int, loose: bool) -> list[re.Match[str]]:
    tokens: list[re.Match[str]] = []
    token = _WORD.match(reading.text, start)
    lower = loose or is_company_head(reading.plain[start : token.end() if token else start])
    while token and len(tokens) < 7:
        word = reading.plain[token.start() : token.end()]
        capital = reading.is_capital(token.start()) or (
            bool(tokens) and not lower and word[0].isdigit()
        )
        joins = bool(tokens) and word in words("company", "joins")
        if joins and lower and not loose and word in {"y", "e", "a"}:
            break
        in_lower = lower and (
            _fits_in_lower(word, first=not tokens)
            or (loose and not tokens and word in words("company", "joins"))
        )
        if not (capital or joins or in_lower) or (
            tokens and not capital and not joins and _ends(word)
        ):
            break
        if capital and not joins and not word[0].isdigit():
            lower = loose and not tokens and reading.is_shouted
        tokens.append(token)
        gap = _GAP.match(reading.text, token.end())
        token = gap and _WORD.match(reading.text, gap.end())
    return tokens


def _ends(word: str) -> bool:
    return word in words("role", "stops") and word not in words("company", "joins")


def _fits_in_lower(word: str, first: bool) -> bool:
    if first:
        return is_company_head(word) or not (_ends(word) or is_no_name(word))
    return not (word in words("role", "stops") or pattern("company", "plain_words").match(word))
