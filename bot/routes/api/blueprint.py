"""What every blueprint of the REST API has in common."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from flask import Request, Response, abort, request
from flask_smorest import Blueprint
from flask_smorest.error_handler import ErrorSchema
from flask_smorest.pagination import PaginationMetadataSchema
from marshmallow import Schema
from webargs.core import missing
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import BadRequest, UnsupportedMediaType

from bot.routes.api.examples import PAGINATION, problem

_EVERYWHERE = {
    401: "No API key in force was sent",
    403: "The key does not carry the scope that the call needs",
    429: "The key, or the address of a caller without one, has used up its calls for a while",
    503: "The database cannot be reached at the moment",
}
_WITH_ARGUMENTS = {422: "Some values cannot be used; each is named under errors"}
_WITH_A_BODY = {
    400: "The body is not JSON",
    413: "The body is too large",
    415: "The body is not said to be JSON",
}
_WITH_IF_MATCH = {
    412: "The course changed since the ETag in If-Match was given",
    428: "If-Match is missing",
}
_TAG = '"a9993e364706816aba3e25717850c26c9cd0d89d"'
_TAGS: dict[str, dict[str, Any]] = {
    "IF_MATCH": {
        "in": "header",
        "name": "If-Match",
        "required": True,
        "description": "The ETag of the course as it was read; * stands for any",
        "schema": {"type": "string", "pattern": r'^(\*|(W/)?"[^"]*"(, *(W/)?"[^"]*")*)$'},
        "example": _TAG,
    },
    "IF_NONE_MATCH": {
        "in": "header",
        "name": "If-None-Match",
        "description": "The ETag of what the caller has already",
        "schema": {"type": "string"},
        "example": _TAG,
    },
}
_HEADERS = {
    401: {"WWW-Authenticate": "The scheme to use: Bearer"},
    429: {
        "Retry-After": "Seconds to wait",
        "X-RateLimit-Limit": "Calls allowed in the period",
        "X-RateLimit-Remaining": "Calls left in the period",
        "X-RateLimit-Reset": "When the next period begins, in seconds since 1970",
    },
}


class _JsonParser(FlaskParser):
    """Refuses a body that is no JSON, or more of it than Python reads, with 400 or 415."""

    def load_json(self, req: Request, schema: Schema) -> Any:
        if not req.is_json:
            raise UnsupportedMediaType("Send JSON, with the header Content-Type: application/json.")
        try:
            body = super().load_json(req, schema)
        except (RecursionError, ValueError):
            body = missing
        if body is missing:
            raise BadRequest("The body is not JSON.")
        return body


class ApiBlueprint(Blueprint):
    """Documents what the guard, the database and HTTP itself can answer, for each of its routes."""

    ARGUMENTS_PARSER = _JsonParser()

    def route(self, rule: str, **options: Any) -> Callable[[Any], Any]:
        """Register a view as :meth:`flask_smorest.Blueprint.route` does, with these answers."""
        register = super().route(rule, **options)

        def document_and_register(view: Any) -> Any:
            known = view._apidoc.get("manual_doc", {}).get("responses", {})
            for status, description in _answers(view._apidoc, options["methods"]).items():
                if status not in known:
                    view = self.fails(status, description)(view)
            return register(view)

        return document_and_register

    def fails(self, status: int, description: str) -> Callable[[Any], Any]:
        """Document an error answer, in the one shape that errors have."""
        answer: dict[str, Any] = {
            "description": description,
            "content": {
                "application/json": {
                    "schema": ErrorSchema,
                    "example": problem(status, f"{description}."),
                }
            },
        }
        if status in _HEADERS:
            answer["headers"] = {
                name: {"description": meaning, "schema": {"type": "string"}}
                for name, meaning in _HEADERS[status].items()
            }
        return self.doc(responses={status: answer})

    def _prepare_etag_doc(
        self, doc: dict[str, Any], doc_info: dict[str, Any], **options: Any
    ) -> dict[str, Any]:
        """Say what tags look like, which the library leaves out."""
        doc = super()._prepare_etag_doc(doc, doc_info, **options)
        for place, parameter in enumerate(doc.get("parameters", [])):
            if isinstance(parameter, str) and parameter in _TAGS:
                doc["parameters"][place] = _TAGS[parameter]
        return doc

    def _document_pagination_metadata(self, spec: object, resp_doc: dict[str, Any]) -> None:
        """Say that the header is JSON, which the library leaves out."""
        del spec
        resp_doc.setdefault("headers", {})["X-Pagination"] = {
            "description": "Which page of how many this is, as JSON",
            "content": {
                "application/json": {
                    "schema": PaginationMetadataSchema,
                    "example": PAGINATION,
                }
            },
        }

    def _check_not_modified(self, etag: str) -> None:
        """Compare weakly, since proxies that compress weaken tags, and send the tag along.

        RFC 9110, sections 13.1.2 and 15.4.5; the library does neither.
        """
        if request.method in ("GET", "HEAD") and request.if_none_match.contains_weak(etag):
            unchanged = Response(status=HTTPStatus.NOT_MODIFIED)
            unchanged.set_etag(etag)
            abort(unchanged)


def _answers(documented: dict[str, Any], methods: list[str]) -> dict[int, str]:
    parameters = documented.get("arguments", {}).get("parameters", [])
    answers = dict(_EVERYWHERE)
    if parameters or "pagination" in documented:
        answers |= _WITH_ARGUMENTS
    if any(parameter["in"] == "json" for parameter in parameters):
        answers |= _WITH_A_BODY
    if documented.get("etag") and {"PATCH", "DELETE"} & set(methods):
        answers |= _WITH_IF_MATCH
    return answers
