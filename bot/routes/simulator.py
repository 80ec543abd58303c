"""A chat page for trying Brenda without WhatsApp, by the same path as the webhook."""

import re

from flask import Blueprint, Response, jsonify, render_template
from marshmallow import Schema, fields, validate
from webargs.flaskparser import use_args

from bot.extensions import settings
from bot.schemas.twilio import inbound_message, text_form
from bot.services.conversation import handle_message
from bot.services.replies import split

blueprint = Blueprint("simulator", __name__, url_prefix="/simulator")


class _Message(Schema):
    user_id = fields.Str(required=True, validate=validate.Regexp(r"[+\w.:-]{1,64}\Z", re.ASCII))
    body = fields.Str(required=True, validate=validate.Length(max=4096))


@blueprint.get("")
def page() -> str:
    """The chat page."""
    return render_template("simulator.html", school=settings().school_name)


@blueprint.post("/messages")
@use_args(_Message)
def receive(message: dict[str, str]) -> Response:
    """Answer one message; JSON in and out."""
    form = text_form(message["user_id"], message["body"])
    reply = handle_message(inbound_message(form))
    return jsonify(
        messages=split(reply.text), intent=reply.intent, source=reply.source, level=reply.level
    )
