"""Turns errors into JSON, once: ``code``, ``status``, ``message`` and, by field, ``errors``."""

from http import HTTPStatus
from typing import Any

from flask import Flask, Response, current_app
from werkzeug.exceptions import HTTPException

from bot.errors import BotError

_JSON = "application/json"
_HEADERS = {401: {"WWW-Authenticate": "Bearer"}}
"""What HTTP asks for beside a status (RFC 9110, section 15.5.2)."""

_PLAINER = {412: "It changed since the ETag in If-Match was given; read it again."}
"""Messages that say what to do where the library's own do not."""


def as_json(code: int, message: str, errors: Any = None) -> tuple[Response, int]:
    """The one error shape of this app, with its HTTP status."""
    body: dict[str, Any] = {"code": code, "status": HTTPStatus(code).phrase, "message": message}
    if errors:
        body["errors"] = errors
    # A name that a caller made up may hold what UTF-8 cannot say, but escapes can.
    response = Response(current_app.json.dumps(body, ensure_ascii=True), mimetype=_JSON)
    response.headers.update(_HEADERS.get(code, {}))
    return response, code


def init_app(app: Flask) -> None:
    """Register the handlers; they stand behind every route."""
    app.register_error_handler(BotError, _bot_error)
    app.register_error_handler(HTTPException, _http_error)


def _bot_error(error: BotError) -> tuple[Response, int]:
    return as_json(error.status, str(error), error.problems)


def _http_error(error: HTTPException) -> tuple[Response, int] | HTTPException:
    if error.code is None or error.code < 400:
        return error
    problems = _by_field(getattr(error, "data", None) or {})
    message = _PLAINER.get(error.code, error.description or "")
    message = "Some values cannot be used; see errors." if problems else message
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
