"""Twilio's side of the webhook: whether it signed a request, and the answer it reads."""

from collections.abc import Iterable

from twilio.request_validator import (
    SIGNATURE_HEADER,
    SIGNATURE_SETTINGS_HEADER,
    RequestValidator,
    get_signature_algorithm,
)
from twilio.twiml.messaging_response import MessagingResponse
from werkzeug.datastructures import Headers, MultiDict


def is_signed(auth_token: str, url: str, form: MultiDict[str, str], headers: Headers) -> bool:
    """Whether Twilio signed exactly this ``url`` and ``form``.

    Every parameter counts, as it came: also repeated and unknown ones and white space. The
    validator raises on some malformed requests where it should say no.
    https://www.twilio.com/docs/usage/webhooks/webhooks-security
    """
    signature = headers.get(SIGNATURE_HEADER)
    if not auth_token or not signature:
        return False
    algorithm = get_signature_algorithm(headers.get(SIGNATURE_SETTINGS_HEADER))
    try:
        return RequestValidator(auth_token).validate(url, form, signature, algorithm)
    except (TypeError, ValueError):
        return False


def twiml(messages: Iterable[str]) -> str:
    """A TwiML document with one ``<Message>`` per text; without texts nothing is sent."""
    response = MessagingResponse()
    for message in messages:
        response.message(message)
    return str(response)
