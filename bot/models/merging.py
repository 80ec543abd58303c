"""Two memories of one person become one: each fact as it was told last, and nothing lost.

Two memories arise when an older bot knew somebody under both ways to write a number, when a file
is imported over what has gone on meanwhile, or when a person without a number turns out to have
one. Merging the same twice changes nothing, and it does not matter which comes first.
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


def merged(one: LeadMemory, other: LeadMemory) -> LeadMemory:
    """Both in one, under the ``user_id`` of ``one``.

    Messages under two ids that are not variants of one number are added up; of one id the higher
    count stands, because the same ones may have been counted in both.
    """
    older, newer = sorted((one, other), key=_age)
    if replace(older, user_id=newer.user_id) == newer:
        return one
    same = canonical_id(one.user_id) == canonical_id(other.user_id)
    counts = one.interaction_count, other.interaction_count
    extra = _extra(older, newer)
    refused = set(_list(extra.get(_REFUSED)))
    return LeadMemory(
        user_id=one.user_id,
        name=_latest(older, newer, "name"),
        role=_latest(older, newer, "role"),
        interests=tuple(
            each
            for each in dict.fromkeys((*older.interests, *newer.interests))
            if each not in refused or each in newer.interests
        ),
        pain_points=tuple(dict.fromkeys((*older.pain_points, *newer.pain_points))),
        lead_score=_score(newer, extra),
        interaction_count=max(counts) if same else sum(counts),
        first_interaction_at=_first(min, older, newer, "first_interaction_at"),
        last_interaction_at=_first(max, older, newer, "last_interaction_at"),
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
    last = memory.last_interaction_at or memory.first_interaction_at or _LONG_AGO
    content = [memory.name, memory.role, memory.interests, memory.pain_points]
    content += [memory.message_history, memory.additional_data, memory.lead_score]
    return last, memory.interaction_count, json.dumps(content, sort_keys=True, default=str)


def _first(
    choose: Callable[[Iterable[Any]], Any], older: LeadMemory, newer: LeadMemory, name: str
) -> Any:
    known = [value for value in (getattr(older, name), getattr(newer, name)) if value is not None]
    return choose(known) if known else None


def _latest(older: LeadMemory, newer: LeadMemory, name: str) -> Any:
    """A fact as it was told last; one that only the older memory has is no older for that."""
    of_older, of_newer = older.fact(name), newer.fact(name)
    if of_older in (None, "") or of_newer in (None, ""):
        return of_newer if of_older in (None, "") else of_older
    was_told_later = _told_at(older, name) > _told_at(newer, name)
    return of_older if was_told_later else of_newer


def _told_at(memory: LeadMemory, name: str) -> datetime:
    noted = memory.noted_at(name) or memory.last_interaction_at or _LONG_AGO
    return noted if noted.tzinfo else noted.replace(tzinfo=UTC)


def _extra(older: LeadMemory, newer: LeadMemory) -> dict[str, Any]:
    names = dict.fromkeys((*older.additional_data, *newer.additional_data))
    found = {name: _extra_value(older, newer, name) for name in names}
    if not found.get("opted_out"):
        found.pop("opted_out", None)
    return found


def _extra_value(older: LeadMemory, newer: LeadMemory, name: str) -> Any:
    of_older, of_newer = older.additional_data.get(name), newer.additional_data.get(name)
    if name in _JOINED:
        return _JOINED[name](older, newer)
    if of_older is None or of_newer is None:
        return of_newer if of_older is None else of_older
    if isinstance(of_older, list) and isinstance(of_newer, list):
        return _each_once(cast(list[Any], of_older), cast(list[Any], of_newer))
    return _latest(older, newer, name)


def _each_once(older: list[Any], newer: list[Any]) -> list[Any]:
    return newer if older == newer else [each for each in older if each not in newer] + newer


def _noted(older: LeadMemory, newer: LeadMemory) -> dict[str, str]:
    both = _dict(older.additional_data.get(NOTED_AT)), _dict(newer.additional_data.get(NOTED_AT))
    names = dict.fromkeys((*both[0], *both[1]))
    return {name: max((each[name] for each in both if name in each), key=str) for name in names}


def _spent(older: LeadMemory, newer: LeadMemory) -> dict[str, Any]:
    """The later day's, or of one day the higher: the same cost may be in both."""
    both = (_dict(each.additional_data.get(SPENT)) for each in (older, newer))
    return max(both, key=lambda spent: (str(spent.get("day") or ""), spent.get("usd") or 0.0))


