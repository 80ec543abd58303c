"""The money the writer has or would pay."""

import re
from itertools import islice

from bot.services import spanish
from bot.services.profile.cues import pattern
from bot.services.profile.reading import Reading, Sentence

_WINDOW = 90
_CURRENCY_REACH = 28
_MOST_AMOUNTS = 8


def find_budget(reading: Reading) -> tuple[float | None, str | None]:
    """Return the writer's own amount, and its ISO 4217 code when it is stated."""
    for sentence in reading.sentences:
        clause = reading.plain[sentence.start : sentence.end]
        amounts = list(islice(spanish.amounts(clause), _MOST_AMOUNTS))
        for place, amount in enumerate(amounts):
            following = amounts[place + 1].start if place + 1 < len(amounts) else len(clause)
            if not _is_own(reading, sentence, clause, amount, following):
                continue
            top = _top(clause, amounts[place : place + 2])
            return top.value, top.currency or _currency_after(clause[top.end :])
    return None, None


def _top(clause: str, pair: list[spanish.Amount]) -> spanish.Amount:
    """Return the upper end of "entre 100 y 200", or the only amount."""
    joint = r"\s*(?:\w+ )?(?:y|a|o|-|hasta|to)\s*"
    if len(pair) == 2 and re.fullmatch(joint, clause[pair[0].end : pair[1].start]):
        return max(pair, key=lambda amount: amount.value)
    return pair[0]


def _is_own(
    reading: Reading,
    sentence: Sentence,
    clause: str,
    amount: spanish.Amount,
    following: int,
) -> bool:
    before = clause[max(0, amount.start - _WINDOW) : amount.start]
    after = clause[amount.end : following]
    if amount.value <= 0 or _counts_something(amount, after):
        return False
    if pattern("budget", "never", r"(?<!\w)(?:{})[\s:]*$").search(before):
        return False
    if reading.is_unreal(sentence.start + amount.start):
        return False
    own, other = (_last(key, before) for key in ("own", "other"))
    if not amount.is_money and _currency_after(after) is None:
        own = _last("own_money", before)
    if own > other:
        return True
    if own == other == -1 and pattern("budget", "own_after").search(after):
        return not pattern("budget", "other_after").search(after)
    return other == -1 and own == -1 and _stands_alone(reading, sentence, clause, amount)


def _last(key: str, before: str) -> int:
    return max((cue.end() for cue in pattern("budget", key).finditer(before)), default=-1)


def _counts_something(amount: spanish.Amount, after: str) -> bool:
    if re.match(r"\s*%|\s*\d|[/:-]\d", after):
        return True
    if pattern("budget", "not_money", r"^\s*(?:{})(?!\w)").search(after):
        return True
    if amount.is_money or _currency_after(after):
        return False
    # What has no unit is money only if no noun follows that it could count.
    return not pattern("budget", "no_noun", r"^\s*(?:$|[^\w\s]|(?:{})(?!\w))").search(after)


def _currency_after(after: str) -> str | None:
    """Return the currency that "medio palo pongo, pesos argentinos" adds."""
    for code, found in spanish.currencies():
        if found.search(after[:_CURRENCY_REACH]):
            return code
    return None


def _stands_alone(
    reading: Reading, sentence: Sentence, clause: str, amount: spanish.Amount
) -> bool:
    """Whether the amount is all there is in its segment, as in a card of the writer."""
    if not amount.is_money or sentence.asks:
        return False
    for start, end in reading.segments(sentence):
        if start - sentence.start <= amount.start < end - sentence.start:
            left = clause[start - sentence.start : amount.start]
            right = clause[amount.end : end - sentence.start]
            return bool(
                re.fullmatch(r"\W*(?:(?:unos|como|solo|maximo|max|aprox)\s*)*", left)
                and pattern("budget", "alone", r"\s*(?:(?:{})\W*)*$").match(right)
            )
    return False
