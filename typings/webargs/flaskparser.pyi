from collections.abc import Callable
from typing import Any, TypeVar

from marshmallow import Schema

View = TypeVar("View", bound=Callable[..., Any])

def use_args(argmap: type[Schema]) -> Callable[[View], View]: ...
