"""A real HTTP server that keeps media as Twilio does: behind credentials, and elsewhere."""

import base64
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

ACCOUNT = "AC0123456789abcdef0123456789abcdef"
MESSAGE, MEDIA = f"MM{'0' * 31}1", f"ME{'0' * 31}1"
PATH = f"/2010-04-01/Accounts/{ACCOUNT}/Messages/{MESSAGE}/Media/{MEDIA}"


@dataclass
class Kept:
    """An attachment, and how the server hands it out."""

    content: bytes = b"OggS" + b"0" * 2000
    content_type: str = "audio/ogg"
    status: int = 200
    redirects: list[str] = field(default_factory=list)
    says_length: bool = True
    drips: bool = False


class _Handler(BaseHTTPRequestHandler):
    server: "TwilioServer"

    def do_GET(self) -> None:
        kept = self.server.kept
        self.server.asked.append((self.path, self.headers.get("Authorization")))
        if kept.redirects:
            self.send_response(307)
            self.send_header("Location", kept.redirects.pop(0))
            self.end_headers()
            return
        if self.path == PATH and self.headers.get("Authorization") != self.server.credentials:
            self.send_response(401)
            self.end_headers()
            return
        self.send_response(kept.status)
        self.send_header("Content-Type", kept.content_type)
        if kept.says_length:
            self.send_header("Content-Length", str(len(kept.content)))
        self.end_headers()
        self._write(kept)

    def _write(self, kept: Kept) -> None:
        try:
            while kept.drips and not self.server.over.wait(0.02):
                self.wfile.write(b"0")
            self.wfile.write(kept.content)
        except OSError:
            self.server.hung_up.set()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Say nothing on standard error."""


class TwilioServer(ThreadingHTTPServer):
    """Loopback only; ``kept`` is what it has, ``asked`` who came with which credentials."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, token: str = "test-token") -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        pair = base64.b64encode(f"{ACCOUNT}:{token}".encode()).decode()
        self.credentials = f"Basic {pair}"
        self.kept = Kept()
        self.asked: list[tuple[str, str | None]] = []
        self.over = Event()
        self.hung_up = Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    @property
    def media_url(self) -> str:
        return self.url + PATH

    def __enter__(self) -> "TwilioServer":
        Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self.shutdown()
        self.server_close()
