"""Twilio's webhook form, turned into an :class:`InboundMessage`.

The parameters are documented at https://www.twilio.com/docs/messaging/guides/webhook-request;
new ones come without notice and are ignored.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, cast
from uuid import uuid4

from marshmallow import EXCLUDE, Schema, fields, post_load, pre_load

from bot.models.messages import InboundMessage, Location, Media, MessageKind
from bot.schemas.storable import UNSTORABLE

CHANNEL = "whatsapp:"
SANDBOX = "whatsapp:+14155238886"
"""Twilio's public test number, the recipient of messages that Twilio did not bring."""

_KIND_OF_TYPE = {
    "text": MessageKind.TEXT,
    "button": MessageKind.BUTTON,
    "interactive": MessageKind.BUTTON,
    "image": MessageKind.IMAGE,
    "audio": MessageKind.VOICE,
    "voice": MessageKind.VOICE,
    "video": MessageKind.VIDEO,
    "document": MessageKind.DOCUMENT,
    "file": MessageKind.DOCUMENT,
    "sticker": MessageKind.STICKER,
    "location": MessageKind.LOCATION,
    "contacts": MessageKind.CONTACT,
    "reaction": MessageKind.REACTION,
}
_KIND_OF_MEDIA = {
    "image": MessageKind.IMAGE,
    "audio": MessageKind.VOICE,
    "video": MessageKind.VIDEO,
    "text/vcard": MessageKind.CONTACT,
}
_COUNT = re.compile("[0-9]{1,3}")
_LONGEST_BODY = 4096
_LONGEST_SID = 64
_LONGEST_USER_ID = 255


class InboundForm(Schema):
    """The parameters that matter here; every one may be missing."""

    class Meta:
        unknown = EXCLUDE

    message_sid = fields.Str(data_key="MessageSid", load_default="")
    sms_sid = fields.Str(data_key="SmsMessageSid", load_default="")
    message_type = fields.Str(data_key="MessageType", load_default="")
    sender = fields.Str(data_key="From", load_default="")
    recipient = fields.Str(data_key="To", load_default="")
    wa_id = fields.Str(data_key="WaId", load_default="")
    external_user_id = fields.Str(data_key="ExternalUserId", load_default="")
    profile_name = fields.Str(data_key="ProfileName", load_default="")
    body = fields.Str(data_key="Body", load_default="")
    button_text = fields.Str(data_key="ButtonText", load_default="")
    button_payload = fields.Str(data_key="ButtonPayload", load_default="")
    list_title = fields.Str(data_key="ListTitle", load_default="")
    list_id = fields.Str(data_key="ListId", load_default="")
    latitude = fields.Str(data_key="Latitude", load_default="")
    longitude = fields.Str(data_key="Longitude", load_default="")
    label = fields.Str(data_key="Label", load_default="")
    address = fields.Str(data_key="Address", load_default="")
    forwarded = fields.Str(data_key="Forwarded", load_default="")
    replied_to = fields.Str(data_key="OriginalRepliedMessageSid", load_default="")
    referral = fields.Str(data_key="ReferralHeadline", load_default="")
    media = fields.List(fields.Raw(), load_default=list)

    @pre_load
    def _clean(self, form: Mapping[str, str], **_: Any) -> dict[str, Any]:
        clean: dict[str, Any] = {name: UNSTORABLE.sub("", value) for name, value in form.items()}
        clean["media"] = _media(clean)
        return clean

    @post_load
    def _message(self, form: dict[str, Any], **_: Any) -> InboundMessage:
        return InboundMessage(
            message_sid=_sid(form),
            user_id=_user_id(form),
            address=form["sender"],
            recipient=form["recipient"],
            kind=_kind(form),
            body=(form["body"] or form["button_text"] or form["list_title"])[:_LONGEST_BODY],
            received_at=datetime.now(UTC),
            profile_name=form["profile_name"] or None,
            payload=form["button_payload"] or form["list_id"] or None,
            media=tuple(form["media"]),
            location=_location(form),
            forwarded=form["forwarded"] == "true",
            replied_to_sid=form["replied_to"] or None,
            referral=form["referral"] or None,
            external_user_id=form["external_user_id"].removeprefix(CHANNEL) or None,
        )


_FORM = InboundForm()  # building a schema costs more than using it


def inbound_message(form: Mapping[str, str]) -> InboundMessage:
    """Read one webhook form.

    A message without a SID, which Twilio never sends, gets one of its own and is therefore
    never taken for a repetition.
    """
    return cast(InboundMessage, _FORM.load(form))


def text_form(user_id: str, body: str) -> dict[str, str]:
    """The form that Twilio would send for a text of ``user_id``, with a SID of its own."""
    number = f"+{user_id}" if user_id.isdigit() else user_id
    return {
        "MessageSid": f"SM{uuid4().hex}",
        "MessageType": "text",
        "From": f"{CHANNEL}{number}",
        "To": SANDBOX,
        "Body": body,
    }


def _sid(form: Mapping[str, Any]) -> str:
    sid = form["message_sid"] or form["sms_sid"] or f"local-{uuid4().hex}"
    return _fitting(sid, _LONGEST_SID)


def _fitting(identifier: str, most: int) -> str:
    """An identifier as long as its column; a longer one, which Twilio never sends, by its hash."""
    if len(identifier) <= most:
        return identifier
    return sha256(identifier.encode()).hexdigest()


def _user_id(form: Mapping[str, Any]) -> str:
    """The number without ``+``; without a number the opaque id (``US.1349…``)."""
    sender = str(form["sender"]).removeprefix(CHANNEL)
    named = sender.removeprefix("+") or form["wa_id"]
    return _fitting(named or form["external_user_id"].removeprefix(CHANNEL), _LONGEST_USER_ID)


def _kind(form: Mapping[str, Any]) -> MessageKind:
    named = _KIND_OF_TYPE.get(form["message_type"].lower())
    if form["message_type"] and named is None:
        return MessageKind.UNSUPPORTED
    if form["media"] and named in (None, MessageKind.TEXT):
        content_type = form["media"][0].content_type
        family = content_type.split("/")[0]
        return _KIND_OF_MEDIA.get(content_type) or _KIND_OF_MEDIA.get(family, MessageKind.DOCUMENT)
    if form["latitude"] and named is None:
        return MessageKind.LOCATION
    return named or MessageKind.TEXT


def _media(form: Mapping[str, Any]) -> list[Media]:
    count = str(form.get("NumMedia", ""))
    indexes = range(min(int(count), 10)) if _COUNT.fullmatch(count) else range(0)
    return [
        Media(form[f"MediaUrl{index}"], form.get(f"MediaContentType{index}", ""))
        for index in indexes
        if form.get(f"MediaUrl{index}")
    ]


def _location(form: Mapping[str, Any]) -> Location | None:
    try:
        latitude, longitude = float(form["latitude"]), float(form["longitude"])
    except ValueError:
        return None
    return Location(latitude, longitude, form["label"] or None, form["address"] or None)
