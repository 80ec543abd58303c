"""A small real HTTP server that speaks the chat-completions protocol, well or badly."""

import json
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any


def completion(content: Any) -> bytes:
    """The body of a good answer with ``content``."""
    message = {"role": "assistant", "content": content}
    choice = {"index": 0, "finish_reason": "stop", "message": message}
    answer = {"id": "c1", "object": "chat.completion", "created": 1, "model": "m"}
    return json.dumps({**answer, "choices": [choice]}).encode()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: "OpenAIServer"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.requests.append({"path": self.path, "body": json.loads(body)})
        self.close_connection = True
        self.server.behaviour(self)

    def answer(self, status: int, body: bytes, content_type: str, **headers: str) -> None:
        self.head(status, len(body), content_type, **headers)
        self.wfile.write(body)

    def head(self, status: int, length: int, content_type: str, **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(length))
        self.send_header("Connection", "close")
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Say nothing on standard error."""


Behaviour = Callable[[_Handler], None]


def says(content: Any) -> Behaviour:
    return lambda handler: handler.answer(200, completion(content), "application/json")


def gives(body: bytes, content_type: str = "application/json") -> Behaviour:
    return lambda handler: handler.answer(200, body, content_type)


def fails_with(status: int, **headers: str) -> Behaviour:
    body = json.dumps({"error": {"message": "no", "type": "t", "code": "c"}}).encode()
    return lambda handler: handler.answer(status, body, "application/json", **headers)


def closes_the_connection(_handler: _Handler) -> None:
    """Answer nothing at all."""


def stops_in_the_middle(handler: _Handler) -> None:
    body = completion("hola")
    handler.head(200, len(body), "application/json")
    handler.wfile.write(body[:10])


def waits(handler: _Handler) -> None:
    """Say nothing until the test is over."""
    handler.server.over.wait()


def drips(handler: _Handler) -> None:
    """Send a good answer a byte at a time, with no end before the test is over."""
    handler.head(200, 1_000_000, "application/json")
    try:
        while not handler.server.over.wait(0.02):
            handler.wfile.write(b" ")
    except OSError:
        handler.server.hung_up.set()


class OpenAIServer(ThreadingHTTPServer):
    """Loopback only; set ``behaviour`` to script the next answers."""

    daemon_threads = True
    block_on_close = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.behaviour: Behaviour = says("hola")
        self.requests: list[dict[str, Any]] = []
        self.over = Event()
        self.hung_up = Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"

    def __enter__(self) -> "OpenAIServer":
        Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self.shutdown()
        self.server_close()
