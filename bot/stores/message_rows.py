"""Rows of the message log: a person's history by pages, and histories that come from elsewhere."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, cast

from sqlalchemy import RowMapping, text

from bot.extensions import db
from bot.models.leads import number_variants
from bot.models.message_log import (
    LoggedMessage,
    MessagePage,
    page_key,
    page_position,
)
from bot.models.messages import WITH_MEDIA
from bot.stores.vault import Vault

BODY = "messages.body"
"""What the words of a message are bound to, beside the person."""

ERASED = "(erased)"
"""Whose messages those of erased people are: figures still count them, nobody is behind them."""

_REASONS = "messages.model_calls"
_PLAIN_COLUMNS = (
    "user_id",
    "direction",
    "kind",
    "at",
    "message_sid",
    "reply_to",
    "intent",
    "confidence",
    "source",
    "level",
    "id_course",
    "cost_usd",
)

_COLUMNS = """
    said.id, said.user_id, said.direction, said.kind, said.body, said.created_at AS at,
    said.message_sid, answered.message_sid AS reply_to, said.intent, said.confidence, said.source,
    said.level, said.id_course, said.score_signals, said.model_calls, said.cost_usd
"""
_PAGE = text(f"""
    SELECT {_COLUMNS}
    FROM messages AS said LEFT JOIN messages AS answered ON answered.id = said.in_reply_to
    WHERE said.user_id = ANY(:ids) AND (said.created_at, said.id) < (:at, :id)
    ORDER BY said.created_at DESC, said.id DESC
    LIMIT :limit
""")  # noqa: S608 - no value is spliced in
_AT_ONCE = 500
_NEWEST = datetime(9999, 1, 1, tzinfo=UTC), 2**62

_ADD = text("""
    INSERT INTO messages
        (user_id, direction, kind, body, created_at, message_sid, in_reply_to, intent, confidence,
         source, level, id_course, score_signals, model_calls, cost_usd)
    SELECT new.user_id, new.direction, new.kind, new.body, new.at, new.message_sid, answered.id,
           new.intent, new.confidence, new.source, new.level, new.id_course,
           CAST(new.score_signals AS jsonb), CAST(new.model_calls AS jsonb), new.cost_usd
    FROM unnest(
        CAST(:user_id AS text[]), CAST(:direction AS text[]), CAST(:kind AS text[]),
        CAST(:body AS text[]), CAST(:at AS timestamptz[]), CAST(:message_sid AS text[]),
        CAST(:reply_to AS text[]), CAST(:intent AS text[]), CAST(:confidence AS real[]),
        CAST(:source AS text[]), CAST(:level AS text[]), CAST(:id_course AS uuid[]),
        CAST(:score_signals AS text[]), CAST(:model_calls AS text[]),
        CAST(:cost_usd AS numeric[]), CAST(:other_id AS text[])
    ) WITH ORDINALITY AS new (
        user_id, direction, kind, body, at, message_sid, reply_to, intent, confidence, source,
        level, id_course, score_signals, model_calls, cost_usd, other_id, place
    )
    LEFT JOIN messages AS answered ON answered.message_sid = new.reply_to
    WHERE new.message_sid IS NOT NULL OR answered.id IS NOT NULL OR NOT EXISTS (
        SELECT FROM messages AS known
        WHERE known.user_id IN (new.user_id, new.other_id) AND known.created_at = new.at
          AND known.direction = new.direction
    )
    ORDER BY new.at, new.place
    ON CONFLICT DO NOTHING
""")

_ANONYMISE = text("""
    UPDATE messages SET
        user_id = :erased, body = '', score_signals = NULL,
        message_sid = CASE WHEN message_sid = :kept_sid THEN message_sid END,
        model_calls = CASE WHEN jsonb_typeof(model_calls) = 'array' THEN (
            SELECT jsonb_agg(call - 'reasons') FROM jsonb_array_elements(model_calls) AS call
        ) END
    WHERE user_id = ANY(:ids)
""")
_WITH_MEDIA = text("""
    SELECT message_sid FROM messages
    WHERE user_id = ANY(:ids) AND kind = ANY(:kinds) AND message_sid IS NOT NULL
