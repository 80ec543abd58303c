"""What is remembered of a lead: the table, the memory as plain data, and changes to it.

Writers never store a copy that they read earlier. They describe what happened as a
:class:`LeadChange`; a store applies it to the memory as it is at that moment, under a lock.
"""

import re
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, cast

from sqlalchemy import DateTime, Index, Integer, String, Text, func, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from bot.models import scores
from bot.models.base import Model
from bot.models.scores import Entry, Signal

HISTORY_TURNS = 20
"""How many recent turns ``message_history`` holds; the message log has them all."""

NOTED_AT, SPENT = "noted_at", "spent"
"""Keys of ``additional_data``: when each fact was told, and the day's cost of the model."""

EXTERNAL_ID = "external_user_id"
"""Key of ``additional_data``: the id without a number under which the person was known before."""

_AGING = ("name", "role", "company", "email", "level", "modality", "budget")
_OLDER_POINTS_HALVE_IN = 60.0

STAGES = ("new", "exploring", "considering", "buying", "handoff", "closed")
"""How far a lead has come, in order."""


class UserMemory(Model):
    """One lead, as the older tools read it."""

    __tablename__ = "user_memory"

    user_id: Mapped[str] = mapped_column(String(255), primary_key=True)
    name: Mapped[str | None] = mapped_column(String(255))
    role: Mapped[str | None] = mapped_column(String(255))
    interests: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    pain_points: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    lead_score: Mapped[int | None] = mapped_column(Integer, server_default=text("0"))
    interaction_count: Mapped[int | None] = mapped_column(Integer, server_default=text("0"))
    first_interaction_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    last_interaction_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    message_history: Mapped[list[Any] | None] = mapped_column(
        JSONB, server_default=text("'[]'::jsonb")
    )
    additional_data: Mapped[dict[str, Any] | None] = mapped_column(
        JSONB, server_default=text("'{}'::jsonb")
    )
    created_at: Mapped[datetime | None] = mapped_column(
        DateTime(timezone=True), server_default=func.now()
    )
    updated_at: Mapped[datetime | None] = mapped_column(
        DateTime(timezone=True), server_default=func.now()
    )

    __table_args__ = (
        Index("idx_user_memory_lead_score", "lead_score"),
        Index("idx_user_memory_last_interaction", "last_interaction_at"),
    )


@dataclass(frozen=True, slots=True)
class LeadMemory:
    """A lead as the conversation sees it.

    ``additional_data`` holds every fact without a column: ``level``, ``modality``,
    ``budget``, ``currency``, ``email``, ``company``, ``stage``, ``opted_out``,
    ``current_course``, the ``context`` of the conversation, the ``consent`` with its receipts and
    the ledger of the ``score``, when each fact was ``noted_at``, what the model ``spent`` on the
    lead today, and whatever an older bot left there. ``unsure`` names facts that were concluded
    and not said.
    ``message_history`` is a list of ``{"role", "content", "timestamp"}``, newest last.
    """

    user_id: str
    name: str | None = None
    role: str | None = None
    interests: tuple[str, ...] = ()
    pain_points: tuple[str, ...] = ()
    lead_score: int = 0
    interaction_count: int = 0
    first_interaction_at: datetime | None = None
    last_interaction_at: datetime | None = None
    message_history: tuple[dict[str, Any], ...] = ()
    additional_data: dict[str, Any] = field(default_factory=dict[str, Any])

    def fact(self, name: str) -> Any:
        """What is known under ``name``, whether it has a column or not."""
        return getattr(self, name, None) or self.additional_data.get(name)

    def values(self, name: str) -> list[Any]:
        """The list that ``additional_data`` holds under ``name``; empty when it is none."""
        kept = self.additional_data.get(name)
        return list(cast(list[Any], kept)) if isinstance(kept, list) else []

    def noted_at(self, name: str) -> datetime | None:
        """When the fact was told last, if that was noted."""
        kept = self.additional_data.get(NOTED_AT)
        try:
            return datetime.fromisoformat(cast(Any, kept)[name])
        except (KeyError, TypeError, ValueError):
            return None

    def spent_on(self, day: str) -> float:
        """What the language model cost for this lead on ``day``, an ISO date in UTC, in USD."""
        kept: Any = self.additional_data.get(SPENT)
        is_of_the_day = isinstance(kept, dict) and cast(Any, kept).get("day") == day
        return float(cast(Any, kept)["usd"]) if is_of_the_day else 0.0

    @property
    def opted_out(self) -> bool:
        """Whether the lead asked not to be written to."""
        return bool(self.additional_data.get("opted_out"))

    @property
    def refused_consent(self) -> bool:
        """Whether the lead refused that what is written here be kept."""
        consent = self.additional_data.get("consent")
        return isinstance(consent, dict) and cast(Any, consent).get("state") == "refused"


