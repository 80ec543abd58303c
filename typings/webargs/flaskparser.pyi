from collections.abc import Callable
from typing import Any, TypeVar

from flask import Request
from marshmallow import Schema

View = TypeVar("View", bound=Callable[..., Any])

def use_args(argmap: type[Schema]) -> Callable[[View], View]: ...

class FlaskParser:
    def load_json(self, req: Request, schema: Schema) -> Any: ...
