"""What erased people had attached is deleted at Twilio too, now or as soon as it lets us."""

import base64
import json
import re
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask

from bot.services import erasing, people
from tests.stores.builders import change, close_one
from tests.support.apps import AUTH_TOKEN, AppMaker
from tests.support.conversation import STORAGE_MODES
from tests.support.patience import eventually
from tests.support.people import TESTER, Apps, Her, storage_of
from tests.support.twilio_server import ACCOUNT

PATH = re.compile(rf"/2010-04-01/Accounts/{ACCOUNT}/Messages/(\w+)/Media(?:/(\w+))?\.json")
KINDS = ("image", "audio", "video", "document", "sticker", "contacts")


class _Handler(BaseHTTPRequestHandler):
    server: "MediaServer"

    def do_GET(self) -> None:
        self._answer("GET")

    def do_DELETE(self) -> None:
        self._answer("DELETE")

    def _answer(self, method: str) -> None:
        status, body = self.server.answer(method, self.path, self.headers["Authorization"])
        content = json.dumps(body).encode() if body is not None else b""
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Say nothing on standard error."""


class MediaServer(ThreadingHTTPServer):
    """Twilio's list of what each message has attached; ``fails`` is a status for these methods."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.media: dict[str, list[str]] = {}
        self.fails: dict[str, int] = {}
        self.refused: list[str] = []
        self.deleted: list[str] = []
        pair = base64.b64encode(f"{ACCOUNT}:{AUTH_TOKEN}".encode()).decode()
        self._credentials = f"Basic {pair}"

    def answer(self, method: str, path: str, credentials: str | None) -> tuple[int, Any]:
        parts = PATH.fullmatch(path)
        if credentials != self._credentials or parts is None:
            self.refused.append(path)
            return 401, None
        if method in self.fails:
            return self.fails[method], None
        sid, media = parts.groups()
        if method == "GET" and media is None and sid in self.media:
            return 200, {"media_list": [{"sid": each} for each in self.media[sid]]}
        if method == "DELETE" and media in self.media.get(sid, ()):
            self.media[sid].remove(media)
            self.deleted.append(media)
            return 204, None
        return 404, None

    def __enter__(self) -> "MediaServer":
        Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()


@pytest.fixture
def twilio() -> Iterator[MediaServer]:
    with MediaServer() as server:
        yield server


@pytest.fixture
def start(make_app: AppMaker, demo_url: str, tmp_path: Path) -> Apps:
    return Apps(make_app, demo_url, tmp_path)


@pytest.fixture
def her() -> Her:
    return Her()


def account(twilio: MediaServer) -> dict[str, str]:
    host, port = twilio.server_address[:2]
    return {"TWILIO_ACCOUNT_SID": ACCOUNT, "TWILIO_API_BASE_URL": f"http://{host}:{port}"}


def attach(app: Flask, her: Her, twilio: MediaServer, kind: str = "image", count: int = 1) -> str:
    """Send a message with attachments that Twilio keeps; its SID."""
    sid = f"MM{uuid4().hex}"
    twilio.media[sid] = [f"ME{uuid4().hex}" for _ in range(count)]
    her.says(app, "", MessageSid=sid, MessageType=kind, NumMedia="1", MediaUrl0="https://x.example")
    return sid


def waiting(app: Flask) -> list[str]:
    return storage_of(app).pending_media.waiting()


def delete_again(app: Flask) -> int:
    with app.app_context():
        return erasing.delete_media()


@pytest.mark.parametrize("mode", STORAGE_MODES)
def test_all_that_she_attached_is_deleted_in_the_background(
    mode: str, start: Apps, her: Her, twilio: MediaServer
) -> None:
    app = start(mode, **account(twilio))
    sids = [attach(app, her, twilio, kind, count=2) for kind in KINDS]
    media = [each for sid in sids for each in twilio.media[sid]]
    her.says(app, "hola")
    other = Her()
    kept = attach(app, other, twilio)
    her.is_forgotten_by(app)
    eventually(lambda: not waiting(app))
    assert sorted(twilio.deleted) == sorted(media)
    assert len(twilio.media[kept]) == 1
    assert twilio.refused == []