@dataclass(frozen=True, slots=True)
class LeadChange:
    """What one message changes in a lead's memory.

    ``facts`` replaces columns (``name``, ``role``) and merges into ``additional_data``
    otherwise; a value of ``None`` there removes the key. Those that are ``unsure`` do not replace
    what the person said. ``interests`` join those known; ``dropped`` names what is none any
    longer. ``signals`` change the score, by the message ``message_sid``. ``stage`` is the one
    reached: a lead moves forward only. ``usd`` is what the message cost. ``forgets`` erases
    everything; that the person asked not to be written to holds on. All
    of it holds against the memory that it is applied to, which may know more than the one that
    was read.
    """

    at: datetime
    facts: dict[str, Any] = field(default_factory=dict[str, Any])
    interests: tuple[str, ...] = ()
    pain_points: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    unsure: tuple[str, ...] = ()
    signals: tuple[Signal, ...] = ()
    message_sid: str = ""
    stage: str | None = None
    said: tuple[dict[str, Any], ...] = ()
    forgets: bool = False
    usd: float = 0.0

    def apply_to(self, memory: LeadMemory) -> LeadMemory:
        """The memory after this change; applying it is the caller's business to do once."""
        if self.forgets:
            extra = {"opted_out": True} if memory.opted_out or self.facts.get("opted_out") else {}
            return LeadMemory(memory.user_id, additional_data=extra)
        facts = self._told(memory)
        columns = {key: facts[key] for key in ("name", "role") if key in facts}
        told = {
            **self._progress(memory),
            **facts,
            **self._doubts(memory, facts),
            **self._ages(memory, facts),
            **self._spent(memory),
        }
        extra = {
            key: value
            for key, value in {**memory.additional_data, **told}.items()
            if key not in columns and not (value is None and key in told)
        }
        ledger = self._ledger(memory)
        if ledger:
            extra["score"] = scores.write_ledger(ledger)
        return replace(
            memory,
            **columns,
            interests=_joined(memory.interests, self.interests, self.dropped),
            pain_points=_joined(memory.pain_points, self.pain_points),
            lead_score=0 if extra.get("opted_out") else scores.total(ledger, self.at),
            interaction_count=memory.interaction_count + 1,
            first_interaction_at=memory.first_interaction_at or self.at,
            last_interaction_at=max(memory.last_interaction_at or self.at, self.at),
            message_history=(*memory.message_history, *self.said)[-HISTORY_TURNS:],
            additional_data=extra,
        )

    def _told(self, memory: LeadMemory) -> dict[str, Any]:
        """The facts without those that are only concluded where the person has said so."""
        doubted = memory.values("unsure")
        return {
            name: value
            for name, value in self.facts.items()
            if name not in self.unsure or not memory.fact(name) or name in doubted
        }

    def _doubts(self, memory: LeadMemory, facts: dict[str, Any]) -> dict[str, list[str] | None]:
        """What is still only concluded after this message."""
        before = {name for name in memory.values("unsure") if name not in facts}
        after = before | {name for name in self.unsure if name in facts}
        return {"unsure": sorted(after) or None}

    def _ages(self, memory: LeadMemory, facts: dict[str, Any]) -> dict[str, Any]:
        """When each fact of this message was told: now."""
        told = [name for name in _AGING if facts.get(name) is not None]
        told += [name for name in ("interests", "pain_points") if getattr(self, name)]
        kept: Any = memory.additional_data.get(NOTED_AT)
        before = cast(dict[str, Any], kept) if isinstance(kept, dict) else {}
        return {NOTED_AT: {**before, **dict.fromkeys(told, self.at.isoformat())}} if told else {}

    def _spent(self, memory: LeadMemory) -> dict[str, Any]:
        if not self.usd:
            return {}
        day = self.at.astimezone(UTC).date().isoformat()
        return {SPENT: {"day": day, "usd": round(memory.spent_on(day) + self.usd, 8)}}

    def _ledger(self, memory: LeadMemory) -> scores.Ledger:
        """The signals so far with those of this message; older points count as one of them."""
        kept = memory.additional_data.get("score")
        ledger = scores.read_ledger(kept)
        if not ledger and memory.lead_score:
            points = float(memory.lead_score)
            ledger = {"before": Entry(points, self.at, "", _OLDER_POINTS_HALVE_IN)}
        return scores.add(ledger, self.signals, self.at, self.message_sid)

    def _progress(self, memory: LeadMemory) -> dict[str, str]:
        """The stage after this change; one that an older bot named otherwise stays."""
        before = memory.additional_data.get("stage") or STAGES[0]
        if self.stage is None or before not in STAGES:
            return {}
        return {"stage": max(before, self.stage, key=STAGES.index)}


def number_variants(user_id: str) -> tuple[str, ...]:
    """The ids under which one person may be known, the given one first.

    WhatsApp has written Mexican mobiles as 521… and as 52…, Argentinian ones as 549… and 54…
    (docs/DATA.md, "Identity").
    """
    for long, short in (("521", "52"), ("549", "54")):
        if re.fullmatch(long + r"\d{10}", user_id):
            return (user_id, short + user_id[3:])
        if re.fullmatch(short + r"\d{10}", user_id):
            return (user_id, long + user_id[2:])
    return (user_id,)


def canonical_id(user_id: str) -> str:
    """The same for all variants of one number."""
    return min(number_variants(user_id))


def _joined(
    old: tuple[str, ...], new: tuple[str, ...], dropped: tuple[str, ...] = ()
) -> tuple[str, ...]:
    """Each once, without those that name something that was ``dropped``."""
    joined = dict.fromkeys((*old, *new))
    return tuple(each for each in joined if not any(part in each for part in dropped))
