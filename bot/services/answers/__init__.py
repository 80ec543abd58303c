"""Replies in the model's words: one call, over facts of the catalogue, checked before sending."""

from bot.services.answers.policy import may_be_asked
from bot.services.answers.speaking import Spoken, speak, warm_up

__all__ = ["Spoken", "may_be_asked", "speak", "warm_up"]
