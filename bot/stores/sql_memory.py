"""Memory in PostgreSQL: ``user_memory`` and the message log, three statements a turn.

The statements are SQL text because each does in one round trip what the ORM would do in
several, and this is the path that every message takes (docs/ARCHITECTURE.md, "Cost").
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, text

from bot.extensions import db
from bot.models.leads import LeadChange, LeadMemory
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
from bot.stores.erasures import SqlErasures
from bot.stores.lead_rows import FIND, LeadRows, keys_of
from bot.stores.message_rows import BODY, ERASED, MessageRows, sealed_calls
from bot.stores.vault import Vault

_OPEN = text(f"""
    WITH lead AS ({FIND}),
    logged AS (
        INSERT INTO messages
            (message_sid, user_id, direction, kind, body, claimed_at, created_at)
        VALUES (:sid,
                coalesce((SELECT user_id FROM lead WHERE user_id = ANY(:variants)), :user_id),
                'inbound', :kind,
                CASE WHEN (SELECT additional_data #>> '{{consent,state}}' FROM lead) = 'refused'
                     THEN '' ELSE :body END,
                now(), :received_at)
        ON CONFLICT (message_sid) DO NOTHING
        RETURNING id
    )
    SELECT logged.id AS log_id, lead.*,
           (SELECT opted_out FROM erasures WHERE person = :person) AS left_for_good
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
    SELECT inbound.id AS log_id, claimed.id IS NOT NULL AS ours, reply.user_id,
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

# What was said in a voice note is known only after it was logged.
_LOG_HEARD = text("UPDATE messages SET body = :body WHERE id = :log_id AND body = ''")

_SPENT = text("""
    SELECT coalesce(sum(cost_usd), 0) FROM messages
    WHERE created_at >= :since AND cost_usd IS NOT NULL
""")


class SqlMemoryStore:
    """Leads in ``user_memory``, turns in ``messages``. The caller commits."""

    def __init__(self, vault: Vault | None = None) -> None:
        self._vault = vault = vault or Vault()
        self.leads = LeadRows(vault)
        self.messages = MessageRows(vault)
        self.erasures = SqlErasures(vault)

    def open_turn(self, inbound: InboundMessage, lease_s: float) -> Turn:
        """See :class:`bot.stores.memory.MemoryStore`."""
        values = keys_of(inbound.user_id) | {
            "sid": inbound.message_sid,
            "kind": inbound.kind,
            "body": self._vault.seal(inbound.body, inbound.user_id, BODY),
            "received_at": inbound.received_at,
            "person": self.erasures.pseudonyms.of(inbound.user_id),
        }
        row = db.session.execute(_OPEN, values).mappings().one()
        memory, version = self._memory(row, inbound), row["version"]
        if (row["rows"] or 0) > 1:
            memory, version = self._join(inbound, [memory.user_id])
        turn = Turn(inbound, memory, TurnState.OURS, None, row["log_id"], version)
        if row["log_id"] is None:
            return self._reopen(replace(turn, state=TurnState.ELSEWHERE), lease_s)
        return turn

    def link(self, turn: Turn) -> Turn:
        """See :class:`bot.stores.memory.MemoryStore`."""
        external = turn.inbound.external_user_id
        ids = [turn.memory.user_id, *([external] if external else [])]
        memory, version = self._join(turn.inbound, ids)
        return replace(turn, memory=memory, version=version)

    def close_turn(self, turn: Turn, change: LeadChange, reply: Reply) -> Turn:
        """See :class:`bot.stores.memory.MemoryStore`."""
        if turn.log_id is None:
            turn = self.open_turn(turn.inbound, lease_s=0)
            if turn.state is TurnState.ANSWERED:
                return turn
        whose = ERASED if change.forgets else turn.memory.user_id
        values = self._reply_values(turn, change, reply, whose)
        logged = db.session.execute(_LOG_REPLY, values).scalar()
        if logged is None:
            memory = self.load(turn.inbound.user_id) or turn.memory
            return self._reopen(replace(turn, memory=memory), lease_s=0)
        if turn.inbound.kind is MessageKind.VOICE and turn.inbound.body:
            body = self._vault.seal(turn.inbound.body, turn.inbound.user_id, BODY)
            db.session.execute(_LOG_HEARD, {"log_id": turn.log_id, "body": body})
        closed = replace(turn, state=TurnState.ANSWERED, reply=reply)
        if change.forgets:
            memory = change.apply_to(self.load(turn.inbound.user_id) or turn.memory)
            self.erase(turn.inbound.user_id, memory.opted_out, change.at, turn.inbound.message_sid)
            return replace(closed, memory=memory)
        return replace(closed, memory=self._save(turn.memory, change, turn.version))

    def load(self, user_id: str) -> LeadMemory | None:
        """See :class:`bot.stores.memory.MemoryStore`."""
        return self.leads.find(user_id)

    def update(
        self, user_id: str, edit: Callable[[LeadMemory | None], LeadMemory | None]
    ) -> LeadMemory | None:
        """See :class:`bot.stores.memory.MemoryStore`."""
        return self.leads.update(user_id, edit)

    def erase(
        self, user_id: str, opted_out: bool, at: datetime, kept_sid: str | None = None
    ) -> Sequence[str]:
        """See :class:`bot.stores.memory.MemoryStore`."""
        ids = self.leads.ids_of(user_id)
        self.leads.delete(ids)
        self.messages.anonymise(ids, kept_sid)
        self.erasures.note(ids, opted_out, at)
        return ids

    def spending_since(self, moment: datetime) -> float:
        """What the language model cost since ``moment``, in USD."""
        return float(db.session.execute(_SPENT, {"since": moment}).scalar_one())

    def _memory(self, row: RowMapping, inbound: InboundMessage) -> LeadMemory:
        if row["user_id"] is not None:
            return self.leads.memory(row)
        extra = {"opted_out": True} if row["left_for_good"] else {}
        return LeadMemory(inbound.user_id, additional_data=extra)

    def _join(
        self, inbound: InboundMessage, user_ids: Sequence[str]
    ) -> tuple[LeadMemory, str | None]:
        memory = self.leads.join([inbound.user_id, *user_ids], inbound.user_id)
        return memory, self.leads.version_of(memory.user_id)

    def _reopen(self, turn: Turn, lease_s: float) -> Turn:
        values = {"sid": turn.inbound.message_sid, "lease_s": lease_s}
        row = db.session.execute(_REOPEN, values).mappings().one_or_none()
        if row is None:
            return turn
        if row["level"]:
            return replace(turn, state=TurnState.ANSWERED, reply=self._reply(row))
        state = TurnState.OURS if row["ours"] else TurnState.ELSEWHERE
        return replace(turn, state=state, log_id=row["log_id"])

    def _save(self, read: LeadMemory, change: LeadChange, version: str | None) -> LeadMemory:
        """Save without a lock while nobody else wrote in between, else again under one.

        Of a lead who was erased in between, only what this turn says is kept.
        """
        memory = change.apply_to(read)
        if self.leads.save(memory, version):
            return memory
        nobody = LeadMemory(read.user_id)
        return self.update(read.user_id, lambda known: change.apply_to(known or nobody)) or nobody

    def _reply_values(
        self, turn: Turn, change: LeadChange, reply: Reply, user_id: str
    ) -> dict[str, Any]:
        calls = sealed_calls(self._vault, [asdict(call) for call in reply.calls], user_id)
        return {
            "user_id": user_id,
            "body": self._vault.seal(reply.text, user_id, BODY),
            "in_reply_to": turn.log_id,
            "intent": reply.intent,
            "confidence": reply.confidence,
            "source": reply.source,
            "level": reply.level,
            "id_course": reply.id_course,
            "model_calls": json.dumps(calls) if calls else None,
            "cost_usd": reply.usd,
            "score_signals": json.dumps({signal.name: signal.points for signal in change.signals}),
            "at": change.at,
        }

    def _reply(self, row: RowMapping) -> Reply:
        return Reply(
            text=self._vault.open(row["body"], row["user_id"], BODY),
            intent=Intent(row["intent"]) if row["intent"] else None,
            confidence=row["confidence"],
            source=ReplySource(row["source"]),
            level=ServiceLevel(row["level"]),
            id_course=row["id_course"],
        )
