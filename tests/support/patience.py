"""Waits for what happens soon, on a machine of any speed."""

import time
from collections.abc import Callable
from typing import Any

_GENEROUS_S = 90


def eventually(holds: Callable[[], Any]) -> None:
    """Come back once ``holds``; fail when that takes longer than on any machine it should."""
    deadline = time.monotonic() + _GENEROUS_S
    while not holds():
        assert time.monotonic() < deadline, f"it did not happen within {_GENEROUS_S} s"
        time.sleep(0.02)
