"""One lead as internal tools and the command line ask for them."""

import re
from typing import Any

from bot.errors import NotFound
from bot.models.leads import LeadMemory
from bot.services import catalogue, turns, vocabulary
from bot.services.catalogue import Recommendation

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
    memory = None if _IN_NO_ID.search(user_id) else turns.load_memory(user_id)
    if memory is None:
        raise NotFound("Nobody is known under this user_id.")
    return memory


def describe(memory: LeadMemory) -> dict[str, Any]:
    """The columns of ``user_memory`` and, beside them, the facts that have no column."""
    return {
        **{name: getattr(memory, name) for name in memory.__slots__},
        **{name: memory.additional_data.get(name) for name in _OWN_FACTS},
        "budget": _number(memory.additional_data.get("budget")),
        "opted_out": memory.opted_out,
    }


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
    wanted = [interest.strip() for interest in interests.split(",") if interest.strip()]
    if user_id:
        memory = get_memory(user_id)
        wanted = wanted or [*memory.interests, *memory.pain_points]
        level = level or memory.additional_data.get("level")
        modality = modality or memory.additional_data.get("modality")
    return catalogue.recommend(
        wanted, vocabulary.level(level), vocabulary.modality(modality), limit
    )


def _number(value: Any) -> float | None:
    """An older bot may have kept a budget in words; those stay in ``additional_data`` only."""
    return float(value) if isinstance(value, int | float) else None
