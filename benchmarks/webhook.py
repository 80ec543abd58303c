"""Signed webhooks against the deployed app, and against the bare one, in turns."""

import http.client
import os
import statistics
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from flask_migrate import upgrade
from twilio.request_validator import RequestValidator

from bot import create_app
from bot.clients.embedded_postgres import EmbeddedPostgres
from bot.services.demo import load_demo_catalogue
from config import Config
from tests.support.apps import AUTH_TOKEN
from tests.support.gunicorn import Gunicorn
from tests.support.webhook import PATH, text_form

ROUNDS = 5
MESSAGES = 400
PEOPLE_AT_ONCE = 8
NAMES = ("Brenda (template replies)", "bare Flask")
TEXTS = ("hola", "¿qué cursos de marketing tienen?", "¿y cuánto cuesta?", "muchas gracias")


@dataclass(frozen=True)
class Round:
    """One round: messages a second, and seconds a message."""

    rate: float
    latencies: list[float]


def run(folder: Path) -> None:
    """Print throughput and latency of both apps, and their ratio round by round."""
    with _apps(folder) as (brenda, bare):
        pairs = [(_round(brenda, number), _round(bare, number)) for number in range(ROUNDS + 1)]
    measured = pairs[1:]
    ratios = [ours.rate / least.rate for ours, least in measured]
    print(f"\nSigned webhooks, {PEOPLE_AT_ONCE} people at once, {ROUNDS} × {MESSAGES} messages")
    print(f"{'':<34}{'messages/s':>12}{'p50 ms':>9}{'p95 ms':>9}")
    for name, rounds in zip(NAMES, zip(*measured, strict=True), strict=True):
        print(f"{name:<34}{_line(rounds)}")
    middle = statistics.median(ratios)
    print(f"{'share of the bare app':<34}{middle:>12.2f}  ({min(ratios):.2f}-{max(ratios):.2f})")


def _line(rounds: tuple[Round, ...]) -> str:
    latencies = sorted(latency for each in rounds for latency in each.latencies)
    p50, p95 = (1000 * latencies[int(len(latencies) * share)] for share in (0.5, 0.95))
    return f"{statistics.median(each.rate for each in rounds):>12.0f}{p50:>9.1f}{p95:>9.1f}"


def _round(server: Gunicorn, number: int) -> Round:
    people = [f"52155{number:03d}{index:05d}" for index in range(PEOPLE_AT_ONCE)]
    started = time.perf_counter()
    with ThreadPoolExecutor(PEOPLE_AT_ONCE) as threads:
        latencies = [
            each for part in threads.map(lambda p: _chat(server, p), people) for each in part
        ]
    return Round(len(latencies) / (time.perf_counter() - started), latencies)


def _chat(server: Gunicorn, person: str) -> list[float]:
    """One person's messages over one connection, each after the answer to the last."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    requests = [_signed(server, person, number) for number in range(MESSAGES // PEOPLE_AT_ONCE)]
    latencies = []
    for body, headers in requests:
        started = time.perf_counter()
        connection.request("POST", PATH, body, headers)
        response = connection.getresponse()
        response.read()
        latencies.append(time.perf_counter() - started)
        assert response.status == 200
    connection.close()
    return latencies


def _signed(server: Gunicorn, person: str, number: int) -> tuple[str, dict[str, str]]:
    form = text_form(TEXTS[number % len(TEXTS)], user_id=person)
    signature = RequestValidator(AUTH_TOKEN).compute_signature(f"{server.url}{PATH}", form)
    kind = "application/x-www-form-urlencoded"
    return urlencode(form), {"X-Twilio-Signature": signature, "Content-Type": kind}


@contextmanager
def _apps(folder: Path) -> Iterator[tuple[Gunicorn, Gunicorn]]:
    database = EmbeddedPostgres(folder / "postgres")
    url = os.environ.get("TEST_DATABASE_URL") or database.join()
    environment = {"DATABASE_URL": url, "INSTANCE_DIR": str(folder / "instance")}
    with create_app(Config.from_environment(environment)).app_context():
        upgrade()
        load_demo_catalogue()
    with ExitStack() as stack:
        stack.callback(database.leave)
        brenda = Gunicorn(folder, DATABASE_URL=url, LOG_LEVEL="WARNING")
        stack.callback(brenda.stop)
        (folder / "bare").mkdir()
        bare = Gunicorn(folder / "bare", app="benchmarks.baseline:app")
        stack.callback(bare.stop)
        yield brenda, bare
