"""Units of work on the database: committed here, and refused at once while it is away."""

from collections.abc import Callable
from typing import TypeVar

from circuitbreaker import CircuitBreaker
from flask import Flask, current_app
from psycopg2.errors import LockNotAvailable, QueryCanceled
from sqlalchemy import select
from sqlalchemy.exc import (
    DataError,
    DBAPIError,
    IntegrityError,
    InterfaceError,
    OperationalError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeout

from bot.errors import StoreBusy, StoreUnavailable
from bot.extensions import db

T = TypeVar("T")

_FAILURES_TO_OPEN = 2
_RETRY_AFTER_S = 2


def init_app(app: Flask) -> None:
    """Give ``app`` a circuit breaker of its own."""
    app.extensions["database_breaker"] = CircuitBreaker(
        failure_threshold=_FAILURES_TO_OPEN,
        recovery_timeout=_RETRY_AFTER_S,
        expected_exception=_counts_as_failure,
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
            raise (StoreUnavailable if _is_lost(error) else StoreBusy) from error


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


def probe() -> None:
    """Find out whether the database answers.

    Raises:
        StoreUnavailable: when it does not.
    """
    write(lambda: db.session.execute(select(1)))


def release() -> None:
    """End the transaction and give the connection back, before waiting for somebody else.

    What was read stays as it was read: to look at it later asks the database nothing.
    """
    if "sqlalchemy" in current_app.extensions:
        db.session.expunge_all()
        db.session.rollback()


def leave() -> None:
    """Close every connection: those of a process must not be used by its forks."""
    if "sqlalchemy" in current_app.extensions:
        db.session.remove()
        db.engine.dispose()


def is_failing() -> bool:
    """Whether it is away, or the last thing asked of it failed."""
    return is_away() or _breaker().failure_count > 0


def _is_lost(error: DBAPIError | PoolTimeout) -> bool:
    """Whether the database cannot be reached, as against one that refuses this statement."""
    if isinstance(error, PoolTimeout):
        return True
    waited_in_vain = isinstance(error.orig, LockNotAvailable | QueryCanceled)
    return isinstance(error, OperationalError | InterfaceError) and not waited_in_vain


def _counts_as_failure(kind: type[BaseException], _error: BaseException) -> bool:
    return issubclass(kind, StoreUnavailable) and not issubclass(kind, StoreBusy)


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
