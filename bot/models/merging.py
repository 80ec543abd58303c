"""Two memories of one person become one: each fact as it was told last, and nothing lost.

Two memories arise when an older bot knew somebody under both ways to write a number, when a file
is imported over what has gone on meanwhile, or when a person without a number turns out to have
one. Merging the same memory of a person twice changes nothing, and it does not matter which comes
first.
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, cast

from bot.models import scores
from bot.models.leads import (
    HISTORY_TURNS,
    NOTED_AT,
    SPENT,
    STAGES,
    LeadMemory,
    canonical_id,
)

_LONG_AGO = datetime.min.replace(tzinfo=UTC)
_REFUSED = "refused_interests"
_COLUMNS, _LISTS = ("name", "role"), ("interests", "pain_points")
_OF_BOTH = (NOTED_AT, "opted_out", "unsure")
"""What is joined also when only one of the two has it."""

_STATES = ("noticed", "asked", "accepted", "refused")
"""Events of receipts that say where the consent stands."""


def merged(one: LeadMemory, other: LeadMemory) -> LeadMemory:
    """Both in one, under the ``user_id`` of ``one``.

    Messages under two ids that are not variants of one number are added up; of one id the higher
    count stands, because the same ones may have been counted in both.
    """
    older, newer = sorted((one, other), key=_age)
    same = canonical_id(one.user_id) == canonical_id(other.user_id)
    if replace(older, user_id=newer.user_id) == newer:
        return one
    counts = one.interaction_count, other.interaction_count
    extra = _extra(older, newer)
    return LeadMemory(
        user_id=one.user_id,
        name=_latest(older, newer, "name"),
        role=_latest(older, newer, "role"),
        interests=_interests(older, newer),
        pain_points=tuple(dict.fromkeys(_each_once([*older.pain_points], [*newer.pain_points]))),
        lead_score=_score(older, newer, extra),
        interaction_count=max(counts) if same else sum(counts),
        first_interaction_at=_first(min, older.first_interaction_at, newer.first_interaction_at),
        last_interaction_at=_first(max, older.last_interaction_at, newer.last_interaction_at),
        message_history=_history(older, newer),
        additional_data=extra,
    )


def joined(known: LeadMemory | None, found: LeadMemory) -> LeadMemory:
    """What is known of a person with what was found of the same person elsewhere.

    The messages that both count are the same ones, under whichever id.
    """
    return merged(known, replace(found, user_id=known.user_id)) if known else found


def _age(memory: LeadMemory) -> tuple[Any, ...]:
    """Sorts memories by when they were added to last, and always in the same way."""
    content = [memory.name, memory.role, memory.interests, memory.pain_points]
    content += [memory.message_history, memory.additional_data, memory.lead_score]
    document = json.dumps(content, sort_keys=True, default=str)
    return _last_at(memory), memory.interaction_count, document


def _last_at(memory: LeadMemory) -> datetime:
    return _aware(memory.last_interaction_at or _LONG_AGO)


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _moment(text: Any) -> datetime:
    """A moment that is kept as a text; one that is none is long ago."""
    try:
        return _aware(datetime.fromisoformat(text))
    except (TypeError, ValueError):
        return _LONG_AGO


def _first(
    choose: Callable[[Iterable[datetime]], datetime], *moments: datetime | None
) -> datetime | None:
    known = [_aware(moment) for moment in moments if moment]
    return choose(known) if known else None


def _value(memory: LeadMemory, name: str) -> Any:
    return getattr(memory, name) if name in _COLUMNS else memory.additional_data.get(name)


def _told_last(older: LeadMemory, newer: LeadMemory, name: str) -> LeadMemory:
    """Who of the two was told a fact last; who alone knows it, unless it was taken away since."""
    for one, other in ((older, newer), (newer, older)):
        if _value(one, name) in (None, ""):
            removed_at = one.noted_at(name) or _LONG_AGO
            return one if _aware(removed_at) > _told_at(other, name) else other
    # Of two that were told at one moment always the same, whichever memory is looked at first.
    ranks = [(_told_at(each, name), str(_value(each, name))) for each in (older, newer)]
    return older if ranks[0] > ranks[1] else newer


def _latest(older: LeadMemory, newer: LeadMemory, name: str) -> Any:
    return _value(_told_last(older, newer, name), name)


def _told_at(memory: LeadMemory, name: str) -> datetime:
    return _aware(memory.noted_at(name) or _last_at(memory))


def _interests(older: LeadMemory, newer: LeadMemory) -> tuple[str, ...]:
    """Those of both, but for what the person found of no use later."""
    refused = {*_texts(older, _REFUSED), *_texts(newer, _REFUSED)}
    meant = {
        each for one in (older, newer) for each in one.interests if each in _texts(one, _REFUSED)
    }
    if _last_at(newer) > _last_at(older):
        meant |= {*newer.interests}
    found = dict.fromkeys(_each_once(list(older.interests), list(newer.interests)))
    return tuple(each for each in found if each not in refused or each in meant)


def _extra(older: LeadMemory, newer: LeadMemory) -> dict[str, Any]:
    names = dict.fromkeys((*older.additional_data, *newer.additional_data))
    found = {name: _extra_value(older, newer, name) for name in names}
    for name, value in list(found.items()):
        known = older.additional_data.get(name), newer.additional_data.get(name)
        is_taken_away = value is None and known != (None, None)
        if is_taken_away or (not value and name in ("opted_out", "unsure")):
            del found[name]
    return found


def _extra_value(older: LeadMemory, newer: LeadMemory, name: str) -> Any:
    of_older, of_newer = older.additional_data.get(name), newer.additional_data.get(name)
    if of_older == of_newer and name not in _OF_BOTH:
        return of_newer
    if (of_older is None or of_newer is None) and name not in _OF_BOTH:
        return _latest(older, newer, name)
    if name in _JOINED:
        return _JOINED[name](older, newer)
    if isinstance(of_older, list) and isinstance(of_newer, list):
        return _each_once(cast(list[Any], of_older), cast(list[Any], of_newer))
    return _latest(older, newer, name)


def _each_once(older: list[Any], newer: list[Any]) -> list[Any]:
    """What is in either, in the order of the one that has it all, if one has."""
    if all(each in older for each in newer):
        return max(older, newer, key=lambda each: (len(each), str(each)))
    return [each for each in older if each not in newer] + newer


def _noted(older: LeadMemory, newer: LeadMemory) -> dict[str, Any]:
    """When each fact was told that counts now."""
    both = [_dict(each.additional_data.get(NOTED_AT)) for each in (older, newer)]
    noted: dict[str, Any] = {}
    for name in dict.fromkeys((*both[0], *both[1])):
        if name in _LISTS:
            noted[name] = max((each[name] for each in both if name in each), key=_moment)
            continue
        whose = _told_last(older, newer, name)
        own = _dict(whose.additional_data.get(NOTED_AT)).get(name)
        noted[name] = own or _last_at(whose).isoformat()
    return noted


def _spent(older: LeadMemory, newer: LeadMemory) -> dict[str, Any]:
    """The later day's, or of one day the higher: the same cost may be in both."""
    both = (_dict(each.additional_data.get(SPENT)) for each in (older, newer))
    return max(both, key=lambda spent: (str(spent.get("day")), str(spent.get("usd"))))


