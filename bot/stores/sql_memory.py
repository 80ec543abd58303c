"""Memory in PostgreSQL: ``user_memory`` and the message log, three statements a turn.

The statements are SQL text because each does in one round trip what the ORM would do in
several, and this is the path that every message takes (docs/ARCHITECTURE.md, "Cost").
"""

import json
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, text

from bot.extensions import db
from bot.models.leads import LeadChange, LeadMemory, number_variants
from bot.models.messages import (
    InboundMessage,
    MessageKind,
    Reply,
    ReplySource,
    ServiceLevel,
    Turn,
    TurnState,
)
from bot.models.understanding import Intent
from bot.stores.found_memory import lead_memory

# ``version`` is the row version that PostgreSQL keeps: it changes with every writer's update,
# also with those of tools that know nothing of this project.
_LEAD = """
    SELECT user_id, name, role, interests, pain_points, lead_score, interaction_count,
           first_interaction_at, last_interaction_at, message_history, additional_data,
           xmin::text AS version
    FROM user_memory
    WHERE user_id = ANY(:variants)
    ORDER BY user_id = :user_id DESC
    LIMIT 1
"""

_OPEN = text(f"""
    WITH lead AS ({_LEAD}),
    logged AS (
        INSERT INTO messages
            (message_sid, user_id, direction, kind, body, claimed_at, created_at)
        VALUES (:sid, coalesce((SELECT user_id FROM lead), :user_id), 'inbound', :kind,
                CASE WHEN (SELECT additional_data #>> '{{consent,state}}' FROM lead) = 'refused'
                     THEN '' ELSE :body END,
                now(), :received_at)
        ON CONFLICT (message_sid) DO NOTHING
        RETURNING id
    )
    SELECT logged.id AS log_id, lead.*
    FROM (SELECT 1) AS one LEFT JOIN logged ON true LEFT JOIN lead ON true
""")  # noqa: S608 - no value is spliced in

_REOPEN = text("""
    WITH claimed AS (
        UPDATE messages SET claimed_at = now()
        WHERE message_sid = :sid
          AND claimed_at < now() - make_interval(secs => :lease_s)
          AND NOT EXISTS (SELECT 1 FROM messages AS reply WHERE reply.in_reply_to = messages.id)
        RETURNING id
    )
    SELECT inbound.id AS log_id, claimed.id IS NOT NULL AS ours,
           reply.body, reply.intent, reply.confidence, reply.source, reply.level,
           reply.id_course
    FROM messages AS inbound
    LEFT JOIN messages AS reply ON reply.in_reply_to = inbound.id
    LEFT JOIN claimed ON true
    WHERE inbound.message_sid = :sid
""")

_LOG_REPLY = text("""
    INSERT INTO messages
        (user_id, direction, kind, body, in_reply_to, intent, confidence, source, level, id_course,
         score_signals, model_calls, cost_usd, created_at)
    VALUES (:user_id, 'outbound', 'text', :body, :in_reply_to, :intent, :confidence, :source,
            :level, :id_course, CAST(:score_signals AS jsonb), CAST(:model_calls AS jsonb),
            :cost_usd, :at)
    ON CONFLICT (in_reply_to) DO NOTHING
    RETURNING id
""")

_FORGET_WORDS = text("""
    UPDATE messages SET body = '', score_signals = NULL, model_calls = NULL
    WHERE user_id = ANY(:variants) AND id <> :kept
""")

# What was said in a voice note is known only after it was logged.
_LOG_HEARD = text("UPDATE messages SET body = :body WHERE id = :log_id AND body = ''")

_SPENT = text("""
    SELECT coalesce(sum(cost_usd), 0) FROM messages
    WHERE created_at >= :since AND cost_usd IS NOT NULL
""")

_LOCK = text(f"{_LEAD} FOR UPDATE")
_LOAD = text(_LEAD)

_SAVE = text("""
    INSERT INTO user_memory AS known
        (user_id, name, role, interests, pain_points, lead_score, interaction_count,
         first_interaction_at, last_interaction_at, message_history, additional_data)
    SELECT :user_id, :name, :role, CAST(:interests AS text[]), CAST(:pain_points AS text[]),
           :lead_score, :interaction_count, :first_interaction_at, :last_interaction_at,
           CAST(:message_history AS jsonb), CAST(:additional_data AS jsonb)
    WHERE :version IS NULL OR EXISTS (SELECT 1 FROM user_memory WHERE user_id = :user_id)
    ON CONFLICT (user_id) DO UPDATE SET
        name = excluded.name, role = excluded.role, interests = excluded.interests,
        pain_points = excluded.pain_points, lead_score = excluded.lead_score,
        interaction_count = excluded.interaction_count,
        first_interaction_at = excluded.first_interaction_at,
        last_interaction_at = excluded.last_interaction_at,
        message_history = excluded.message_history,
        additional_data = excluded.additional_data, updated_at = now()
    WHERE known.xmin::text = :version
    RETURNING user_id
""")


