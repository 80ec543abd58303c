"""The path on which the model words replies: many people at once, and what one message costs.

The model is a stand-in on loopback (tests/support/openai_server.py), in a process of its own.
"""

import asyncio
import itertools
import json
import os
import random
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread
from typing import Any
from urllib.parse import urlencode

from flask_migrate import upgrade
from openai import OpenAI
from rich.console import Console
from rich.table import Table
from sqlalchemy import text
from twilio.request_validator import RequestValidator

from bot import create_app
from bot.clients.embedded_postgres import EmbeddedPostgres
from bot.clients.openai_answers import RESPONSE_FORMAT
from bot.extensions import db
from bot.services.demo import load_demo_catalogue
from config import ROOT, Config
from tests.support.apps import AUTH_TOKEN
from tests.support.gunicorn import Gunicorn, free_port
from tests.support.webhook import PATH, text_form

Row = tuple[str, str, str]
"""What is measured, the figure, and what it should be."""

PEOPLE = 200
MESSAGES = 6
"""For each person, after one that is not measured."""
THINKING_S = 2.0
MESSAGES_ALONE = 60
THINKING_ALONE_S = 0.2
PACKAGE_CALLS = 100
PROMPT_CHARACTERS = 9000
TWILIO_WAITS_S = 15.0
TEXTS = (
    "¿qué cursos de marketing tienen?",
    "¿cuántas sesiones son y cuándo empieza?",
    "¿para quién es y qué nivel pide?",
    "¿y qué temas ven en cada sesión?",
    "quiero automatizar los reportes de mi trabajo",
    "¿qué otros cursos tienen de inteligencia artificial?",
    "me interesa un curso para mi negocio",
    "¿es en línea o presencial?",
)
_SETTINGS = {
    "WEB_CONCURRENCY": "2",
    "WEB_THREADS": "128",
    "DATABASE_POOL_SIZE": "5",
    "CONSENT_MODE": "off",
    "OPENAI_API_KEY": "sk-bench",
    "LOG_LEVEL": "WARNING",
    "LOG_FORMAT": "json",
}
_HEAD = (
    "POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n"
    "X-Twilio-Signature: {signature}\r\n"
    "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {length}\r\n\r\n"
)
_LENGTH = re.compile(rb"(?i)\r\ncontent-length: *(\d+)")
_LOGGED = text("""
    SELECT inbound.message_sid AS sid, reply.source, reply.model_calls AS calls
    FROM messages AS inbound JOIN messages AS reply ON reply.in_reply_to = inbound.id
    WHERE inbound.message_sid = ANY(:sids)
""")
_FLOWS_BACK_WITHIN_S = 10
_LOOK_EVERY_S = 1.0
"""Adding up a process's pages costs some milliseconds of a core that is wanted elsewhere."""
_RUN = f"52155{random.randrange(10**5):05d}"
"""How this run's numbers begin, as TEST_DATABASE_URL may know those of earlier ones."""


@dataclass(frozen=True)
class Message:
    """A signed message, as it goes over the wire."""

    sid: str
    request: bytes


@dataclass(frozen=True)
class Answer:
    """How long a message was waited for, and whether there came words."""

    sid: str
    seconds: float
    has_words: bool


class Memory:
    """The most memory in MiB that a server and its workers took together, while in context."""

    def __init__(self, master: int) -> None:
        self.pss = self.rss = 0.0
        self._master = master
        self._over = Event()
        self._watcher = Thread(target=self._watch)

    def __enter__(self) -> "Memory":
        self._watcher.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._watcher.join()

    def _watch(self) -> None:
        while not self._over.wait(_LOOK_EVERY_S):
            with suppress(OSError):  # One of them may just have ended.
                self._look()

    def _look(self) -> None:
        children = Path(f"/proc/{self._master}/task/{self._master}/children").read_text()
        processes = (self._master, *children.split())
        rollups = [Path(f"/proc/{each}/smaps_rollup").read_text() for each in processes]
        self.pss = max(self.pss, sum(_mebibytes("Pss", each) for each in rollups))
        self.rss = max(self.rss, sum(_mebibytes("Rss", each) for each in rollups))


def run(folder: Path) -> None:
    """Print how a crowd is served, and what our own code and the package cost for one message."""
    table = Table("measured", "figure", "wanted", title="Replies in the model's words")
    with _database(folder) as url:
        for row in (*_crowd(folder / "crowd", url), *_one_message(folder / "alone", url)):
            table.add_row(*row)
    Console().print(table)


