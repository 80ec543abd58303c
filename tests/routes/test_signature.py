"""Only Twilio may write to the webhook; anybody else gets 403 and leaves no trace."""

import base64
import hmac
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha1, sha256
from pathlib import Path
from urllib.parse import urlencode

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event
from werkzeug.datastructures import Headers, MultiDict
from werkzeug.test import TestResponse

from bot.clients.twilio import is_signed
from bot.extensions import db
from tests.support.apps import AUTH_TOKEN, AppMaker
from tests.support.webhook import PATH, text_form

LOCAL = f"http://localhost{PATH}"
FORM_TYPE = "application/x-www-form-urlencoded"
ALGORITHM = "X-Twilio-Webhooks-Signature-Settings"

Pairs = list[tuple[str, str]]


def sign(url: str, pairs: Pairs, token: str = AUTH_TOKEN, digest=sha1) -> str:
    """Twilio's recipe, written down once more so that the library does not check itself."""
    text = url + "".join(name + value for name, value in sorted(set(pairs)))
    return base64.b64encode(hmac.new(token.encode(), text.encode(), digest).digest()).decode()


def pairs_of(form: dict[str, str]) -> Pairs:
    return list(form.items())


def post(client: FlaskClient, pairs: Pairs, signature: str, path: str = PATH, **headers: str):
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.post(
        path,
        data=urlencode(pairs),
        content_type=FORM_TYPE,
        headers={"X-Twilio-Signature": signature} | sent,
    )


@contextmanager
def no_trace(app: Flask, folder: Path) -> Iterator[None]:
    """Nothing asks the database and nothing changes on disk."""
    seen: list[str] = []
    before = sorted(folder.rglob("*"))

    def note(*args: object) -> None:
        seen.append(str(args[2]))

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    yield
    event.remove(engine, "before_cursor_execute", note)
    assert seen == []
    assert sorted(folder.rglob("*")) == before


@pytest.fixture
def pairs() -> Pairs:
    return pairs_of(text_form("hola"))


def accepted(response: TestResponse) -> bool:
    assert response.status_code in (200, 403), response.text
    if response.status_code == 403:
        assert response.json["code"] == 403
    return response.status_code == 200


def test_a_right_signature_is_answered(client: FlaskClient, pairs: Pairs) -> None:
    assert accepted(post(client, pairs, sign(LOCAL, pairs)))


FORGED = {
    "empty": lambda pairs: "",
    "of another token": lambda pairs: sign(LOCAL, pairs, "another"),
    "of another path": lambda pairs: sign(f"{LOCAL}/status", pairs),
    "of https": lambda pairs: sign(f"https://localhost{PATH}", pairs),
    "of another host": lambda pairs: sign(f"http://elsewhere{PATH}", pairs),
    "of a query": lambda pairs: sign(f"{LOCAL}?a=1", pairs),
    "of no parameters": lambda pairs: sign(LOCAL, []),
    "of fewer parameters": lambda pairs: sign(LOCAL, pairs[:-1]),
    "of more parameters": lambda pairs: sign(LOCAL, [*pairs, ("Extra", "1")]),
    "cut": lambda pairs: sign(LOCAL, pairs)[:-2],
    "doubled": lambda pairs: sign(LOCAL, pairs) * 2,
    "in lower case": lambda pairs: sign(LOCAL, pairs).lower(),
    "not ASCII": lambda pairs: "\xe9" * 28,
    "of another algorithm": lambda pairs: sign(LOCAL, pairs, digest=sha256),
    "very long": lambda pairs: "A" * 10_000,
}


@pytest.mark.parametrize("forge", FORGED.values(), ids=FORGED)
def test_a_wrong_signature_is_refused_and_leaves_no_trace(
    app: Flask, client: FlaskClient, pairs: Pairs, tmp_path: Path, forge
) -> None:
    with no_trace(app, tmp_path):
        assert not accepted(post(client, pairs, forge(pairs)))


def test_no_signature_is_refused_and_leaves_no_trace(app, client, pairs, tmp_path) -> None:
    with no_trace(app, tmp_path):
        assert client.post(PATH, data=dict(pairs)).status_code == 403


