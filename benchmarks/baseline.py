"""The least a webhook can do: check the signature, answer constant TwiML. No database."""

import os

from flask import Flask, Response, abort, request
from twilio.request_validator import RequestValidator

app = Flask(__name__)
validator = RequestValidator(os.environ["TWILIO_AUTH_TOKEN"])
ANSWER = "<Response><Message>¡Hola! ¿En qué te ayudo?</Message></Response>"


@app.post("/webhook/whatsapp")
def receive() -> Response:
    """Answer a signed message."""
    signature = request.headers.get("X-Twilio-Signature", "")
    if not validator.validate(request.url, request.form, signature):
        abort(403)
    return Response(ANSWER, mimetype="text/xml")


@app.get("/healthz")
def alive() -> str:
    """Tell that the server is up."""
    return "ok"
