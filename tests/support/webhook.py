"""Sends what Twilio sends, and reads what it reads."""

from uuid import uuid4
from xml.etree import ElementTree

from flask.testing import FlaskClient
from twilio.request_validator import RequestValidator
from werkzeug.test import TestResponse

PATH = "/webhook/whatsapp"
MARIA = "5215512345678"


def text_form(body: str, user_id: str = MARIA, **parameters: str) -> dict[str, str]:
    sid = f"SM{uuid4().hex}"
    number = f"+{user_id}" if user_id.isdigit() else user_id
    return {
        "MessageSid": sid,
        "SmsMessageSid": sid,
        "SmsSid": sid,
        "AccountSid": "AC0123456789abcdef0123456789abcdef",
        "MessageType": "text",
        "NumMedia": "0",
        "From": f"whatsapp:{number}",
        "To": "whatsapp:+14155238886",
        "Body": body,
        **parameters,
    }


def messages(twiml: str) -> list[str]:
    """The texts of a TwiML answer."""
    root = ElementTree.fromstring(twiml)
    assert root.tag == "Response"
    return [message.text or "" for message in root.findall("Message")]


class Webhook:
    """Posts signed forms to the app's test client."""

    def __init__(self, client: FlaskClient, token: str) -> None:
        self._client = client
        self._validator = RequestValidator(token)

    def post(self, form: dict[str, str]) -> TestResponse:
        signature = self._validator.compute_signature(f"http://localhost{PATH}", form)
        return self._client.post(PATH, data=form, headers={"X-Twilio-Signature": signature})

    def say(self, body: str, user_id: str = MARIA, **parameters: str) -> str:
        """Send one message and return the reply's text."""
        response = self.post(text_form(body, user_id, **parameters))
        assert response.status_code == 200
        assert response.mimetype == "text/xml"
        return "\n\n".join(messages(response.text))