def _consent(older: LeadMemory, newer: LeadMemory) -> Any:
    """All receipts, and the state that the last of them led to."""
    both = [each.additional_data.get("consent") for each in (older, newer)]
    known = [cast(dict[str, Any], each) for each in both if isinstance(each, dict)]
    if len(known) < 2:
        return known[0] if known else both[1]
    receipts = _receipts(older, newer)
    led_to = [each for each in receipts if _dict(each).get("event") in _STATES]
    if led_to:
        state = _dict(led_to[-1])["event"]
    else:
        # Receipts of leaving and coming back only tell which of the two is the later one.
        state = max(known, key=lambda each: _last_receipt_at(each.get("receipts"))).get("state")
        state = state if receipts else known[1].get("state")
    joined = {**known[0], **known[1], "state": state}
    return joined | ({"receipts": receipts} if receipts else {})


def _last_receipt_at(receipts: Any) -> datetime:
    return max(map(_receipt_at, _list(receipts)), default=_LONG_AGO)


def _receipts(older: LeadMemory, newer: LeadMemory) -> list[Any]:
    """The receipts of both, oldest first."""
    both = [_dict(each.additional_data.get("consent")).get("receipts") for each in (older, newer)]
    return sorted(_each_once(*map(_list, both)), key=_receipt_at)


