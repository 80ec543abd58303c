"""How many messages a process works on at once.

A hundred threads that all want to compute hold each other up, and stand in line for the
database's connections until some give up. So as many work as there are connections, and the
others wait for their turn; whoever waits for somebody else's server steps out meanwhile.
"""

from collections.abc import Generator
from contextlib import contextmanager
from threading import Semaphore

from flask import Flask, current_app

from config import Config

_AT_ONCE = 2


def init_app(app: Flask, config: Config) -> None:
    """Give ``app`` its turnstile."""
    app.extensions["turnstile"] = Semaphore(min(config.database_pool_size, _AT_ONCE))


@contextmanager
def inside() -> Generator[None]:
    """Work, once it is this thread's turn."""
    with _turnstile():
        yield


@contextmanager
def outside() -> Generator[None]:
    """Wait for somebody else; afterwards it has to be this thread's turn again."""
    turnstile = _turnstile()
    turnstile.release()
    try:
        yield
    finally:
        turnstile.acquire()


def _turnstile() -> Semaphore:
    return current_app.extensions["turnstile"]