@pytest.mark.parametrize("name", ["Body", "From", "MessageSid", "To", "NumMedia"])
def test_a_tampered_parameter_is_refused(app, client, pairs, tmp_path, name: str) -> None:
    signature = sign(LOCAL, pairs)
    tampered = [(key, f"{value}x" if key == name else value) for key, value in pairs]
    with no_trace(app, tmp_path):
        assert not accepted(post(client, tampered, signature))


EXTRAS: dict[str, Pairs] = {
    "unknown parameters": [("SomethingNew", "1"), ("channelMetadata", '{"a": "b"}')],
    "repeated parameters": [("MediaUrl", "https://b"), ("MediaUrl", "https://a")],
    "the same twice": [("Again", "1"), ("Again", "1")],
    "white space around": [("ProfileName", "  Ana \n"), ("Label", "\t"), ("Address", " a  b ")],
    "empty values": [("ButtonText", ""), ("Latitude", "")],
    "accents and emoji": [("ProfileName", "Ñandú 👩🏽‍💻"), ("Clave con espacio", "ü")],
    "signs of the encoding": [("ProfileName", "a&b=c+d%20e;f#g?h")],
    "control characters": [("ProfileName", "a\x00b\x7f\u202e")],
}


@pytest.mark.parametrize("extra", EXTRAS.values(), ids=EXTRAS)
def test_every_parameter_counts_as_it_came(client, pairs, extra: Pairs) -> None:
    signed = [*pairs, *extra]
    assert accepted(post(client, signed, sign(LOCAL, signed)))
    assert not accepted(post(client, signed, sign(LOCAL, pairs)))


QUERIES = ["a=1", "a=1&b=2&a=3", "q=hola%20mundo", "q=%C3%B1", "q=a+b", "b&a", "x=%2F%3f", "e="]


@pytest.mark.parametrize("query", QUERIES)
def test_the_query_is_signed_letter_for_letter(client, pairs, query: str) -> None:
    path = f"{PATH}?{query}"
    assert accepted(post(client, pairs, sign(f"http://localhost{path}", pairs), path))
    assert not accepted(post(client, pairs, sign(LOCAL, pairs), path))


@pytest.mark.parametrize("host", ["localhost", "localhost:80", "bot.example.com:8000", "[::1]"])
def test_the_host_is_signed_with_or_without_its_port(client, pairs, host: str) -> None:
    assert accepted(post(client, pairs, sign(f"http://{host}{PATH}", pairs), Host=host))


BAD_HOSTS = [
    "localhost:abc",
    "localhost:99999",
    "localhost:-1",
    "[::1",
    "a b",
    "\xe9",
    "<x>",
    "a@b",
]


@pytest.mark.parametrize("host", BAD_HOSTS)
def test_a_malformed_host_is_refused(client: FlaskClient, pairs: Pairs, host: str) -> None:
    assert not accepted(post(client, pairs, sign(f"http://{host}{PATH}", pairs), Host=host))


BASES = [
    "https://bot.example.com",
    "https://bot.example.com/",
    "https://bot.example.com:8443",
    "https://bot.example.com/brenda",
    "https://bot.example.com:8443/a/b/",
]


@pytest.mark.parametrize("base", BASES)
def test_the_configured_public_address_is_what_counts(make_app: AppMaker, pairs, base) -> None:
    client = make_app(PUBLIC_BASE_URL=base).test_client()
    called = base.rstrip("/") + PATH
    assert accepted(post(client, pairs, sign(called, pairs)))
    assert accepted(post(client, pairs, sign(f"{called}?a=1", pairs), f"{PATH}?a=1"))
    assert not accepted(post(client, pairs, sign(LOCAL, pairs)))


FORWARDED = {"X_Forwarded_Proto": "https", "X_Forwarded_Host": "bot.example.com"}


def test_a_trusted_proxy_tells_the_public_address(make_app: AppMaker, pairs: Pairs) -> None:
    client = make_app(TRUSTED_PROXIES="1").test_client()
    public = sign(f"https://bot.example.com{PATH}", pairs)
    assert accepted(post(client, pairs, public, **FORWARDED))
    assert not accepted(post(client, pairs, sign(LOCAL, pairs), **FORWARDED))