def _receipt_at(receipt: Any) -> datetime:
    return _moment(_dict(receipt).get("at"))


def _opted_out(older: LeadMemory, newer: LeadMemory) -> bool:
    """A "no" holds until the person takes it back, which leaves a receipt."""
    back = [_receipt_at(each) for each in _receipts(older, newer) if _is(each, "opted_in")]
    came_back = max(back, default=_LONG_AGO)
    return any(each.opted_out and _left_at(each) >= came_back for each in (older, newer))


def _left_at(memory: LeadMemory) -> datetime:
    """When somebody said that nobody shall write; an older bot left no receipt of it."""
    receipts = _receipts(memory, memory)
    left = max((_receipt_at(each) for each in receipts if _is(each, "opted_out")), default=None)
    back = max((_receipt_at(each) for each in receipts if _is(each, "opted_in")), default=_LONG_AGO)
    return left if left and left >= back else _last_at(memory)


def _is(receipt: Any, event: str) -> bool:
    return _dict(receipt).get("event") == event


def _stage(older: LeadMemory, newer: LeadMemory) -> Any:
    """The one that was reached; an older bot's own name for it yields to ours."""
    known = [each.additional_data.get("stage") for each in (older, newer)]
    ours = [each for each in known if each in STAGES]
    return max(ours, key=STAGES.index) if ours else _latest(older, newer, "stage")


def _unsure(older: LeadMemory, newer: LeadMemory) -> list[str]:
    """What is only concluded in the memory that the value is taken from."""
    doubted = {*_texts(older, "unsure"), *_texts(newer, "unsure")}
    return sorted(
        name for name in doubted if name in _texts(_told_last(older, newer, name), "unsure")
    )


def _ledger(older: LeadMemory, newer: LeadMemory) -> Any:
    both = [scores.read_ledger(each.additional_data.get("score")) for each in (older, newer)]
    names = dict.fromkeys((*both[0], *both[1]))
    entries = {
        name: max((each[name] for each in both if name in each), key=lambda entry: entry.at)
        for name in names
    }
    return scores.write_ledger(entries) if entries else _latest(older, newer, "score")


def _score(older: LeadMemory, newer: LeadMemory, extra: dict[str, Any]) -> int:
    """From the merged ledger, or where an older bot kept none, as it was last."""
    if extra.get("opted_out"):
        return 0
    ledger = scores.read_ledger(extra.get("score"))
    if ledger:
        return scores.total(ledger, _last_at(newer))
    return max((_last_at(each), each.lead_score) for each in (older, newer))[1]


def _history(older: LeadMemory, newer: LeadMemory) -> tuple[dict[str, Any], ...]:
    if older.message_history == newer.message_history:
        return newer.message_history
    turns = _each_once(list(older.message_history), list(newer.message_history))
    return tuple(sorted(turns, key=lambda turn: _moment(turn.get("timestamp")))[-HISTORY_TURNS:])


def _texts(memory: LeadMemory, name: str) -> set[str]:
    return {each for each in memory.values(name) if isinstance(each, str)}


def _dict(value: Any) -> dict[str, Any]:
    return cast(dict[str, Any], value) if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return cast(list[Any], value) if isinstance(value, list) else []


_JOINED: dict[str, Callable[[LeadMemory, LeadMemory], Any]] = {
    NOTED_AT: _noted,
    SPENT: _spent,
    "consent": _consent,
    "opted_out": _opted_out,
    "score": _ledger,
    "stage": _stage,
    "unsure": _unsure,
    "context": lambda older, newer: _latest(older, newer, "context"),
}
"""What needs more than to be taken from where it was told last."""
