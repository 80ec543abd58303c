"""What a message asks for: one of 18 intents, by a linear model that also reads rules."""

from bot.services.intents.reading import Reader, classify, warm_up

__all__ = ["Reader", "classify", "warm_up"]
