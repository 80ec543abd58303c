"""Probes and figures for those who run the service."""

from flask import Blueprint, Response, jsonify

from bot.services import health, metrics

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def alive() -> Response:
    """The process answers. Touches nothing."""
    return jsonify(status="ok")


@blueprint.get("/readyz")
def ready() -> tuple[Response, int]:
    """Whether leads get answers, at which level, and the state of each part.

    Without database and model there still are answers, so only a memory that cannot be
    written is a reason to send traffic elsewhere.
    """
    parts = health.parts()
    able = all(part.ok is not False for part in parts if part.name == "memory")
    body = {
        "status": "ready" if able else "not ready",
        "level": health.level(parts),
        "parts": {part.name: {"ok": part.ok, "detail": part.detail} for part in parts},
    }
    return jsonify(body), 200 if able else 503


@blueprint.get("/metrics")
def figures() -> Response:
    """Prometheus text, summed over gunicorn's workers."""
    return Response(metrics.as_text(), content_type=metrics.CONTENT_TYPE)
