"""Tables about people beside their memory: other ids, figures, erasures, the audit."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, DateTime, Identity, Index, String, Text, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from bot.models.base import Model


class PersonAlias(Model):
    """Another id of a person: the canonical form of a number, or one without a number.

    A new lead claims the canonical form of its number here, so that two first messages under two
    variants of it, at one instant, make one lead.
    """

    __tablename__ = "person_aliases"

    alias: Mapped[str] = mapped_column(String(255), primary_key=True)
    user_id: Mapped[str] = mapped_column(String(255))

    __table_args__ = (Index("ix_person_aliases_user_id", "user_id"),)


class LeadFigures(Model):
    """What statistics need of one lead; a trigger on ``user_memory`` keeps it, whoever writes."""

    __tablename__ = "lead_figures"

    user_id: Mapped[str] = mapped_column(String(255), primary_key=True)
    lead_score: Mapped[int]
    interaction_count: Mapped[int]
    last_interaction_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    stage: Mapped[str | None] = mapped_column(String(32))

    __table_args__ = (Index("ix_lead_figures_lead_score", text("lead_score DESC"), "user_id"),)


class Erasure(Model):
    """That somebody was erased, by a keyed hash of the id, so that no backup brings them back.

    ``opted_out`` is whether they also asked not to be written to: that holds on.
    """

    __tablename__ = "erasures"

    person: Mapped[str] = mapped_column(String(64), primary_key=True)
    erased_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    opted_out: Mapped[bool] = mapped_column(server_default=text("false"))


class InstallationSecret(Model):
    """A random value that all processes of an installation share."""

    __tablename__ = "installation_secrets"

    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    value: Mapped[str] = mapped_column(Text)


class EncryptionKey(Model):
    """The id of a key that something here may be encrypted with; never the key."""

    __tablename__ = "encryption_keys"

    key_id: Mapped[str] = mapped_column(String(8), primary_key=True)
    first_used_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.now()
    )


class PersonAudit(Model):
    """Who read, exported, changed or erased whose data; the table only grows.

    ``person`` is the keyed hash of the id, so that an erased person's number does not stay here;
    None when it was about many people at once.
    """

    __tablename__ = "person_audit"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    actor: Mapped[str] = mapped_column(String(255))
    action: Mapped[str] = mapped_column(String(32))
    person: Mapped[str | None] = mapped_column(String(64))
    reason: Mapped[str] = mapped_column(Text)
    details: Mapped[dict[str, Any]] = mapped_column(JSONB)

    __table_args__ = (Index("ix_person_audit_person_id", "person", "id"),)


class AuditSubject(Model):
    """Whose hash one in the audit is, until the person is erased."""

    __tablename__ = "audit_subjects"

    person: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[str] = mapped_column(String(255))
