"""Twilio's webhooks."""

import structlog
from flask import Blueprint, Response, request
from werkzeug.exceptions import HTTPException

from bot.clients.twilio import twiml
from bot.errors import InvalidSignature
from bot.extensions import settings
from bot.models.messages import InboundMessage
from bot.routes.errors import as_json
from bot.schemas.twilio import CHANNEL, inbound_message
from bot.services import metrics
from bot.services.conversation import handle_message
from bot.services.replies import Situation, render, split

log = structlog.get_logger(__name__)

blueprint = Blueprint("whatsapp", __name__, url_prefix="/webhook/whatsapp")


@blueprint.post("")
def receive() -> Response:
    """Answer one WhatsApp message with TwiML."""
    inbound = inbound_message(request.form)
    if not _is_from_a_person(inbound):
        return _answer("")
    return _answer(handle_message(inbound).text)


@blueprint.errorhandler(InvalidSignature)
def refuse(error: InvalidSignature) -> tuple[Response, int]:
    """A request that Twilio did not sign gets no work done."""
    return as_json(error.status, str(error))


@blueprint.errorhandler(HTTPException)
def pass_on(error: HTTPException) -> tuple[Response, int]:
    """Errors of HTTP itself, such as a form that is too large, are told as they are."""
    return as_json(error.code or 500, error.description or "")


@blueprint.errorhandler(Exception)
def apologise(error: Exception) -> Response:
    """Whatever failed, the person gets an answer: the one broad catch of the package."""
    metrics.count_failure()
    log.error("message_failed", message_sid=request.form.get("MessageSid"), exc_info=error)
    return _answer(render("apology", Situation(school=settings().school_name), "").text)


def _is_from_a_person(inbound: InboundMessage) -> bool:
    """False for our own echo, which would make the bot talk with itself, and for SMS."""
    ours = {inbound.recipient, CHANNEL + settings().twilio_phone_number.removeprefix(CHANNEL)}
    return inbound.address.startswith(CHANNEL) and inbound.address not in ours


def _answer(text: str) -> Response:
    return Response(twiml(split(text)), mimetype="text/xml")
