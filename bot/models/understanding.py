"""What one text was understood to mean: its intent, and facts about its writer."""

from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any


class Intent(StrEnum):
    """The 18 labels a message can carry; docs/CONVERSATION.md defines each."""

    GREETING = "GREETING"
    EXPLORATION = "EXPLORATION"
    COURSE_DETAILS = "COURSE_DETAILS"
    PRICE_INQUIRY = "PRICE_INQUIRY"
    BUYING_SIGNALS = "BUYING_SIGNALS"
    AUTOMATION_NEED = "AUTOMATION_NEED"
    PROFESSION_CHANGE = "PROFESSION_CHANGE"
    GENERAL_QUESTION = "GENERAL_QUESTION"
    FREE_RESOURCES = "FREE_RESOURCES"
    CONTACT_REQUEST = "CONTACT_REQUEST"
    OBJECTION_PRICE = "OBJECTION_PRICE"
    OBJECTION_TIME = "OBJECTION_TIME"
    OBJECTION_VALUE = "OBJECTION_VALUE"
    OBJECTION_TRUST = "OBJECTION_TRUST"
    COURTESY = "COURTESY"
    OPT_OUT = "OPT_OUT"
    PRIVACY_REQUEST = "PRIVACY_REQUEST"
    OFF_TOPIC = "OFF_TOPIC"


COURSE_RELEVANT = frozenset(
    {
        Intent.EXPLORATION,
        Intent.COURSE_DETAILS,
        Intent.PRICE_INQUIRY,
        Intent.BUYING_SIGNALS,
        Intent.AUTOMATION_NEED,
        Intent.PROFESSION_CHANGE,
        Intent.GENERAL_QUESTION,
    }
)
"""The intents whose answer may look up and mention courses."""


@dataclass(frozen=True, slots=True)
class Guess:
    """An intent and how likely it is, from 0 to 1."""

    intent: Intent
    confidence: float


@dataclass(frozen=True, slots=True)
class Aspect:
    """One thing that a message wants to know, such as ``start`` of COURSE_DETAILS."""

    intent: Intent
    name: str


@dataclass(frozen=True, slots=True)
class Reading:
    """What a message asks for: the likeliest intents, best first, at least one.

    ``aspects`` are the single things it wants to know, in the order in which it names them; they
    may belong to other intents: "¿cuánto cuesta y cuándo empieza?".
    """

    ranked: tuple[Guess, ...]
    aspects: tuple[Aspect, ...] = ()

    @property
    def intent(self) -> Intent:
        """The likeliest intent."""
        return self.ranked[0].intent

    @property
    def confidence(self) -> float:
        """How likely it is, from 0 to 1."""
        return self.ranked[0].confidence

    def asks(self, intent: Intent) -> tuple[str, ...]:
        """The aspects of ``intent`` that the message names."""
        return tuple(aspect.name for aspect in self.aspects if aspect.intent is intent)


@dataclass(frozen=True, slots=True)
class Facts:
    """What one message says about its writer; what it does not say is empty.

    ``interests`` and ``pain_points`` are lower-case spans of the text. ``level`` is
    ``principiante``, ``intermedio`` or ``avanzado``; ``modality`` is ``online``,
    ``presencial`` or ``híbrido``; ``currency`` is an ISO 4217 code. ``taken`` and ``refused`` are
    spans that name courses or subjects which the person has had, or does not want. ``unsure``
    names the fields that were concluded and not said.
    """

    name: str | None = None
    role: str | None = None
    company: str | None = None
    email: str | None = None
    level: str | None = None
    modality: str | None = None
    budget: float | None = None
    currency: str | None = None
    interests: tuple[str, ...] = ()
    pain_points: tuple[str, ...] = ()
    taken: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    unsure: frozenset[str] = frozenset()


def joined(said: Facts, concluded: Facts) -> Facts:
    """What was ``said``, completed by what was ``concluded``."""
    known: dict[str, Any] = {
        field.name: getattr(said, field.name) or getattr(concluded, field.name)
        for field in fields(Facts)
    }
    known["unsure"] = said.unsure | concluded.unsure
    return Facts(**known)
