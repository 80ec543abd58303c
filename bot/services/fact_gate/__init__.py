"""Whether a text that the language model wrote says nothing but what the facts say."""

from bot.services.fact_gate.gate import unfounded
from bot.services.fact_gate.given import Given, GivenCourse, GivenSession

__all__ = ["Given", "GivenCourse", "GivenSession", "unfounded"]
