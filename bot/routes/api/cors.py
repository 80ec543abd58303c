"""Which pages of other origins may call the API from a browser; none unless they are named."""

import re

from flask import Flask, request
from flask_cors import CORS

from bot.extensions import settings
from bot.routes.api import PREFIX
from config import Config

_MAY_SEND = ["Authorization", "Content-Type", "If-Match", "If-None-Match"]
_MAY_READ = [
    "ETag",
    "Location",
    "Retry-After",
    "X-Pagination",
    "X-RateLimit-Limit",
    "X-RateLimit-Remaining",
    "X-RateLimit-Reset",
]


def init_app(app: Flask, config: Config) -> None:
    """Let pages of ``config.api_cors_origins`` call the API."""
    if config.api_cors_origins:
        CORS(
            app,
            resources=re.compile(PREFIX),
            origins=config.api_cors_origins,
            methods=["GET", "HEAD", "POST", "PATCH", "DELETE"],
            allow_headers=_MAY_SEND,
            expose_headers=_MAY_READ,
            max_age=600,
            always_send=False,
            intercept_exceptions=False,
        )


def is_preflight() -> bool:
    """Whether a browser asks, as it does without a key, if a page may call the API."""
    return (
        request.method == "OPTIONS"
        and "Access-Control-Request-Method" in request.headers
        and bool(settings().api_cors_origins)
    )
