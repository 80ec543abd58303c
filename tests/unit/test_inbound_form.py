"""Twilio's form, as it really comes, becomes one inbound message."""

import json
from pathlib import Path
from urllib.parse import parse_qsl

import pytest
from werkzeug.datastructures import MultiDict

from bot.models.messages import Location, Media, MessageKind
from bot.schemas.twilio import inbound_message, text_form
from tests.support.webhook import MARIA
from tests.support.webhook import text_form as form_of

CASES = [
    json.loads(line)
    for line in (Path(__file__).parents[1] / "routes" / "twilio_webhooks.jsonl")
    .read_text("utf-8")
    .splitlines()
]
FORMS = {case["name"]: case["form"] for case in CASES if "form" in case}
RAW = {case["name"]: case["raw"] for case in CASES if "raw" in case}

KINDS = {
    "text_hola": MessageKind.TEXT,
    "text_emoji_lines": MessageKind.TEXT,
    "text_number_only": MessageKind.TEXT,
    "image_caption": MessageKind.IMAGE,
    "image_no_caption": MessageKind.IMAGE,
    "voice_note": MessageKind.VOICE,
    "video": MessageKind.VIDEO,
    "document_pdf": MessageKind.DOCUMENT,
    "sticker": MessageKind.STICKER,
    "two_media": MessageKind.IMAGE,
    "location_place": MessageKind.LOCATION,
    "location_pin": MessageKind.LOCATION,
    "contact_card": MessageKind.CONTACT,
    "button_template": MessageKind.BUTTON,
    "button_session": MessageKind.BUTTON,
    "list_reply": MessageKind.BUTTON,
    "quoted_reply": MessageKind.TEXT,
    "ad_referral": MessageKind.TEXT,
    "bsuid_no_phone": MessageKind.TEXT,
    "reaction": MessageKind.REACTION,
    "unsupported": MessageKind.UNSUPPORTED,
    "unknown_fields": MessageKind.TEXT,
    "empty_body": MessageKind.TEXT,
    "nummedia_empty": MessageKind.TEXT,
    "media_file_url": MessageKind.VOICE,
}
UNTYPED = [
    ("image/jpeg", MessageKind.IMAGE),
    ("audio/ogg", MessageKind.VOICE),
    ("video/mp4", MessageKind.VIDEO),
    ("text/vcard", MessageKind.CONTACT),
    ("application/pdf", MessageKind.DOCUMENT),
    ("text/plain", MessageKind.DOCUMENT),
    ("", MessageKind.DOCUMENT),
]


@pytest.mark.parametrize(("name", "kind"), KINDS.items())
def test_each_form_has_its_kind(name, kind):
    assert inbound_message(FORMS[name]).kind is kind


@pytest.mark.parametrize(("content_type", "kind"), UNTYPED)
@pytest.mark.parametrize("message_type", ["", "text"])
def test_without_a_telling_type_the_first_attachment_tells_the_kind(
    message_type, content_type, kind
):
    form = form_of("", MessageType=message_type, NumMedia="1", MediaUrl0="https://x/1")
    assert inbound_message(form | {"MediaContentType0": content_type}).kind is kind


def test_a_location_without_a_type_is_still_a_location():
    form = form_of("", MessageType="", Latitude="19.43", Longitude="-99.13")
    assert inbound_message(form).kind is MessageKind.LOCATION


def test_the_number_is_the_id_and_the_address_stays_as_it_came():
    message = inbound_message(FORMS["text_hola"])
    assert (message.user_id, message.address) == (MARIA, f"whatsapp:+{MARIA}")
    assert message.message_sid == FORMS["text_hola"]["MessageSid"]
    assert message.profile_name == "Ana López"


def test_a_person_without_a_number_has_the_opaque_id():
    message = inbound_message(FORMS["bsuid_no_phone"])
    assert message.user_id == "MX.1349120865530274191"
    assert message.external_user_id == "MX.1349120865530274191"
    assert message.address == "whatsapp:MX.1349120865530274191"


def test_a_person_with_both_is_known_by_the_number():
    message = inbound_message(FORMS["bsuid_with_phone"])
    assert message.user_id == MARIA
    assert message.external_user_id == "MX.1349120865530274191"


@pytest.mark.parametrize(
    ("parameters", "user_id"),
    [
        ({"From": "", "WaId": "5215512345678"}, "5215512345678"),
        ({"From": "", "ExternalUserId": "whatsapp:US.134912"}, "US.134912"),
        ({"From": ""}, ""),
    ],
)
def test_without_a_sender_another_id_stands_in(parameters, user_id):
    assert inbound_message(form_of("hola") | parameters).user_id == user_id


