"""What is counted, for Prometheus; right under several workers (gunicorn.conf.py)."""

import os

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector

from bot.models.messages import Reply

CONTENT_TYPE = CONTENT_TYPE_LATEST

_REPLIES = Counter("brenda_replies_total", "Messages answered", ["intent", "source", "level"])
_REPEATS = Counter("brenda_repeated_messages_total", "Messages whose SID was answered before")
_FAILURES = Counter("brenda_failures_total", "Messages answered with an apology")
_REFUSED = Counter("brenda_refused_signatures_total", "Webhook calls with a bad signature")


def count_reply(reply: Reply) -> None:
    """Count one answered message."""
    _REPLIES.labels(reply.intent or "none", reply.source, reply.level).inc()


def count_repeat() -> None:
    """Count one message that came again."""
    _REPEATS.inc()


def count_failure() -> None:
    """Count one message that could only be answered with an apology."""
    _FAILURES.inc()


def count_refused_signature() -> None:
    """Count one webhook call that Twilio did not sign."""
    _REFUSED.inc()


def as_text() -> bytes:
    """All figures in Prometheus' text format, summed over the workers that share a folder."""
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return generate_latest(REGISTRY)
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # pyright: ignore[reportUnknownArgumentType]
    return generate_latest(registry)
