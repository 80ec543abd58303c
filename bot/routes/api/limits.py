"""How many calls of the API a key may make, and an address that has no key."""

from flask import Flask, Response, current_app, g, request
from flask_limiter import Limiter

from bot.extensions import settings
from bot.routes.api import PREFIX
from bot.services import database
from config import Config

_TIME_OUTS_S: dict[str, str | int] = {"socket_connect_timeout": 1, "socket_timeout": 1}
_IN_THIS_PROCESS = "memory:"


def init_app(app: Flask, config: Config) -> None:
    """Give ``app`` a limiter of its own; while its storage is away, each process counts alone."""
    if not config.ratelimit_enabled:
        return
    app.after_request(_keep_retry_after_for_the_refused)
    is_local = config.ratelimit_storage_uri.startswith(_IN_THIS_PROCESS)
    limiter = Limiter(
        _caller,
        storage_uri=config.ratelimit_storage_uri,
        storage_options={} if is_local else _TIME_OUTS_S,
        in_memory_fallback_enabled=True,
        swallow_errors=True,
        headers_enabled=True,
    )
    limiter.request_filter(_is_elsewhere)
    limiter.init_app(app)
    if not is_local:
        app.after_request(_release_database)
    limit = limiter.shared_limit(config.api_rate_limit, scope="api", error_message=_refusal)
    app.extensions["api_limit"] = limit(_counted)


def count() -> None:
    """Count this call for its caller, whom ``g.caller`` names when there is a key.

    No transaction stays open while another server is asked.

    Raises:
        RateLimitExceeded: when the caller has used up the calls of the period; answered with 429.
    """
    config = settings()
    if config.ratelimit_enabled:
        if not config.ratelimit_storage_uri.startswith(_IN_THIS_PROCESS):
            database.release()
        current_app.extensions["api_limit"]()


def _counted() -> None:
    """Flask-Limiter counts the calls of a function; this is the one."""


def _is_elsewhere() -> bool:
    """Other routes are not limited, nor do they wait while an absent storage is tried again."""
    return not request.path.startswith(PREFIX)


def _caller() -> str:
    return g.caller or f"address {request.remote_addr}"


def _refusal() -> str:
    return (
        f"The limit of {settings().api_rate_limit} is used up; "
        "wait as many seconds as Retry-After says."
    )


def _release_database(response: Response) -> Response:
    """After this Flask-Limiter asks its storage how many calls are left, for the headers."""
    if not _is_elsewhere():
        database.release()
    return response


def _keep_retry_after_for_the_refused(response: Response) -> Response:
    """Flask-Limiter puts it on every answer, where it would say when to repeat a good call."""
    if response.status_code != 429 and "X-RateLimit-Reset" in response.headers:
        response.headers.pop("Retry-After", None)
    return response
