"""What became of the calls of the language model, summed up from the message log."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import text

from bot.extensions import db

_BY_DAY = text("""
    SELECT created_at::date AS day, call ->> 'purpose' AS purpose, call ->> 'outcome' AS outcome,
           count(*) AS calls,
           coalesce(sum((call #>> '{usage,input_tokens}')::bigint), 0) AS input_tokens,
           coalesce(sum((call #>> '{usage,cached_tokens}')::bigint), 0) AS cached_tokens,
           coalesce(sum((call #>> '{usage,output_tokens}')::bigint), 0) AS output_tokens,
           coalesce(sum((call ->> 'usd')::numeric), 0) AS usd
    FROM messages, jsonb_array_elements(model_calls) AS call
    WHERE created_at >= :since AND jsonb_typeof(model_calls) = 'array'
    GROUP BY 1, 2, 3
    ORDER BY 1 DESC, 2, 4 DESC
""")


@dataclass(frozen=True, slots=True)
class CallFigures:
    """The calls of one day, purpose and outcome: how many, their tokens, their cost in USD."""

    day: date
    purpose: str
    outcome: str
    calls: int
    input_tokens: int
    cached_tokens: int
    output_tokens: int
    usd: Decimal


def calls_by_day(since: datetime) -> Sequence[CallFigures]:
    """The calls since a moment, the latest day first."""
    rows = db.session.execute(_BY_DAY, {"since": since}).mappings()
    return [CallFigures(**row) for row in rows]
