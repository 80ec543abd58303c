"""What the model costs, and when enough is spent for a day."""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from threading import Lock

from flask import Flask, current_app

from bot.errors import StoreUnavailable
from bot.extensions import settings
from bot.models.leads import LeadMemory
from bot.models.model_calls import ModelCall, Outcome, Usage
from bot.services import database
from bot.stores.model_figures import CallFigures, calls_by_day
from bot.stores.storage import current_storage

_A_MILLION, _A_MINUTE_S = 1_000_000, 60
_ALL_OTHERS = "*"
_LOOK_AGAIN_S = 15.0


@dataclass
class _Day:
    """What this process knows of today's spending, in USD; it asks the store now and then."""

    day: str = ""
    stored: float = 0.0
    since: float = 0.0
    looked_at: float | None = None
    lock: Lock = field(default_factory=Lock)


def init_app(app: Flask) -> None:
    """Give ``app`` its memory of the day's spending."""
    app.extensions["spending"] = _Day()


def cost(model: str, usage: Usage | None) -> float | None:
    """What a call cost in USD by the price table; None when that is not known."""
    prices = settings().openai_prices
    price = prices.get(model) or prices.get(_ALL_OTHERS)
    if usage is None or price is None:
        return None
    if len(price) == 1:
        return float(price[0] * Decimal(usage.audio_s) / _A_MINUTE_S)
    fresh, cached, output = price
    new_tokens = usage.input_tokens - usage.cached_tokens
    spent = fresh * new_tokens + cached * usage.cached_tokens + output * usage.output_tokens
    return float(spent / _A_MILLION)


def refusal(memory: LeadMemory) -> Outcome | None:
    """Which cap on spending is reached, if one is."""
    config = settings()
    most, most_a_day = config.openai_usd_per_person_day, config.openai_usd_per_day
    if most and memory.spent_on(_today()) >= most:
        return Outcome.PERSON_CAP
    return Outcome.DAY_CAP if most_a_day and spent_today() >= most_a_day else None


def spent_today() -> float:
    """What all workers spent since midnight (UTC), in USD, a few seconds old at most."""
    known = _known()
    with known.lock:
        now = time.monotonic()
        is_fresh = known.looked_at is not None and now - known.looked_at < _LOOK_AGAIN_S
        if known.day == _today() and is_fresh:
            return known.stored + known.since
        if known.day != _today():
            known.stored, known.since, known.day = 0.0, 0.0, _today()
        known.looked_at = now
    stored = _look_up()
    with known.lock:
        if stored is not None:
            known.stored, known.since = stored, 0.0
        return known.stored + known.since


def by_day(since: datetime) -> Sequence[CallFigures]:
    """What became of the calls since a moment, the latest day first; they are in the database.

    Raises:
        StoreUnavailable: when it is away, or there is none.
    """
    return database.read(lambda: calls_by_day(since))


def note(calls: Iterable[ModelCall]) -> float:
    """Count what was spent just now, before the store tells of it.

    Returns:
        The sum in USD; a call whose price is not known adds nothing.
    """
    usd = sum(call.usd or 0.0 for call in calls)
    if usd:
        known = _known()
        with known.lock:
            known.since += usd
        storage = current_storage()
        if storage.sql is None:
            storage.files.add_spending(_today(), usd)
    return usd


def _look_up() -> float | None:
    storage = current_storage()
    sql = storage.sql
    if sql is None:
        return storage.files.spending(_today())
    try:
        midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        return database.read(lambda: sql.spending_since(midnight))
    except StoreUnavailable:
        return None


def _today() -> str:
    return datetime.now(UTC).date().isoformat()


def _known() -> _Day:
    return current_app.extensions["spending"]