def _consent(older: LeadMemory, newer: LeadMemory) -> dict[str, Any]:
    """All receipts, and the state that the last of them led to."""
    both = [_dict(each.additional_data.get("consent")) for each in (older, newer)]
    if both[0] == both[1]:
        return both[1]
    receipts = _each_once(*(_list(each.get("receipts")) for each in both))
    receipts = sorted(receipts, key=_receipt_at)
    last = max(
        both, key=lambda each: max(map(_receipt_at, _list(each.get("receipts"))), default="")
    )
    return {**both[0], **both[1], **last, "receipts": receipts}


def _opted_out(older: LeadMemory, newer: LeadMemory) -> bool:
    """A "no" holds until the person takes it back, which leaves a receipt."""
    if newer.opted_out or not older.opted_out:
        return newer.opted_out
    receipts = _list(_consent(older, newer).get("receipts"))
    back = [_receipt_at(each) for each in receipts if _dict(each).get("event") == "opted_in"]
    left = [_receipt_at(each) for each in receipts if _dict(each).get("event") == "opted_out"]
    return max(back, default="") <= max(left, default="")


def _stage(older: LeadMemory, newer: LeadMemory) -> Any:
    """The one that was reached; an older bot's own name for it yields to ours."""
    known = [each.additional_data.get("stage") for each in (older, newer)]
    ours = [each for each in known if each in STAGES]
    return max(ours, key=STAGES.index) if ours else _latest(older, newer, "stage")


def _unsure(older: LeadMemory, newer: LeadMemory) -> list[str]:
    """What is only concluded in the memory that the value was taken from."""
    taken = {
        name
        for source in (older, newer)
        for name in source.values("unsure")
        if source.fact(name) == _latest(older, newer, name)
    }
    return sorted(taken)


def _ledger(older: LeadMemory, newer: LeadMemory) -> dict[str, Any]:
    both = [scores.read_ledger(each.additional_data.get("score")) for each in (older, newer)]
    names = dict.fromkeys((*both[0], *both[1]))
    entries = {
        name: max((each[name] for each in both if name in each), key=lambda entry: entry.at)
        for name in names
    }
    return scores.write_ledger(entries)


def _score(newer: LeadMemory, extra: dict[str, Any]) -> int:
    """From the merged ledger, or where an older bot kept none, as it was last."""
    if extra.get("opted_out"):
        return 0
    ledger = scores.read_ledger(extra.get("score"))
    if not ledger:
        return newer.lead_score
    return scores.total(ledger, newer.last_interaction_at or _LONG_AGO)


def _history(older: LeadMemory, newer: LeadMemory) -> tuple[dict[str, Any], ...]:
    if older.message_history == newer.message_history:
        return newer.message_history
    turns = _each_once(list(older.message_history), list(newer.message_history))
    return tuple(sorted(turns, key=_said_at)[-HISTORY_TURNS:])


def _said_at(turn: dict[str, Any]) -> datetime:
    try:
        at = datetime.fromisoformat(turn["timestamp"])
    except (KeyError, TypeError, ValueError):
        return _LONG_AGO
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _receipt_at(receipt: Any) -> str:
    return str(_dict(receipt).get("at") or "")


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
    "context": lambda older, newer: (
        newer.additional_data.get("context") or older.additional_data["context"]
    ),
}
"""What needs more than to be taken from where it was told last."""
