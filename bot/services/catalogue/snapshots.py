"""Keeps the last good catalogue on disk, for when the database is away."""

import time
from datetime import UTC, datetime

import structlog
from filelock import FileLock, Timeout
from flask import current_app

from bot.errors import StoreUnavailable
from bot.extensions import settings
from bot.services import database
from bot.stores.snapshot import Snapshot
from bot.stores.snapshot_rows import write_snapshot

log = structlog.get_logger(__name__)

_LEAST_REST = 20
"""Writing takes at most 1 part in so many of the time, however often the catalogue changes."""

_REST_AFTER_FAILURE_S = 60.0
_NOT_BEFORE = "catalogue_snapshot_not_before"


def snapshot() -> Snapshot:
    """The catalogue as it was last kept in the instance folder of the running app."""
    return Snapshot(settings().instance_dir / "catalogue.sqlite")


def keep_snapshot(mark: tuple[int, int]) -> bool:
    """Write the catalogue to disk unless ``mark``, its ``change_mark()``, is that of the file.

    Others who write at this moment are not waited for, and a file is left alone for 20 times as
    long as it took to write. The transaction that the session is in ends.

    Returns:
        Whether it was written. A disk that does not take it is logged only.

    Raises:
        StoreUnavailable: when the database is away.
    """
    started = time.monotonic()
    try:
        return _is_due(mark) and _write_alone(mark)
    except Timeout:
        return False
    except OSError as error:
        log.warning("catalogue_snapshot_not_written", cause=str(error))
        _rest_since(started)
        return False
    except StoreUnavailable:
        _rest_since(started)
        raise


def _is_due(mark: tuple[int, int]) -> bool:
    if time.monotonic() < current_app.extensions.get(_NOT_BEFORE, float("-inf")):
        return False
    kept = snapshot().about()
    if kept is None:
        return True
    rested_s = (datetime.now(UTC) - kept.taken_at).total_seconds() - kept.seconds
    return mark != kept.mark and not 0 <= rested_s < _LEAST_REST * kept.seconds


def _write_alone(mark: tuple[int, int]) -> bool:
    path = snapshot().path
    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(path.with_suffix(".lock"), timeout=0):
        # Another worker may have written it since.
        if not _is_due(mark):
            return False
        started = time.monotonic()
        database.release()
        try:
            count = database.read(lambda: write_snapshot(path, mark))
        finally:
            database.release()
    seconds = round(time.monotonic() - started, 1)
    log.info("catalogue_snapshot_written", count=count, seconds=seconds)
    return True


def _rest_since(started: float) -> None:
    """Whoever cannot write the file notes nothing in it, so this process remembers by itself."""
    now = time.monotonic()
    rest_s = max(_LEAST_REST * (now - started), _REST_AFTER_FAILURE_S)
    current_app.extensions[_NOT_BEFORE] = now + rest_s
