"""What is counted, for Prometheus; right under several workers (gunicorn.conf.py)."""

import os

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Histogram,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector

from bot.models.messages import Reply
from bot.models.model_calls import ModelCall

CONTENT_TYPE = CONTENT_TYPE_LATEST

_REPLIES = Counter("brenda_replies_total", "Messages answered", ["intent", "source", "level"])
_REPEATS = Counter("brenda_repeated_messages_total", "Messages whose SID was answered before")
_FAILURES = Counter("brenda_failures_total", "Messages answered with an apology")
_CALLS = Counter(
    "brenda_model_calls_total", "What became of calls of the model", ["purpose", "outcome"]
)
_UNFOUNDED = Counter(
    "brenda_gate_refusals_total", "Model replies that said what the facts do not", ["kind"]
)
_TOKENS = Counter("brenda_model_tokens_total", "Tokens, as the provider counts them", ["kind"])
_COST = Counter("brenda_model_cost_usd_total", "What the calls cost by the price table")
_WAITED = Histogram(
    "brenda_model_seconds",
    "How long the model was waited for",
    ["purpose"],
    buckets=(0.25, 0.5, 1, 1.5, 2, 3, 4, 6, 8, 12),
)
_REFUSED = Counter("brenda_refused_signatures_total", "Webhook calls with a bad signature")


def count_reply(reply: Reply) -> None:
    """Count one answered message."""
    _REPLIES.labels(reply.intent or "none", reply.source, reply.level).inc()
    for call in reply.calls:
        _count_call(call)


def _count_call(call: ModelCall) -> None:
    _CALLS.labels(call.purpose, call.outcome).inc()
    for kind in dict.fromkeys(reason.split(":")[0] for reason in call.reasons):
        _UNFOUNDED.labels(kind).inc()
    if call.seconds:
        _WAITED.labels(call.purpose).observe(call.seconds)
    if call.usage:
        _TOKENS.labels("input").inc(call.usage.input_tokens)
        _TOKENS.labels("cached").inc(call.usage.cached_tokens)
        _TOKENS.labels("output").inc(call.usage.output_tokens)
    _COST.inc(call.usd or 0.0)


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
