"""What every blueprint of the REST API has in common."""

from collections.abc import Callable
from typing import Any

from flask_smorest import Blueprint
from flask_smorest.error_handler import ErrorSchema

_ANSWERS_EVERYWHERE = {
    401: "No API key in force was sent",
    403: "The key does not carry the scope that the call needs",
    503: "The database cannot be reached at the moment",
}


class ApiBlueprint(Blueprint):
    """Documents, for each of its routes, what the guard and the database can answer."""

    def route(self, rule: str, **options: Any) -> Callable[[Any], Any]:
        """Register a view as :meth:`flask_smorest.Blueprint.route` does, with these answers."""
        register = super().route(rule, **options)

        def document_and_register(view: Any) -> Any:
            for status, description in _ANSWERS_EVERYWHERE.items():
                note = self.alt_response(status, schema=ErrorSchema, description=description)
                view = note(view)
            return register(view)

        return document_and_register
