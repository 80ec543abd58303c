"""Calls to somebody else's server that are not waited for beyond a moment.

The time-outs of HTTP clients hold for each read, and name resolution has none: a server that
drips a byte a second is never late. So each call runs in a thread of its own, and whoever waits
for it leaves at the deadline.
"""

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cached_property
from threading import Semaphore
from typing import TypeVar

T = TypeVar("T")


class TooManyCalls(Exception):
    """As many calls as there may be are under way."""


class TimedCalls:
    """Runs calls in threads, at most ``most`` at once."""

    def __init__(self, most: int, name: str) -> None:
        self._most = most
        self._name = name
        self._free = Semaphore(most)

    def start(self, call: Callable[[], T]) -> Future[T]:
        """Run ``call`` in a thread.

        Raises:
            TooManyCalls: when none is free, at once.
        """
        if not self._free.acquire(blocking=False):
            raise TooManyCalls
        return self._threads.submit(self._then_free, call)

    def _then_free(self, call: Callable[[], T]) -> T:
        try:
            return call()
        finally:
            self._free.release()

    @cached_property
    def _threads(self) -> ThreadPoolExecutor:
        """Made on first use, so that each gunicorn worker has its own after the fork."""
        return ThreadPoolExecutor(self._most, thread_name_prefix=self._name)


def result_of(call: "Future[T]", deadline: float) -> T:
    """The result of ``call``; one that is late goes on by itself and is forgotten.

    Raises:
        TimeoutError: when the deadline, a moment of :func:`time.monotonic`, comes first.
    """
    return call.result(timeout=max(deadline - time.monotonic(), 0.0))
