"""A real HTTP server that speaks OpenAI's protocol, well or badly.

It answers chat completions with structured answers and recordings with transcripts; what it does
is scripted by ``behaviour``, at any time. `python -m tests.support.openai_server PORT SECONDS`
serves one that takes so long for each answer.
"""

import json
import sys
import time
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

NO_FACTS: dict[str, Any] = {
    "name": None,
    "role": None,
    "company": None,
    "level": None,
    "modality": None,
    "interests": [],
    "pain_points": [],
}
USAGE = {
    "prompt_tokens": 1900,
    "completion_tokens": 120,
    "total_tokens": 2020,
    "prompt_tokens_details": {"cached_tokens": 1024},
}


def answer(reply: str, **fields: Any) -> dict[str, Any]:
    """A structured answer as the model gives it."""
    return {
        "reply": reply,
        "question": None,
        "course_ids": [],
        "intent": "EXPLORATION",
        "needs_person": False,
        **fields,
        "facts": NO_FACTS | fields.get("facts", {}),
    }


def completion(content: Any, finish_reason: str = "stop", **message: Any) -> bytes:
    """The body of a completion with ``content``."""
    choice = {
        "index": 0,
        "finish_reason": finish_reason,
        "message": {"role": "assistant", "content": content, "refusal": None, **message},
    }
    head = {"id": "c1", "object": "chat.completion", "created": 1, "model": "m"}
    return json.dumps({**head, "choices": [choice], "usage": USAGE}).encode()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: "OpenAIServer"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        is_json = self.headers["Content-Type"].startswith("application/json")
        self.request_body: Any = json.loads(body) if is_json else body
        self.server.requests.append(
            {"path": self.path, "body": self.request_body, "headers": dict(self.headers)}
        )
        if self.path.endswith("/audio/transcriptions"):
            self.server.hearing(self)
        else:
            self.server.behaviour(self)

    def answer(self, status: int, body: bytes, content_type: str, **headers: str) -> None:
        self.head(status, len(body), content_type, **headers)
        self.wfile.write(body)

    def head(self, status: int, length: int, content_type: str, **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(length))
        if not self.server.keeps_alive:
            self.send_header("Connection", "close")
            self.close_connection = True
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def hang_up(self) -> None:
        self.close_connection = True

    def said(self) -> str:
        """The person's message, which comes last."""
        return self.request_body["messages"][-1]["content"]

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Say nothing on standard error."""


Behaviour = Callable[[_Handler], None]


def says(reply: str, **fields: Any) -> Behaviour:
    return says_json(answer(reply, **fields))


def says_json(content: Any, **completed: Any) -> Behaviour:
    text = content if isinstance(content, str) or content is None else json.dumps(content)
    return gives(completion(text, **completed))


def hears(text: str) -> Behaviour:
    usage = {"type": "tokens", "input_tokens": 60, "output_tokens": 20, "total_tokens": 80}
    return gives(json.dumps({"text": text, "usage": usage}).encode())


def gives(body: bytes, content_type: str = "application/json") -> Behaviour:
    return lambda handler: handler.answer(200, body, content_type)


def fails_with(status: int, code: str = "c", **headers: str) -> Behaviour:
    body = json.dumps({"error": {"message": "no", "type": "t", "code": code}}).encode()
    return lambda handler: handler.answer(status, body, "application/json", **headers)


def after(seconds: float, behaviour: Behaviour) -> Behaviour:
    """The same, but late."""

    def wait_and_behave(handler: _Handler) -> None:
        handler.server.over.wait(seconds)
        behaviour(handler)

    return wait_and_behave


def obeys(orders: Mapping[str, str]) -> Behaviour:
    """Answer each message with what its writer wants to hear, and with facts to match."""

    def obey(handler: _Handler) -> None:
        says(orders[handler.said()], facts={"name": "Admin", "role": "director"})(handler)

    return obey


def speaks_of_the_first_course(handler: _Handler) -> None:
    """Name the first of the courses given, with its price: a plain true answer."""
    facts = handler.request_body["messages"][-2]["content"]
    course = json.loads(facts.removeprefix("DATOS "))["cursos"][0]
    text = f"*{course['nombre']}* cuesta {course['precio']}. ¿Te paso el temario?"
    says(text, course_ids=[course["id"]], question="syllabus")(handler)


def closes_the_connection(handler: _Handler) -> None:
    """Answer nothing at all."""
    handler.hang_up()


def stops_in_the_middle(handler: _Handler) -> None:
    body = completion(json.dumps(answer("hola")))
    handler.head(200, len(body), "application/json")
    handler.wfile.write(body[:10])
    handler.hang_up()


def waits(handler: _Handler) -> None:
    """Say nothing until the test is over."""
    handler.server.over.wait()
    handler.hang_up()


def drips(handler: _Handler) -> None:
    """Send a good answer a byte at a time, with no end before the test is over."""
    handler.head(200, 1_000_000, "application/json")
    handler.hang_up()
    try:
        while not handler.server.over.wait(0.02):
            handler.wfile.write(b" ")
    except OSError:
        handler.server.hung_up.set()


class OpenAIServer(ThreadingHTTPServer):
    """Loopback only; set ``behaviour`` and ``hearing`` to script the next answers."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 512

    def __init__(self, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.behaviour: Behaviour = says("hola")
        self.hearing: Behaviour = hears("hola")
        self.requests: list[dict[str, Any]] = []
        self.keeps_alive = False
        self.over = Event()
        self.hung_up = Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"

    def chats(self) -> list[dict[str, Any]]:
        """The bodies of the completions that were asked for."""
        return [each["body"] for each in self.requests if each["path"].endswith("/completions")]

    def told(self) -> str:
        """Everything that the last completion was asked with."""
        return "\n".join(each["content"] for each in self.chats()[-1]["messages"])

    def __enter__(self) -> "OpenAIServer":
        Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self.shutdown()
        self.server_close()


if __name__ == "__main__":
    with OpenAIServer(int(sys.argv[1])) as server:
        server.keeps_alive = True
        server.behaviour = after(float(sys.argv[2]), speaks_of_the_first_course)
        while True:
            time.sleep(3600)
