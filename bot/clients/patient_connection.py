"""A PostgreSQL connection that does not wait for ever.

``statement_timeout`` is the server's promise; a server that stands still cannot keep it, and
libpq would wait on. psycopg2 hands waiting over to a callback
(https://www.psycopg.org/docs/advanced.html#support-for-coroutine-libraries); this one has a
deadline. A connection that misses it is cut off, and counts as lost.
"""

import os
import select
import socket
import time

from psycopg2.extensions import (
    POLL_OK,
    POLL_READ,
    STATUS_SETUP,
    connection,
    set_wait_callback,
)

CONNECT_WITHIN_S = 2.0
ANSWER_WITHIN_S = 6.0


class PatientConnection(connection):
    """``answer_within_s`` bounds each wait for the server; None waits for ever."""

    answer_within_s: float | None = ANSWER_WITHIN_S


def install() -> None:
    """Let every psycopg2 connection of this process wait by :func:`_wait`."""
    set_wait_callback(_wait)


def _wait(waiting: connection) -> None:
    deadline = _deadline(waiting)
    while (wanted := waiting.poll()) != POLL_OK:
        remaining = None if deadline is None else max(0.0, deadline - time.monotonic())
        file = [waiting.fileno()]
        reads, writes = (file, []) if wanted == POLL_READ else ([], file)
        if not any(select.select(reads, writes, [], remaining)):
            _cut_off(waiting.fileno())
            deadline = None


def _deadline(waiting: connection) -> float | None:
    if waiting.status == STATUS_SETUP:
        return time.monotonic() + CONNECT_WITHIN_S
    within = getattr(waiting, "answer_within_s", None)
    return None if within is None else time.monotonic() + within


def _cut_off(descriptor: int) -> None:
    """End the conversation from our side: the next poll finds it closed and says so.

    The descriptor stays libpq's to close, so the socket works on a copy.
    """
    with socket.socket(fileno=os.dup(descriptor)) as copy:
        copy.shutdown(socket.SHUT_RDWR)
