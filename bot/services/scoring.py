"""How warm a lead is: points for what a message asks for and for what it tells."""

from bot.models.leads import LeadMemory
from bot.models.understanding import Facts, Intent

INTENT_POINTS: dict[Intent, int] = {
    Intent.BUYING_SIGNALS: 25,
    Intent.PRICE_INQUIRY: 10,
    Intent.CONTACT_REQUEST: 10,
    Intent.COURSE_DETAILS: 8,
    Intent.AUTOMATION_NEED: 8,
    Intent.PROFESSION_CHANGE: 6,
    Intent.EXPLORATION: 5,
    Intent.FREE_RESOURCES: 2,
    Intent.GENERAL_QUESTION: 1,
    Intent.OBJECTION_PRICE: -3,
    Intent.OBJECTION_TIME: -3,
    Intent.OBJECTION_VALUE: -5,
    Intent.OBJECTION_TRUST: -5,
    Intent.OFF_TOPIC: -2,
    Intent.OPT_OUT: -100,
}

FACT_POINTS: dict[str, int] = {"name": 5, "role": 5, "company": 5, "email": 10, "budget": 10}

_NEW_INTEREST_POINTS = 5


def points(intent: Intent | None, facts: Facts, memory: LeadMemory) -> int:
    """Points for one message; a fact counts the first time it is told."""
    known = {"name": memory.name, "role": memory.role, **memory.additional_data}
    told = sum(
        worth for fact, worth in FACT_POINTS.items() if getattr(facts, fact) and not known.get(fact)
    )
    new_interests = set(facts.interests + facts.pain_points) - {
        *memory.interests,
        *memory.pain_points,
    }
    asked = INTENT_POINTS.get(intent, 0) if intent else 0
    return asked + told + (_NEW_INTEREST_POINTS if new_interests else 0)
