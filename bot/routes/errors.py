"""Turns errors into JSON, once: ``code``, ``status``, ``message`` and, by field, ``errors``."""

from http import HTTPStatus
from typing import Any

from flask import Flask, Response, jsonify
from werkzeug.exceptions import HTTPException

from bot.errors import BotError

_HEADERS = {401: {"WWW-Authenticate": "Bearer"}}
"""What HTTP asks for beside a status (RFC 9110, section 15.5.2)."""


def as_json(code: int, message: str, errors: Any = None) -> tuple[Response, int]:
    """The one error shape of this app, with its HTTP status."""
    body: dict[str, Any] = {"code": code, "status": HTTPStatus(code).phrase, "message": message}
    if errors:
        body["errors"] = errors
    response = jsonify(body)
    response.headers.update(_HEADERS.get(code, {}))
    return response, code


def init_app(app: Flask) -> None:
    """Register the handlers; they stand behind every route."""
    app.register_error_handler(BotError, _bot_error)
    app.register_error_handler(HTTPException, _http_error)


def _bot_error(error: BotError) -> tuple[Response, int]:
    return as_json(error.status, str(error))


def _http_error(error: HTTPException) -> tuple[Response, int] | HTTPException:
    if error.code is None or error.code < 400:
        return error
    problems = _by_field(getattr(error, "data", None) or {})
    message = "Some values cannot be used; see errors." if problems else error.description or ""
    response, code = as_json(error.code, message, problems)
    own = {name: value for name, value in error.get_headers() if name != "Content-Type"}
    response.headers.update(own)
    return response, code


def _by_field(data: dict[str, Any]) -> dict[str, Any]:
    """flask-smorest sorts problems by place (query, json) first; field names are enough.

    A body that is no JSON at all has no fields: its problem stays under the name of its place.
    """
    messages: dict[str, Any] = data.get("messages") or {}
    problems: dict[str, Any] = {}
    for place, found in messages.items():
        problems |= found if isinstance(found, dict) else {place: found}
    return problems
