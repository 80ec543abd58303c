"""Turns errors into JSON, once: ``code``, ``status``, ``message`` and, by field, ``errors``."""

from http import HTTPStatus
from typing import Any

from flask import Flask, Response, jsonify
from werkzeug.exceptions import HTTPException

from bot.errors import BotError


def as_json(code: int, message: str, errors: Any = None) -> tuple[Response, int]:
    """The one error shape of this app, with its HTTP status."""
    body: dict[str, Any] = {"code": code, "status": HTTPStatus(code).phrase, "message": message}
    if errors:
        body["errors"] = errors
    return jsonify(body), code


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
    return as_json(error.code, message, problems)


def _by_field(data: dict[str, Any]) -> dict[str, Any]:
    """flask-smorest sorts problems by place (query, json) first; field names are enough."""
    messages: dict[str, Any] = data.get("messages") or {}
    return {field: texts for place in messages.values() for field, texts in place.items()}
