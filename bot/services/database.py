"""Units of work on the database: committed here, and refused at once while it is away."""

from collections.abc import Callable
from typing import TypeVar

from circuitbreaker import CircuitBreaker
from flask import Flask, current_app
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from bot.errors import StoreUnavailable
from bot.extensions import db

T = TypeVar("T")

_FAILURES_TO_OPEN = 2
_RETRY_AFTER_S = 2


def init_app(app: Flask) -> None:
    """Give ``app`` a circuit breaker of its own."""
    app.extensions["database_breaker"] = CircuitBreaker(
        failure_threshold=_FAILURES_TO_OPEN,
        recovery_timeout=_RETRY_AFTER_S,
        expected_exception=StoreUnavailable,
        name="database",
    )


def is_away() -> bool:
    """Whether there is none, or it failed a moment ago and is left alone for a while."""
    return "sqlalchemy" not in current_app.extensions or _breaker().opened


def read(work: Callable[[], T]) -> T:
    """Run queries. The transaction stays open, so that a write that follows joins it.

    Raises:
        StoreUnavailable: when the database is away, or was a moment ago.
    """
    if is_away():
        raise StoreUnavailable
    with _breaker():
        try:
            return _once_more_on_a_dead_connection(work)
        except (DataError, IntegrityError):
            db.session.rollback()
            raise
        except (DBAPIError, PoolTimeout) as error:
            db.session.rollback()
            raise StoreUnavailable from error


def write(work: Callable[[], T]) -> T:
    """Run ``work`` and commit it together with what was read before.

    Raises:
        StoreUnavailable: when it could not be committed; then nothing of it is stored.
    """

    def and_commit() -> T:
        result = work()
        db.session.commit()
        return result

    return read(and_commit)


def release() -> None:
    """End the transaction and give the connection back, before waiting for somebody else."""
    db.session.rollback()


def _once_more_on_a_dead_connection(work: Callable[[], T]) -> T:
    """A restarted server leaves dead connections in the pool; the first error empties it."""
    try:
        return work()
    except DBAPIError as error:
        if not error.connection_invalidated:
            raise
        db.session.rollback()
        return work()


def _breaker() -> CircuitBreaker:
    return current_app.extensions["database_breaker"]
