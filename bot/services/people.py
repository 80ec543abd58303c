"""What the school's staff, and the law, may ask of a person's data: see, copy, correct, erase.

Each of them is noted in the audit. Erasure and portability are rights of the person in Mexico
(Ley Federal de Protección de Datos Personales, the "derechos ARCO") and under the GDPR (articles
15 to 20), which the laws of Brazil, Colombia, Argentina and Chile follow.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from typing import Any, cast

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bot.errors import NotFound
from bot.extensions import settings
from bot.models.audit import Access
from bot.models.leads import NOTED_AT, LeadMemory, canonical_id
from bot.models.message_log import LoggedMessage, MessagePage
from bot.services import audit, database, erasing, leads, turns
from bot.stores import idle_leads
from bot.stores.storage import current_storage
from config import ROOT

_COLUMNS = ("name", "role", "interests", "pain_points")
_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What an erasure did: the ids it was for, and how many attachments still wait at Twilio."""

    user_ids: Sequence[str]
    media_waiting: int


def show(user_id: str, access: Access) -> dict[str, Any]:
    """What is remembered of a person.

    Raises:
        NotFound: when nobody is known under this id or a variant of the number.
    """
    memory = leads.get_memory(user_id)
    audit.note(access, audit.READ, [memory.user_id], what="memory")
    return leads.describe(memory)


def messages(user_id: str, before: str | None, limit: int, access: Access) -> MessagePage:
    """A page of a person's messages and the replies to them, the newest first.

    Raises:
        NotFound: when the person is not known.
        Unusable: when ``before`` is no key of a page.
    """
    memory = leads.get_memory(user_id)
    audit.note(access, audit.READ, [memory.user_id], what="messages")
    sql = current_storage().sql
    if sql is None:
        return current_storage().files.page(user_id, before, limit)
    return database.read(lambda: sql.messages.page(sql.leads.ids_of(memory.user_id), before, limit))


def list_leads(
    min_score: int, offset: int, limit: int, access: Access
) -> tuple[list[LeadMemory], int]:
    """One page of the leads whose score is at least ``min_score``, and how many there are.

    Raises:
        StoreUnavailable: when the database, which has them, is away.
    """
    found, total = leads.high_scores(min_score, offset, limit)
    audit.note(access, audit.LISTED, [memory.user_id for memory in found])
    return found, total


def list_recent(days: int, limit: int, access: Access) -> list[LeadMemory]:
    """The leads who wrote in the last ``days``, the latest first.

    Raises:
        StoreUnavailable: when the database, which has them, is away.
    """
    found = leads.get_recent_interactions(days, limit)
    audit.note(access, audit.LISTED, [memory.user_id for memory in found])
    return found


def export(user_id: str, access: Access) -> dict[str, Any]:
    """All that is kept on a person, complete: memory, messages, who looked at it.

    Raises:
        NotFound: when the person is not known.
    """
    memory = leads.get_memory(user_id)
    audit.note(access, audit.EXPORTED, [memory.user_id])
    return {
        "exported_at": datetime.now(UTC),
        "user_ids": list(erasing.ids_of(memory.user_id)),
        "memory": leads.describe(memory),
        "messages": [_as_told(message) for message in _history(memory.user_id)],
        "audit": [asdict(line) for line in audit.entries(memory.user_id, limit=1000)],
    }


def export_as_text(exported: Mapping[str, Any]) -> str:
    """An export for the person to read, in Spanish."""
    school, days = settings().school_name, settings().retention_days
    return _text().render(**exported, school=school, retention_days=days)


def correct(user_id: str, facts: Mapping[str, Any], access: Access) -> dict[str, Any]:
    """Change facts about a person; None takes one away.

    Raises:
        NotFound: when the person is not known.
    """
    now = datetime.now(UTC)
    edited = turns.edit_memory(
        user_id, lambda memory: _corrected(memory, facts, now) if memory else None
    )
    if edited is None:
        raise NotFound("Nobody is known under this user_id.")
    audit.note(access, audit.CHANGED, [edited.user_id], fields=sorted(facts))
    return leads.describe(edited)


def forget(user_id: str, access: Access) -> Forgotten:
    """Erase a person everywhere, for good.

    Raises:
        NotFound: when nothing is kept under this id.
        StoreUnavailable: when the database is away; then nothing was erased.
    """
    memory = _known(user_id)
    return _erase(memory, access, audit.ERASED)


