"""How warm a lead is: points for what a message asks for and for what it tells."""

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

FACT_POINTS: dict[str, int] = {
    "name": 5,
    "role": 5,
    "company": 5,
    "interests": 5,
    "pain_points": 5,
    "email": 10,
    "budget": 10,
}


def points(intent: Intent | None) -> int:
    """Points for what a message asks for."""
    return INTENT_POINTS.get(intent, 0) if intent else 0


def rewards(facts: Facts) -> dict[str, int]:
    """Points for each fact that a message tells; they count the first time it is told."""
    return {fact: worth for fact, worth in FACT_POINTS.items() if getattr(facts, fact)}
