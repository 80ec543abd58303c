"""Who may call a blueprint. Each guard is named where the blueprint is registered."""

from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from flask import abort, g, request

from bot.clients import twilio
from bot.errors import Forbidden, InvalidSignature, Unauthorized
from bot.extensions import settings
from bot.models.access import ApiKey, Scope
from bot.models.audit import Access
from bot.routes.api import limits
from bot.routes.api.cors import is_preflight
from bot.services import access, metrics

Guard = Callable[[], None]

_LONGEST_CALLER = 255


def anyone() -> None:
    """No check: the blueprint shows nothing that is not public."""


def signed_by_twilio() -> None:
    """Only requests that carry Twilio's signature."""
    config = settings()
    if not config.twilio_validate_signature:
        return
    if not twilio.is_signed(config.twilio_auth_token, _public_url(), request.form, request.headers):
        metrics.count_refused_signature()
        raise InvalidSignature


def simulator_is_on() -> None:
    """Only where SIMULATOR is on; elsewhere the page does not exist."""
    if not settings().simulator:
        abort(404)


def api_key(read: Scope, write: Scope) -> Guard:
    """Only callers with a key: one scope for reading, one for everything else.

    Calls count before they are refused, so that trying out keys is limited too.
    """

    def check_api_key() -> None:
        if is_preflight():
            return
        key = _presented_key()
        g.caller = f"api key {key.id} ({key.name})"[:_LONGEST_CALLER] if key else None
        needed = read if request.method in ("GET", "HEAD", "OPTIONS") else write
        is_allowed = key is not None and key.allows(needed)
        limits.count()
        if key is None:
            raise Unauthorized
        if not is_allowed:
            raise Forbidden(f"This key does not carry the scope {needed}.")

    check_api_key.__name__ = f"api_key_with_{read}_or_{write}"
    return check_api_key


def caller() -> str:
    """Who calls the API, as the notes on changes name them."""
    return g.caller


def access_with(headers: Mapping[str, str]) -> Access:
    """Who asks for a person's data, and the reason that came along."""
    return Access(caller(), headers.get("reason", ""))


def _presented_key() -> ApiKey | None:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return access.authenticate(token.strip()) if scheme.lower() == "bearer" else None


def _public_url() -> str:
    """The URL that Twilio called, letter for letter: it is part of what was signed.

    Flask decodes and encodes the path again, so the server's own copy of the request line is
    used where there is one.
    """
    raw = request.environ.get("RAW_URI") or request.full_path.removesuffix("?")
    line = urlsplit(raw)
    path_and_query = f"{line.path}?{line.query}" if line.query else line.path
    return (settings().public_base_url or _own_base_url(line.path)) + path_and_query


def _own_base_url(path: str) -> str:
    """Scheme, host and, where a trusted proxy took it off the request line, the prefix."""
    host = request.host_url.rstrip("/")
    prefix = request.script_root
    return host if path.startswith(f"{prefix}/") else host + prefix