def expired(days: int) -> Iterator[str]:
    """Who has not written for so many days, as far as any store knows."""
    before = datetime.now(UTC) - timedelta(days=days)
    seen: set[str] = set()
    for user_id in _all_ids(before):
        canonical = canonical_id(user_id)
        if canonical not in seen and _last_at_anywhere(user_id) < before:
            seen.add(canonical)
            yield user_id


def expire(user_id: str, access: Access) -> Forgotten:
    """Erase somebody whose time is over."""
    return _erase(_known(user_id), access, audit.EXPIRED)


def _erase(memory: LeadMemory, access: Access, action: str) -> Forgotten:
    now = datetime.now(UTC)
    ids = erasing.erase(memory.user_id, memory.opted_out, now)
    audit.note(access, action, [memory.user_id])
    return Forgotten(ids, len(current_storage().pending_media.waiting()))


def _known(user_id: str) -> LeadMemory:
    """The person's memory, from whichever store; an empty one where there are messages only.

    Raises:
        NotFound: when no store has anything under this id.
    """
    if leads.is_storable_id(user_id):
        known = next(_anywhere(user_id), None)
        if known or _history(user_id):
            return known or LeadMemory(user_id)
    raise NotFound("Nobody is known under this user_id.")


def _anywhere(user_id: str) -> Iterator[LeadMemory]:
    """What each store remembers of a person, the leading one first."""
    storage = current_storage()
    sql = storage.database
    if storage.sql is None and (memory := storage.files.load(user_id)):
        yield memory
    if sql and (memory := database.read(lambda: sql.load(user_id))):
        yield memory
    for store in (storage.files, storage.spool, storage.known):
        if memory := store.load(user_id):
            yield memory


def _all_ids(before: datetime) -> Iterator[str]:
    """Everybody whom some store has not heard of since ``before``."""
    storage = current_storage()
    for memory in storage.files.leads.all():
        if _last_at(memory) < before:
            yield memory.user_id
    after = ""
    while storage.database and (ids := _idle_page(before, after)):
        yield from ids
        after = ids[-1]


def _idle_page(before: datetime, after: str) -> Sequence[str]:
    return database.read(lambda: idle_leads.page(before, after, _AT_ONCE))


def _history(user_id: str) -> Sequence[LoggedMessage]:
    """All messages, oldest first."""
    storage = current_storage()
    sql = storage.sql
    if sql is None:
        return storage.files.history(user_id)
    ids = database.read(lambda: sql.leads.ids_of(user_id))
    found = database.read(lambda: list(sql.messages.all(ids)))[::-1]
    return found or (storage.older.history(user_id) if storage.older else [])


def _as_told(message: LoggedMessage) -> dict[str, Any]:
    kept = asdict(message)
    return {name: value for name, value in kept.items() if value is not None and name != "key"}


def _corrected(memory: LeadMemory, facts: Mapping[str, Any], now: datetime) -> LeadMemory:
    columns = {name: _column(facts[name]) for name in _COLUMNS if name in facts}
    others = {name: value for name, value in facts.items() if name not in _COLUMNS}
    extra = {**memory.additional_data, **others}
    noted: dict[str, str] = {**(extra.get(NOTED_AT) or {}), **dict.fromkeys(facts, now.isoformat())}
    doubted = [name for name in memory.values("unsure") if name not in facts]
    extra |= {NOTED_AT: noted, "unsure": doubted or None}
    kept = {name: value for name, value in extra.items() if value is not None}
    return replace(memory, **columns, additional_data=kept)


def _column(value: Any) -> Any:
    return tuple(cast(list[str], value)) if isinstance(value, list) else value


def _last_at(memory: LeadMemory) -> datetime:
    last = memory.last_interaction_at or memory.first_interaction_at
    return last or datetime.now(UTC)


def _last_at_anywhere(user_id: str) -> datetime:
    return max((_last_at(memory) for memory in _anywhere(user_id)), default=datetime.now(UTC))


@cache
def _text() -> Any:
    loader = FileSystemLoader(ROOT / "bot" / "data")
    environment = Environment(  # noqa: S701 - a plain text is not HTML
        loader=loader, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    filters = cast(dict[str, Any], environment.filters)  # pyright: ignore
    filters["as_json"] = partial(json.dumps, ensure_ascii=False, default=str)
    return environment.get_template("export.txt")
