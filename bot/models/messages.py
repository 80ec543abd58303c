"""Messages: what Twilio brought, what is answered, and the log of both."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    REAL,
    BigInteger,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Numeric,
    String,
    Text,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from bot.models.base import Model
from bot.models.leads import LeadMemory
from bot.models.model_calls import ModelCall
from bot.models.understanding import Intent


class MessageKind(StrEnum):
    """What a lead sent."""

    TEXT = "text"
    BUTTON = "button"
    IMAGE = "image"
    VOICE = "voice"
    VIDEO = "video"
    DOCUMENT = "document"
    STICKER = "sticker"
    LOCATION = "location"
    CONTACT = "contact"
    REACTION = "reaction"
    UNSUPPORTED = "unsupported"


WITH_MEDIA = frozenset(
    {
        MessageKind.IMAGE,
        MessageKind.VOICE,
        MessageKind.VIDEO,
        MessageKind.DOCUMENT,
        MessageKind.STICKER,
        MessageKind.CONTACT,
    }
)
"""Kinds whose content Twilio keeps as a file."""


class ReplySource(StrEnum):
    """Who worded a reply."""

    TEMPLATE = "template"
    MODEL = "model"
    SILENCE = "silence"


class ServiceLevel(StrEnum):
    """What was up when a message was answered."""

    FULL = "full"
    CATALOG_ONLY = "catalog-only"
    AI_ONLY = "ai-only"
    BASIC = "basic"


@dataclass(frozen=True, slots=True)
class Media:
    """An attachment, at an address that needs the Twilio account's credentials."""

    url: str
    content_type: str


@dataclass(frozen=True, slots=True)
class Location:
    """A place a lead shared, in degrees."""

    latitude: float
    longitude: float
    label: str | None = None
    address: str | None = None


@dataclass(frozen=True, slots=True)
class InboundMessage:
    """One message from a lead, whatever brought it here.

    ``user_id`` is the E.164 number without ``+``, or an opaque id for a person without a
    number. ``address`` is where the answer goes, exactly as it was received. ``body`` is the
    text, the caption or the label of the pressed button; ``payload`` is the button's or list
    item's own id. ``message_sid`` is Twilio's and makes the message unique.
    """

    message_sid: str
    user_id: str
    address: str
    recipient: str
    kind: MessageKind
    body: str
    received_at: datetime
    profile_name: str | None = None
    payload: str | None = None
    media: tuple[Media, ...] = ()
    location: Location | None = None
    forwarded: bool = False
    replied_to_sid: str | None = None
    referral: str | None = None
    external_user_id: str | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """What is answered. An empty ``text`` means that nothing is sent.

    ``id_course`` is the course that the reply turns to, if it turns to one. ``calls`` are those
    of the language model that it took, also in vain.
    """

    text: str
    intent: Intent | None
    confidence: float
    source: ReplySource
    level: ServiceLevel
    id_course: UUID | None = None
    calls: tuple[ModelCall, ...] = ()

    @property
    def usd(self) -> float | None:
        """What the calls cost; None when there was none, or the price of none is known."""
        costs = [call.usd for call in self.calls if call.usd is not None]
        return sum(costs) if costs else None


class TurnState(StrEnum):
    """Where an inbound message stands when it is opened."""

    OURS = "ours"
    ANSWERED = "answered"
    ELSEWHERE = "elsewhere"


@dataclass(frozen=True, slots=True)
class Turn:
    """An inbound message once it is logged, with its writer's memory.

    ``ANSWERED`` brings the reply of the first time. ``ELSEWHERE`` means that another worker
    is answering it at this moment. ``log_id`` and ``version`` are the store's own marks.
    """

    inbound: InboundMessage
    memory: LeadMemory
    state: TurnState
    reply: Reply | None = None
    log_id: int | None = None
    version: str | None = None


class Message(Model):
    """A logged message. An outbound row tells how it came to be; it answers one inbound row.

    ``score_signals`` are the points that the message gave to the lead's score, by their reason.
    ``model_calls`` tells of each call of the language model what became of it, and why;
    ``cost_usd`` is what they cost together.
    """

    __tablename__ = "messages"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    message_sid: Mapped[str | None] = mapped_column(String(64), unique=True)
    user_id: Mapped[str] = mapped_column(String(255))
    direction: Mapped[str] = mapped_column(String(8))
    kind: Mapped[str] = mapped_column(String(16))
    body: Mapped[str] = mapped_column(Text)
    in_reply_to: Mapped[int | None] = mapped_column(ForeignKey("messages.id"), unique=True)
    intent: Mapped[str | None] = mapped_column(String(32))
    confidence: Mapped[float | None] = mapped_column(REAL)
    source: Mapped[str | None] = mapped_column(String(16))
    level: Mapped[str | None] = mapped_column(String(16))
    claimed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    id_course: Mapped[UUID | None]
    score_signals: Mapped[dict[str, int] | None] = mapped_column(JSONB)
    model_calls: Mapped[list[dict[str, Any]] | None] = mapped_column(JSONB)
    cost_usd: Mapped[Decimal | None] = mapped_column(Numeric(12, 8))

    __table_args__ = (
        Index("ix_messages_user_id_created_at_id", "user_id", "created_at", "id"),
        Index(
            "ix_messages_created_at",
            "created_at",
            postgresql_include=["id_course", "user_id"],
            postgresql_where=text("id_course IS NOT NULL"),
        ),
        Index(
            "ix_messages_spent_at",
            "created_at",
            postgresql_include=["cost_usd"],
            postgresql_where=text("cost_usd IS NOT NULL"),
        ),
        Index(
            "ix_messages_understood_at",
            "created_at",
            postgresql_include=["intent"],
            postgresql_where=text("intent IS NOT NULL"),
        ),
    )