def test_a_trusted_proxy_may_take_a_prefix_off(make_app: AppMaker, pairs: Pairs) -> None:
    client = make_app(TRUSTED_PROXIES="1").test_client()
    public = sign(f"https://bot.example.com/brenda{PATH}", pairs)
    headers = FORWARDED | {"X_Forwarded_Prefix": "/brenda"}
    assert accepted(post(client, pairs, public, **headers))


def test_without_trusted_proxies_nobody_tells_the_address(client, pairs: Pairs) -> None:
    public = sign(f"https://bot.example.com{PATH}", pairs)
    assert not accepted(post(client, pairs, public, **FORWARDED))
    assert accepted(post(client, pairs, sign(LOCAL, pairs), **FORWARDED))


def settings(algorithm: str) -> dict[str, str]:
    return {ALGORITHM.replace("-", "_"): f"key=webhooks_sharedkey_1,algorithm={algorithm}"}


def test_the_newer_algorithm_is_known(client: FlaskClient, pairs: Pairs) -> None:
    newer = sign(LOCAL, pairs, digest=sha256)
    assert accepted(post(client, pairs, newer, **settings("HMAC_SHA256")))
    assert not accepted(post(client, pairs, newer, **settings("HMAC_SHA1")))
    older = sign(LOCAL, pairs)
    assert not accepted(post(client, pairs, older, **settings("HMAC_SHA256")))


@pytest.mark.parametrize("algorithm", ["MD5", "none", "", "HMAC_SHA256 ", "\xe9"])
def test_an_unknown_algorithm_never_lets_a_forged_signature_in(client, pairs, algorithm) -> None:
    assert not accepted(post(client, pairs, "forged", **settings(algorithm)))


BODIES = {
    "an encoded surrogate": b"Body=%ED%A0%80&From=whatsapp%3A%2B52&MessageSid=SM1",
    "a raw surrogate": b"Body=\xed\xa0\x80&From=whatsapp%3A%2B52&MessageSid=SM1",
    "no UTF-8": b"\xff\xfe=\xff&%FF=%FE",
    "nothing": b"",
    "only signs": b"&&&===%%%",
    "many parameters": b"a=1&" * 2000,
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_a_malformed_body_is_refused_and_leaves_no_trace(
    app: Flask, client: FlaskClient, tmp_path: Path, body: bytes
) -> None:
    with no_trace(app, tmp_path):
        for signature in ("", "forged", "\xe9"):
            sent = {"headers": {"X-Twilio-Signature": signature}, "content_type": FORM_TYPE}
            assert not accepted(client.post(PATH, data=body, **sent))


@pytest.mark.parametrize(
    "content_type",
    ["application/json", "multipart/form-data", "multipart/form-data; boundary=x", ""],
)
def test_a_body_of_another_type_is_refused(client: FlaskClient, content_type: str) -> None:
    headers = {"X-Twilio-Signature": "forged"}
    response = client.post(PATH, data=b'{"a": 1}', content_type=content_type, headers=headers)
    assert not accepted(response)


@pytest.mark.parametrize(
    ("url", "form"),
    [
        ("http://localhost:port/", {}),
        ("http://localhost:99999/", {}),
        ("http://[::1/", {}),
        ("http://localhost/", {"Body": "\ud800"}),
        ("http://localhost/\ud800", {}),
        ("", {}),
    ],
)
def test_what_the_library_trips_over_is_not_signed(url: str, form: dict[str, str]) -> None:
    headers = Headers({"X-Twilio-Signature": "forged"})
    assert is_signed(AUTH_TOKEN, url, MultiDict(form), headers) is False


def test_without_a_token_nothing_is_accepted(make_app: AppMaker, pairs: Pairs) -> None:
    client = make_app(TWILIO_AUTH_TOKEN="").test_client()
    assert not accepted(post(client, pairs, sign(LOCAL, pairs, "")))


@pytest.mark.parametrize(("value", "checked"), [("true", True), ("", True), ("false", False)])
def test_only_the_one_variable_turns_the_check_off(make_app, pairs, value, checked) -> None:
    app = make_app(TWILIO_VALIDATE_SIGNATURE=value, SIMULATOR="true", SECRET_KEY="x")
    app.testing = app.debug = True
    assert accepted(post(app.test_client(), pairs, "forged")) is not checked