@pytest.mark.parametrize(
    ("value", "forwarded"), [("true", True), ("false", False), ("", False), ("1", False)]
)
def test_forwarded_comes_as_a_word(value, forwarded):
    assert inbound_message(form_of("hola", Forwarded=value)).forwarded is forwarded


@pytest.mark.parametrize(
    "count", ["", "abc", "-1", "1.5", "٣", "²", " 1", "1e3", "9" * 5000, "0x1", "\x00"]
)
def test_a_number_of_attachments_that_is_none_means_no_attachments(count):
    form = form_of("hola", NumMedia=count, MediaUrl0="https://x/1", MediaContentType0="image/png")
    message = inbound_message(form)
    assert message.media == ()
    assert message.kind is MessageKind.TEXT


@pytest.mark.parametrize("count", ["1", "7", "999"])
def test_only_attachments_that_are_there_count(count):
    form = form_of("", NumMedia=count, MediaUrl0="https://x/1", MediaContentType0="image/png")
    assert inbound_message(form).media == (Media("https://x/1", "image/png"),)


def test_two_attachments_are_kept_in_order():
    assert len(inbound_message(FORMS["two_media"]).media) == 2


def test_an_attachment_with_a_file_address_is_kept_as_text_and_never_opened(app, webhook):
    assert inbound_message(FORMS["media_file_url"]).media[0].url == "file:///etc/passwd"
    answer = webhook.post(FORMS["media_file_url"]).text
    assert Path("/etc/passwd").read_text().splitlines()[0] not in answer


@pytest.mark.parametrize(
    ("name", "body", "payload"),
    [
        ("button_template", "Sí, quiero", "quiero_si"),
        ("button_session", "Hablar con asesor", "{accion:asesor}"),
        ("list_reply", "Tenis Runner 27", "sku_runner_27"),
    ],
)
def test_a_pressed_button_is_read_by_its_label(name, body, payload):
    message = inbound_message(FORMS[name])
    assert (message.body, message.payload) == (body, payload)


def test_a_button_without_a_body_is_read_by_its_text():
    form = form_of("", MessageType="button", ButtonText="Sí", ButtonPayload="si")
    assert inbound_message(form).body == "Sí"


def test_a_location_has_degrees_and_what_was_written_beside_them():
    place = inbound_message(FORMS["location_place"]).location
    assert place is not None
    assert (round(place.latitude, 4), place.label is None) == (19.4326, False)


@pytest.mark.parametrize("latitude", ["", "norte", "19,4"])
def test_a_location_that_cannot_be_read_is_none(latitude):
    form = form_of("", MessageType="location", Latitude=latitude, Longitude="-99")
    assert inbound_message(form).location is None


def test_a_pin_without_a_name_has_only_degrees():
    form = form_of("", MessageType="location", Latitude="19.5", Longitude="-99.5")
    assert inbound_message(form).location == Location(19.5, -99.5)


def test_nul_and_lone_surrogates_are_removed_everywhere():
    form = form_of("ho\x00la\ud800 \U0001f600", ProfileName="An\udfffa\x00", ButtonPayload="\x00")
    message = inbound_message(form)
    assert message.body == "hola \U0001f600"
    assert message.profile_name == "Ana"
    assert message.payload is None


def test_a_very_long_body_is_cut():
    assert len(inbound_message(form_of("ñ" * 100_000)).body) == 4096


def test_a_repeated_parameter_counts_once_and_the_first_wins():
    form = MultiDict(parse_qsl(RAW["raw_duplicate_sid"], keep_blank_values=True))
    assert inbound_message(form).message_sid == form.getlist("MessageSid")[0]


@pytest.mark.parametrize("raw", RAW.values(), ids=RAW)
def test_every_raw_case_becomes_a_message(raw):
    form = MultiDict(parse_qsl(raw, keep_blank_values=True, errors="surrogateescape"))
    assert isinstance(inbound_message(form).kind, MessageKind)


def test_an_older_sid_stands_in_and_without_any_each_message_is_new():
    form = form_of("hola", MessageSid="", SmsMessageSid="SM1")
    assert inbound_message(form).message_sid == "SM1"
    bare = {"From": "whatsapp:+52", "Body": "hola"}
    assert inbound_message(bare).message_sid != inbound_message(bare).message_sid


def test_an_empty_form_is_a_message_of_nobody():
    message = inbound_message({})
    assert (message.user_id, message.body, message.kind) == ("", "", MessageKind.TEXT)


@pytest.mark.parametrize("user_id", [MARIA, "US.1349120865530274191"])
def test_the_form_we_make_ourselves_reads_back(user_id):
    message = inbound_message(text_form(user_id, "hola"))
    assert (message.user_id, message.body, message.kind) == (user_id, "hola", MessageKind.TEXT)
