"""One lead as internal tools and the command line ask for them."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.errors import NotFound
from bot.models.leads import LeadMemory
from bot.models.scores import after_silence
from bot.services import catalogue, database, erasing, scoring, turns, vocabulary
from bot.services.catalogue import Recommendation, Wishes
from bot.stores import lead_statistics, warm_leads
from bot.stores.storage import current_storage

# No store can hold these in an id, so nobody has one of them.
_IN_NO_ID = re.compile("[\x00\ud800-\udfff]")
_OWN_FACTS = (
    "level",
    "modality",
    "currency",
    "email",
    "company",
    "stage",
    "current_course",
)


def get_memory(user_id: str) -> LeadMemory:
    """What is remembered of a lead.

    Raises:
        NotFound: when nobody is known under this id or a variant of the number.
    """
    memory = load_user_memory(user_id)
    if memory is None:
        raise NotFound("Nobody is known under this user_id.")
    return memory


def is_storable_id(user_id: str) -> bool:
    """Whether some store could know somebody under this id."""
    return not _IN_NO_ID.search(user_id)


def load_user_memory(user_id: str) -> LeadMemory | None:
    """What is remembered of a lead under any of the person's ids; None for nobody.

    Raises:
        StoreUnavailable: when the database, which has it, is away.
    """
    return turns.load_memory(user_id) if is_storable_id(user_id) else None


def save_user_memory(memory: LeadMemory) -> LeadMemory:
    """Keep ``memory`` in place of what was remembered of the person, or as a new lead.

    The lead stays under the id that is known. Whoever only changes something should rather say
    what, as :func:`bot.services.people.correct` does: what others wrote since ``memory`` was read
    is lost here.

    Raises:
        StoreUnavailable: when the database, which leads, is away.
    """

    def put(known: LeadMemory | None) -> LeadMemory:
        return replace(memory, user_id=known.user_id) if known else memory

    return turns.edit_memory(memory.user_id, put) or memory


def delete_user_memory(user_id: str) -> bool:
    """Erase a person from every store; False when nobody is known under this id.

    Raises:
        StoreUnavailable: when the database is away; then nothing was erased.
    """
    memory = load_user_memory(user_id)
    if memory:
        erasing.erase(memory.user_id, memory.opted_out, datetime.now(UTC))
    return memory is not None


def get_high_score_leads(min_score: int = 60, limit: int = 100) -> list[LeadMemory]:
    """The leads with at least ``min_score``, the highest first; without their messages.

    Raises:
        StoreUnavailable: when the database, which has them, is away.
    """
    storage = current_storage()
    sql = storage.sql
    if sql is None:
        return warm_leads.in_files(storage.files, min_score, 0, limit)[0]
    return database.read(lambda: warm_leads.in_database(sql, min_score, 0, limit))


def get_recent_interactions(days: int = 7, limit: int = 100) -> list[LeadMemory]:
    """The leads who wrote in the last ``days``, the latest first; without their messages.

    Raises:
        StoreUnavailable: when the database, which has them, is away.
    """
    storage, since = current_storage(), datetime.now(UTC) - timedelta(days=days)
    sql = storage.sql
    if sql is None:
        return warm_leads.recent_in_files(storage.files, since, limit)
    return database.read(lambda: warm_leads.recent_in_database(sql, since, limit))


def describe(memory: LeadMemory) -> dict[str, Any]:
    """The columns of ``user_memory`` and, beside them, the facts that have no column."""
    return {
        **{name: getattr(memory, name) for name in memory.__slots__},
        **{name: memory.additional_data.get(name) for name in _OWN_FACTS},
        "budget": _number(memory.additional_data.get("budget")),
        "opted_out": memory.opted_out,
        "score_today": score_today(memory),
        "score_reasons": scoring.reasons(memory),
    }


def high_scores(min_score: int, offset: int, limit: int) -> tuple[list[LeadMemory], int]:
    """One page of the leads whose score is at least ``min_score``, and how many there are.

    The score is that of a lead's last message; :func:`score_today` tells what silence left of it.

    Raises:
        StoreUnavailable: when the database, which has them, is away.
    """
    storage = current_storage()
    sql = storage.sql
    if sql is None:
        return warm_leads.in_files(storage.files, min_score, offset, limit)
    total = database.read(lambda: warm_leads.count_in_database(min_score))
    return database.read(lambda: warm_leads.in_database(sql, min_score, offset, limit)), total


def get_user_statistics() -> dict[str, Any]:
    """Figures over all leads.

    ``leads``, ``active`` by days, ``scores`` (how many leads from one score to another),
    ``messages_per_lead`` (the mean, and how many leads wrote how many), the ``intents`` of the
    last 30 days, and how many leads have come to which of the ``stages``.

    Raises:
        StoreUnavailable: when the database, which has them, is away.
    """
    storage, now = current_storage(), datetime.now(UTC)
    if storage.sql is None:
        return lead_statistics.in_files(storage.files, now)
    return database.read(lambda: lead_statistics.in_database(now))


def score_today(memory: LeadMemory) -> int:
    """What is left of the score after the silence since the last message."""
    return after_silence(memory.lead_score, memory.last_interaction_at, datetime.now(UTC))


def recommend_courses(
    interests: str = "",
    level: str | None = None,
    modality: str | None = None,
    user_id: str | None = None,
    limit: int = 3,
) -> list[Recommendation]:
    """Courses for ``interests`` (separated by commas), filled in from a lead's memory.

    Raises:
        NotFound: when ``user_id`` is given and nobody is known under it.
    """
    wishes = catalogue.wishes_of(get_memory(user_id)) if user_id else Wishes()
    named = tuple(name.strip() for name in interests.split(",") if name.strip())
    if named:
        wishes = replace(wishes, interests=named, pains=())
    return catalogue.recommend_for(
        replace(
            wishes,
            level=vocabulary.level(level) or wishes.level,
            modality=vocabulary.modality(modality) or wishes.modality,
        ),
        limit,
    )


def _number(value: Any) -> float | None:
    """An older bot may have kept a budget in words; those stay in ``additional_data`` only."""
    return float(value) if isinstance(value, int | float) else None