@pytest.mark.parametrize("mode", STORAGE_MODES)
def test_what_is_gone_at_twilio_already_is_well(
    mode: str, start: Apps, her: Her, twilio: MediaServer
) -> None:
    app = start(mode, **account(twilio))
    del twilio.media[attach(app, her, twilio)]
    her.is_forgotten_by(app)
    eventually(lambda: not waiting(app))
    assert (twilio.deleted, twilio.refused) == ([], [])


@pytest.mark.parametrize("method", ["GET", "DELETE"])
@pytest.mark.parametrize("status", [429, 500, 503])
def test_what_twilio_does_not_delete_waits_and_is_deleted_later(
    status: int, method: str, start: Apps, her: Her, twilio: MediaServer
) -> None:
    app = start("postgres", **account(twilio))
    sid = attach(app, her, twilio)
    twilio.fails = {method: status}
    assert her.is_forgotten_by(app).media_waiting == 1
    assert delete_again(app) == 1
    assert waiting(app) == [sid]
    twilio.fails = {}
    assert delete_again(app) == 0
    assert waiting(app) == []
    assert len(twilio.deleted) == 1


def test_one_that_fails_keeps_no_other_waiting(start: Apps, her: Her, twilio: MediaServer) -> None:
    app = start("json", **account(twilio))
    storage_of(app).pending_media.add(["MM1", "MM2", "a strange / one"])
    twilio.media = {"MM2": ["ME2"]}
    assert delete_again(app) == 1
    assert waiting(app) == ["a%20strange%20%2F%20one"]
    assert twilio.deleted == ["ME2"]


@pytest.mark.parametrize("mode", STORAGE_MODES)
def test_without_credentials_it_waits_for_them(
    mode: str, start: Apps, her: Her, twilio: MediaServer
) -> None:
    app = start(mode)
    sid = attach(app, her, twilio)
    assert her.is_forgotten_by(app).media_waiting == 1
    assert waiting(app) == [sid]
    assert delete_again(start(mode, **account(twilio))) == 0
    assert len(twilio.deleted) == 1


def test_while_twilio_cannot_be_reached_it_waits(
    start: Apps, her: Her, twilio: MediaServer
) -> None:
    nowhere = {**account(twilio), "TWILIO_API_BASE_URL": "http://127.0.0.1:1"}
    app = start("postgres", **nowhere)
    sid = attach(app, her, twilio)
    her.is_forgotten_by(app)
    assert delete_again(app) == 1
    assert waiting(app) == [sid]


@pytest.mark.parametrize("mode", STORAGE_MODES)
def test_what_she_attached_is_deleted_too_when_she_erases_herself_in_the_chat(
    mode: str, start: Apps, her: Her, twilio: MediaServer
) -> None:
    app = start(mode, **account(twilio))
    attach(app, her, twilio)
    her.says(app, "hola, me llamo Ximena", "borra mis datos", "sí")
    eventually(lambda: len(twilio.deleted) == 1 and not waiting(app))


def test_what_she_attached_in_an_outage_is_deleted_too(
    start: Apps, her: Her, twilio: MediaServer
) -> None:
    app = start("postgres")
    her.says(app, "hola")
    sent = {"user_id": her.number, "kind": "image", "body": ""}
    message = close_one(storage_of(app).spool, change(), **sent)
    with app.app_context():
        people.forget(her.number, TESTER)
    assert waiting(app) == [message.message_sid]


def test_what_she_attached_before_the_mode_was_changed_is_deleted_too(
    start: Apps, her: Her, twilio: MediaServer
) -> None:
    sids = [attach(start(mode), her, twilio) for mode in ("hybrid", "postgres")]
    her.is_forgotten_by(start("hybrid"))
    assert waiting(start("hybrid")) == sorted(sids)