""")


class MessageRows:
    """The messages of leads, their words sealed and opened by ``vault``. The caller commits."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    def page(self, ids: Sequence[str], before: str | None, limit: int) -> MessagePage:
        """The newest messages of a person known under ``ids``; of those before a key, if given.

        Raises:
            Unusable: when ``before`` is no key of a page.
        """
        at, row_id = page_position(before) if before else _NEWEST
        values = {"ids": list(ids), "at": at, "id": row_id, "limit": limit + 1}
        rows = db.session.execute(_PAGE, values).mappings().all()
        found = [self._message(row) for row in rows[:limit]]
        return MessagePage(found, found[-1].key if len(rows) > limit else None)

    def all(self, ids: Sequence[str]) -> Iterator[LoggedMessage]:
        """All messages of a person, the newest first, a page at a time."""
        key = None
        while True:
            page = self.page(ids, key, _AT_ONCE)
            yield from page.messages
            key = page.next_key
            if key is None:
                return

    def add(self, messages: Iterable[LoggedMessage]) -> None:
        """Log messages that were not logged here as they came; those that are known stay.

        A message without a SID, from an older bot's history, is known by its moment.
        """
        listed = list(messages)
        # A reply points at the row of what it answers, which has to be there first.
        replies = [message for message in listed if message.reply_to]
        others = [message for message in listed if not message.reply_to]
        for part in (others, replies):
            if part:
                db.session.execute(_ADD, self._columns(part))

    def anonymise(self, ids: Sequence[str], kept_sid: str | None) -> None:
        """Take from a person's messages all that they said, and whose they are.

        What stays is counted: which day, what was asked for, which course, what it cost. The
        message ``kept_sid`` keeps its SID, so that it is known when it is delivered again.
        """
        values = {"ids": list(ids), "erased": ERASED, "kept_sid": kept_sid}
        db.session.execute(_ANONYMISE, values)

    def with_media(self, ids: Sequence[str]) -> Sequence[str]:
        """The SIDs of a person's messages that had something attached."""
        values = {"ids": list(ids), "kinds": [str(kind) for kind in WITH_MEDIA]}
        return db.session.execute(_WITH_MEDIA, values).scalars().all()

    def _message(self, row: RowMapping) -> LoggedMessage:
        found: dict[str, Any] = {str(name): value for name, value in row.items()}
        user_id, key = found["user_id"], page_key(found["at"], found.pop("id"))
        found["body"] = self._vault.open(found["body"], user_id, BODY)
        found["model_calls"] = opened_calls(self._vault, found["model_calls"], user_id)
        return LoggedMessage(**found, key=key)

    def _columns(self, messages: Sequence[LoggedMessage]) -> Mapping[str, Any]:
        columns: dict[str, list[Any]] = {
            name: [getattr(each, name) for each in messages] for name in _PLAIN_COLUMNS
        }
        columns["id_course"] = [each and str(each) for each in columns["id_course"]]
        columns["body"] = [self._vault.seal(each.body, each.user_id, BODY) for each in messages]
        columns["other_id"] = [number_variants(each.user_id)[-1] for each in messages]
        columns["score_signals"] = [_json(each.score_signals) for each in messages]
        columns["model_calls"] = [
            _json(sealed_calls(self._vault, each.model_calls, each.user_id)) for each in messages
        ]
        return columns


def sealed_calls(
    vault: Vault, calls: list[dict[str, Any]] | None, user_id: str
) -> list[dict[str, Any]] | None:
    """Calls of the model as they are stored; what the gate refused may quote the person."""
    return calls and [
        {
            **call,
            "reasons": [vault.seal(each, user_id, _REASONS) for each in call.get("reasons", ())],
        }
        for call in calls
    ]


def opened_calls(vault: Vault, calls: Any, user_id: str) -> Any:
    """What :func:`sealed_calls` was given."""
    if not isinstance(calls, list):
        return calls
    return [
        {
            **call,
            "reasons": [vault.open(each, user_id, _REASONS) for each in call.get("reasons", ())],
        }
        for call in cast(list[dict[str, Any]], calls)
    ]


def _json(value: Any) -> str | None:
    return None if value is None else json.dumps(value)