class SqlMemoryStore:
    """Leads in ``user_memory``, turns in ``messages``. The caller commits."""

    def open_turn(self, inbound: InboundMessage, lease_s: float) -> Turn:
        """See :class:`bot.stores.memory.MemoryStore`."""
        values = _keys(inbound.user_id) | {
            "sid": inbound.message_sid,
            "kind": inbound.kind,
            "body": inbound.body,
            "received_at": inbound.received_at,
        }
        row = db.session.execute(_OPEN, values).mappings().one()
        memory = _memory(row, inbound.user_id)
        if row["log_id"] is None:
            return self._reopen(
                Turn(inbound, memory, TurnState.ELSEWHERE, None, None, row["version"]), lease_s
            )
        return Turn(inbound, memory, TurnState.OURS, None, row["log_id"], row["version"])

    def close_turn(self, turn: Turn, change: LeadChange, reply: Reply) -> Turn:
        """See :class:`bot.stores.memory.MemoryStore`."""
        if turn.log_id is None:
            turn = self.open_turn(turn.inbound, lease_s=0)
            if turn.state is TurnState.ANSWERED:
                return turn
        logged = db.session.execute(_LOG_REPLY, _reply_values(turn, change, reply)).scalar()
        if logged is None:
            memory = self.load(turn.inbound.user_id) or turn.memory
            return self._reopen(replace(turn, memory=memory), lease_s=0)
        if turn.inbound.kind is MessageKind.VOICE and turn.inbound.body:
            db.session.execute(_LOG_HEARD, {"log_id": turn.log_id, "body": turn.inbound.body})
        if change.forgets:
            db.session.execute(_FORGET_WORDS, _keys(turn.inbound.user_id) | {"kept": logged})
        return replace(
            turn,
            memory=self._save(turn.memory, change, turn.version),
            state=TurnState.ANSWERED,
            reply=reply,
        )

    def load(self, user_id: str) -> LeadMemory | None:
        """See :class:`bot.stores.memory.MemoryStore`."""
        row = db.session.execute(_LOAD, _keys(user_id)).mappings().one_or_none()
        return _memory(row, user_id) if row else None

    def spending_since(self, moment: datetime) -> float:
        """What the language model cost since ``moment``, in USD."""
        return float(db.session.execute(_SPENT, {"since": moment}).scalar_one())

    def _reopen(self, turn: Turn, lease_s: float) -> Turn:
        values = {"sid": turn.inbound.message_sid, "lease_s": lease_s}
        row = db.session.execute(_REOPEN, values).mappings().one_or_none()
        if row is None:
            return turn
        if row["level"]:
            return replace(turn, state=TurnState.ANSWERED, reply=_reply(row))
        state = TurnState.OURS if row["ours"] else TurnState.ELSEWHERE
        return replace(turn, state=state, log_id=row["log_id"])

    def _save(self, read: LeadMemory, change: LeadChange, version: str | None) -> LeadMemory:
        """Save without a lock while nobody else wrote in between, else again under one.

        Of a lead who was erased in between, only what this turn says is kept.
        """
        memory = change.apply_to(read)
        if db.session.execute(_SAVE, _memory_values(memory, version)).scalar() is None:
            row = db.session.execute(_LOCK, _keys(read.user_id)).mappings().one_or_none()
            memory = change.apply_to(_memory(row, read.user_id))
            db.session.execute(_SAVE, _memory_values(memory, row["version"] if row else None))
        return memory


def _keys(user_id: str) -> dict[str, Any]:
    return {"user_id": user_id, "variants": list(number_variants(user_id))}


def _memory(row: RowMapping | None, user_id: str) -> LeadMemory:
    if row is None or row["user_id"] is None:
        return LeadMemory(user_id)
    return lead_memory({str(name): value for name, value in row.items()}, row["user_id"])


def _memory_values(memory: LeadMemory, version: str | None) -> dict[str, Any]:
    return {
        "user_id": memory.user_id,
        "name": memory.name,
        "role": memory.role,
        "interests": list(memory.interests),
        "pain_points": list(memory.pain_points),
        "lead_score": memory.lead_score,
        "interaction_count": memory.interaction_count,
        "first_interaction_at": memory.first_interaction_at,
        "last_interaction_at": memory.last_interaction_at,
        "message_history": json.dumps(memory.message_history),
        "additional_data": json.dumps(memory.additional_data),
        "version": version,
    }


def _reply_values(turn: Turn, change: LeadChange, reply: Reply) -> dict[str, Any]:
    return {
        "user_id": turn.memory.user_id,
        "body": reply.text,
        "in_reply_to": turn.log_id,
        "intent": reply.intent,
        "confidence": reply.confidence,
        "source": reply.source,
        "level": reply.level,
        "id_course": reply.id_course,
        "model_calls": json.dumps([asdict(call) for call in reply.calls]) if reply.calls else None,
        "cost_usd": reply.usd,
        "score_signals": json.dumps({signal.name: signal.points for signal in change.signals}),
        "at": change.at,
    }


def _reply(row: RowMapping) -> Reply:
    return Reply(
        text=row["body"],
        intent=Intent(row["intent"]) if row["intent"] else None,
        confidence=row["confidence"],
        source=ReplySource(row["source"]),
        level=ServiceLevel(row["level"]),
        id_course=row["id_course"],
    )
