"""Types of the parts of circuitbreaker that are used here; the package ships none."""

from collections.abc import Callable
from types import TracebackType

STATE_HALF_OPEN: str

class CircuitBreaker:
    def __init__(
        self,
        failure_threshold: int,
        recovery_timeout: int,
        expected_exception: type[Exception] | Callable[[type[BaseException], BaseException], bool],
        name: str,
    ) -> None: ...
    @property
    def failure_count(self) -> int: ...
    @property
    def opened(self) -> bool: ...
    @property
    def state(self) -> str: ...
    def reset(self) -> None: ...
    def __enter__(self) -> None: ...
    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...
