"""The webhook as Twilio meets it."""

import json
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from tests.support.webhook import PATH, Webhook, messages, text_form

CASES = [
    json.loads(line)
    for line in Path(__file__).with_name("twilio_webhooks.jsonl").read_text("utf-8").splitlines()
]
INBOUND = [case for case in CASES if case["kind"] in ("inbound", "hostile") and "form" in case]


@pytest.mark.parametrize("case", INBOUND, ids=lambda case: case["name"])
def test_every_form_that_twilio_sends_is_answered_with_twiml(case: dict, webhook: Webhook) -> None:
    response = webhook.post(case["form"])
    assert response.status_code == 200
    assert response.mimetype == "text/xml"
    assert all(0 < len(text) <= 1600 for text in messages(response.text))


def test_a_greeting_is_answered_in_spanish(webhook: Webhook) -> None:
    assert "Brenda" in webhook.say("hola")


def test_a_request_without_a_signature_is_refused_and_leaves_no_trace(client: FlaskClient) -> None:
    response = client.post(PATH, data=text_form("hola"))
    assert response.status_code == 403