def _crowd(folder: Path, url: str) -> Iterator[Row]:
    with _deployed(folder, url, THINKING_S) as server:
        talks = [_talk(server, number, MESSAGES + 1) for number in range(PEOPLE)]
        with Memory(server.process.pid) as memory:
            first = asyncio.run(_all_at_once(server.port, [talk[:1] for talk in talks]))
            answers = asyncio.run(_all_at_once(server.port, [talk[1:] for talk in talks]))
        logged = _logged([*first, *answers])
    yield f"people, a model that takes {THINKING_S:.0f} s", str(PEOPLE), ""
    yield "messages", str(len(answers)), ""
    yield from _sources(answers, logged)
    yield from _outcomes(logged)
    seconds = sorted(each.seconds for each in answers)
    yield "p50, s", f"{_at(seconds, 0.5):.2f}", "<= 2.8"
    yield "p95, s", f"{_at(seconds, 0.95):.2f}", ""
    yield "p99, s", f"{_at(seconds, 0.99):.2f}", "<= 4.5"
    yield "max, s", f"{seconds[-1]:.2f}", ""
    yield "max of the warm-up, s", f"{max(each.seconds for each in first):.2f}", ""
    yield "memory of gunicorn, PSS, MiB", f"{memory.pss:.0f}", "< 334 (350 MB)"
    yield "memory of gunicorn, RSS, MiB", f"{memory.rss:.0f}", ""
    for event, count in _events(server.log()).most_common():
        yield f"logged: {event}", str(count), "0"


def _sources(answers: list[Answer], logged: dict[str, Any]) -> Iterator[Row]:
    """By whom the messages were answered. Of a reply that failed only an apology is sent."""
    with_words = [logged.get(each.sid) for each in answers if each.has_words]
    sources = Counter(row.source for row in with_words if row)
    yield "answered by the model", str(sources["model"]), "all"
    yield "answered by a template", str(sources["template"]), "0"
    if apologies := with_words.count(None):
        yield "answered, and no reply was logged", str(apologies), "0"
    yield "not answered", str(len(answers) - len(with_words)), "0"


def _outcomes(logged: dict[str, Any]) -> Iterator[Row]:
    """What became of the calls, when not all were good, with those of the warm-up."""
    outcomes = Counter(call["outcome"] for row in logged.values() for call in row.calls or ())
    if set(outcomes) - {"used"}:
        for outcome, count in outcomes.most_common():
            yield f"calls, with the warm-up: {outcome}", str(count), ""


def _one_message(folder: Path, url: str) -> Iterator[Row]:
    """What a message costs beside waiting for the model, and what the package costs for it.

    ``seconds`` of a call are those from writing the prompt to checking the answer, so the figure
    without the stand-in's own delay is given as well.
    """
    with _deployed(folder, url, THINKING_ALONE_S) as server:
        first, *others = _talk(server, PEOPLE, MESSAGES_ALONE + 1)
        asyncio.run(_all_at_once(server.port, [[first]]))
        answers = asyncio.run(_all_at_once(server.port, [others]))
        logged = _logged(answers)
    waited = {sid: row.calls[0]["seconds"] for sid, row in logged.items() if row.calls}
    by_model = [each for each in answers if each.sid in waited]
    ours = sorted(1000 * (each.seconds - waited[each.sid]) for each in by_model)
    beside = sorted(1000 * (each.seconds - THINKING_ALONE_S) for each in by_model)
    package_ms = _package_ms()
    yield "one person: messages with a call", str(len(by_model)), str(MESSAGES_ALONE)
    yield "request less the call, p50, ms", f"{_at(ours, 0.5):.1f}", "<= 25"
    yield "request less the call, p95, ms", f"{_at(ours, 0.95):.1f}", ""
    yield "request less the model's delay, p50, ms", f"{_at(beside, 0.5):.1f}", ""
    yield "request less the model's delay, p95, ms", f"{_at(beside, 0.95):.1f}", ""
    yield "CPU of a call by the openai package, ms", f"{package_ms:.2f}", ""
    yield "request less the call ÷ that CPU", f"{_at(ours, 0.5) / package_ms:.1f}", ""


