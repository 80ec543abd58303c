"""Shows an expected error as one line instead of a traceback."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from click import ClickException

from bot.errors import BotError

P = ParamSpec("P")
R = TypeVar("R")


def told_plainly(command: Callable[P, R]) -> Callable[P, R]:
    """Turn a BotError of ``command`` into click's own error: one line, exit status 1."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except BotError as error:
            raise ClickException(str(error)) from error

    return run