def _package_ms() -> float:
    """The CPU time of one call of the package, while nothing else runs in this process."""
    with _model(0) as url, closing(OpenAI(api_key="sk-bench", base_url=url)) as client:
        _ask(client, PACKAGE_CALLS // 10)
        started = time.process_time()
        _ask(client, PACKAGE_CALLS)
        return 1000 * (time.process_time() - started) / PACKAGE_CALLS


def _ask(client: OpenAI, times: int) -> None:
    facts = {"cursos": [{"id": "C1", "nombre": "Curso", "precio": "$100 USD"}]}
    told = f"DATOS {json.dumps(facts)}"
    rules = "Habla de cursos. " * (PROMPT_CHARACTERS // 17)
    messages: list[Any] = [
        {"role": "system", "content": rules[: PROMPT_CHARACTERS - len(told) - len(TEXTS[0])]},
        {"role": "system", "content": told},
        {"role": "user", "content": TEXTS[0]},
    ]
    for _ in range(times):
        with client.chat.completions.with_streaming_response.create(
            model="gpt-4o-mini", messages=messages, response_format=RESPONSE_FORMAT
        ) as response:
            response.read()


def _talk(server: Gunicorn, person: int, count: int) -> list[Message]:
    """What one person will write, signed beforehand; each begins with another text."""
    texts = itertools.islice(itertools.cycle(TEXTS), person % len(TEXTS), None)
    forms = (text_form(each, f"{_RUN}{person:03d}") for each in itertools.islice(texts, count))
    return [_signed(server, form) for form in forms]


def _signed(server: Gunicorn, form: dict[str, str]) -> Message:
    signature = RequestValidator(AUTH_TOKEN).compute_signature(f"{server.url}{PATH}", form)
    body = urlencode(form).encode()
    head = _HEAD.format(path=PATH, port=server.port, signature=signature, length=len(body))
    return Message(form["MessageSid"], head.encode() + body)


async def _all_at_once(port: int, talks: list[list[Message]]) -> list[Answer]:
    answers = await asyncio.gather(*(_hold(port, talk) for talk in talks))
    return list(itertools.chain.from_iterable(answers))


async def _hold(port: int, talk: list[Message]) -> list[Answer]:
    """One person's messages, each after the answer to the last."""
    answers = []
    for message in talk:
        started = time.perf_counter()
        try:
            async with asyncio.timeout(TWILIO_WAITS_S):
                has_words = await _send(port, message)
        except (OSError, TimeoutError, asyncio.IncompleteReadError):
            has_words = False
        answers.append(Answer(message.sid, time.perf_counter() - started, has_words))
    return answers


async def _send(port: int, message: Message) -> bool:
    """Whether there are words in the answer; each message has a connection, as behind nginx."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(message.request)
        head = await reader.readuntil(b"\r\n\r\n")
        length = _LENGTH.search(head)
        body = await reader.readexactly(int(length[1]) if length else 0)
        return head.split(b" ", 2)[1] == b"200" and b"<Message>" in body
    finally:
        writer.close()


def _logged(answers: list[Answer]) -> dict[str, Any]:
    """The replies in the table, by the message's SID; those that wait in files flow back soon."""
    deadline = time.monotonic() + _FLOWS_BACK_WITHIN_S
    while True:
        rows = db.session.execute(_LOGGED, {"sids": [each.sid for each in answers]}).all()
        db.session.rollback()
        if len(rows) == len(answers) or time.monotonic() > deadline:
            return {row.sid: row for row in rows}
        time.sleep(0.5)


def _events(log: str) -> Counter[str]:
    """What the server logged, by the event and its cause."""
    lines = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    return Counter(f"{each['event']} {each.get('cause', '')}".strip() for each in lines)


def _mebibytes(name: str, rollup: str) -> float:
    found = re.search(rf"(?m)^{name}: +(\d+) kB", rollup)
    return int(found[1]) / 1024 if found else 0.0


def _at(ordered: list[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


@contextmanager
def _deployed(folder: Path, url: str, thinking_s: float) -> Iterator[Gunicorn]:
    folder.mkdir()
    with _model(thinking_s) as model:
        server = Gunicorn(folder, DATABASE_URL=url, OPENAI_BASE_URL=model, **_SETTINGS)
        try:
            yield server
        finally:
            server.stop()


@contextmanager
def _model(thinking_s: float) -> Iterator[str]:
    """The address of a stand-in that takes so long for an answer."""
    port = free_port()
    command = [sys.executable, "-m", "tests.support.openai_server", str(port), str(thinking_s)]
    # It complains of everybody who hangs up, as the app does when it is too late.
    process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL)
    try:
        _wait_until_up(f"http://127.0.0.1:{port}/")
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        process.terminate()
        process.wait(timeout=30)


def _wait_until_up(url: str) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            urllib.request.urlopen(url, timeout=2).close()
        except urllib.error.HTTPError:
            return  # It serves nothing there, and says so.
        except OSError:
            time.sleep(0.05)
    raise AssertionError(f"{url} did not come up")


@contextmanager
def _database(folder: Path) -> Iterator[str]:
    """The address of a database with the demo's courses, which is that of the context's app."""
    with ExitStack() as stack:
        server = EmbeddedPostgres(folder / "postgres")
        stack.callback(server.leave)
        url = os.environ.get("TEST_DATABASE_URL") or server.join()
        environment = {"DATABASE_URL": url, "INSTANCE_DIR": str(folder / "instance")}
        app = create_app(Config.from_environment(environment | {"LOG_LEVEL": "ERROR"}))
        stack.enter_context(app.app_context())
        upgrade()
        load_demo_catalogue()
        db.session.rollback()
        stack.callback(db.engine.dispose)
        yield url
