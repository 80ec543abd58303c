"""Search and recommendation at 100, 10,000 and 100,000 courses, and the speed of an import."""

import csv
import http.client
import itertools
import json
import os
import random
import re
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote
from uuid import UUID

from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import text
from sqlalchemy.engine import make_url

from bot import create_app
from bot.clients.embedded_postgres import EmbeddedPostgres
from bot.extensions import db
from bot.models.access import Scope
from bot.services import access, catalogue
from bot.services.catalogue.watch import knowledge
from config import ROOT, Config
from tests.support.gunicorn import Gunicorn

SIZES = (100, 10_000, 100_000)
QUERIES = 100
_SYLLABLES = [consonant + vowel for consonant in "bcdfglmnprst" for vowel in "aeiou"]
_CHAT = "hola busco un curso para aprender a hacer {} con {} desde cero, trabajo en {}"


T = TypeVar("T")


class Catalogue:
    """Invented courses whose words are as unevenly used as those of a language."""

    def __init__(self, seed: int = 7) -> None:
        self.random = random.Random(seed)
        self.common = _words_of_the_demo()
        self.rare = ["".join(self.random.choices(_SYLLABLES, k=4)) for _ in range(20_000)]
        self._weights = list(itertools.accumulate(1 / (n + 1) for n in range(len(self.rare))))

    def rows(self, count: int) -> Iterator[dict[str, object]]:
        """Rows of ``ai_courses``, about 60 words each."""
        pick = self.random.choice
        for _ in range(count):
            start = datetime(2027, 1, 1) + timedelta(days=self.random.randint(0, 300))
            yield {
                "id_course": str(UUID(int=self.random.getrandbits(128))),
                "name": self._text(4).title(),
                "short_description": self._text(9),
                "long_descrption": self._text(40),
                "session_count": self.random.randint(1, 12),
                "total_duration_min": 60 * self.random.randint(1, 40),
                "price": pick(["4000", "$299", "4,500.00", "1.299,00 €", "Gratis", ""]),
                "currency": pick(["USD", "MXN"]),
                "level": pick(["Intermediate", "básico", "avanzado", ""]),
                "modality": pick(["online", "Presencial", "híbrido"]),
                "status": pick(["active", "Active", "archived", ""]),
                "language": "Español",
                "audience_category": self._text(2),
                "start_date": start.isoformat(),
                "end_date": (start + timedelta(days=40)).isoformat(),
            }

    def queries(self, names: list[str]) -> dict[str, list[str]]:
        """Texts of every kind about courses that exist; those about nothing are of no course."""
        words = [[word for word in name.lower().split() if len(word) > 5] for name in names]
        topics = [found for found in words if len(found) >= 2]
        return {
            "exact": [" ".join(topic[:2]) for topic in topics],
            "misspelt": [" ".join(_misspelt(word) for word in topic[:2]) for topic in topics],
            "sentence": [_CHAT.format(topic[0], topic[1], topic[-1]) for topic in topics],
            "common word": self.random.choices(self.common[:60], k=len(topics)),
            "filtered": [f"curso presencial avanzado de {topic[0]}" for topic in topics],
            "nothing": [f"clases de {word}{topic[0][:2]}z" for topic in topics for word in "wk"],
        }

    def _text(self, length: int) -> str:
        rare = self.random.choices(self.rare, cum_weights=self._weights, k=max(1, length // 4))
        return " ".join([*self.random.choices(self.common, k=length), *rare])


def run(folder: Path) -> None:
    """Print milliseconds by size and kind, through the service and REST, and rows a second."""
    with ExitStack() as stack:
        server = EmbeddedPostgres(folder / "catalogue-postgres")
        url = os.environ.get("TEST_DATABASE_URL") or server.join()
        stack.callback(server.leave)
        print(f"\n{'Catalogue: ms, p50 / p95':<34}{'service':>16}{'REST':>16}  × least size")
        baseline: dict[str, float] = {}
        for size in SIZES:
            _measure(folder / f"courses-{size}", _database(url, f"bench_{size}"), size, baseline)


def _measure(folder: Path, url: str, size: int, baseline: dict[str, float]) -> None:
    folder.mkdir()
    environment = {"DATABASE_URL": url, "INSTANCE_DIR": str(folder / "instance")}
    app = create_app(Config.from_environment(environment | {"LOG_LEVEL": "ERROR"}))
    invented = Catalogue()
    with app.app_context():
        upgrade()
        rate = _import(app, folder / "courses.csv", invented.rows(size), size)
        _settle()
        names = list(db.session.scalars(text("SELECT name FROM ai_courses LIMIT 400")))
        db.session.rollback()
        knowledge()
        kinds = invented.queries(names)
        key = access.create_key("bench", [Scope.COURSES_READ])
    print(f"{size:,} courses (imported at {rate:,.0f} rows/s)")
    recommend = catalogue.get_recommended_courses
    wishes = [query.split() for query in kinds["exact"]]
    measured = {
        f"search, {kind}": (texts, _search, lambda each: f"search?q={quote(each)}&limit=5")
        for kind, texts in kinds.items()
    }
    measured["recommendation"] = (
        wishes,
        lambda each: recommend(each, "avanzado"),
        lambda each: f"recommendations?interests={quote(','.join(each))}",
    )
    with app.app_context():
        service = {
            name: _latencies(items[:QUERIES], work) for name, (items, work, _) in measured.items()
        }
        db.session.rollback()
    server = Gunicorn(folder, DATABASE_URL=url, LOG_LEVEL="ERROR", RATELIMIT_ENABLED="false")
    try:
        _wait_for(folder / "instance" / "catalogue.sqlite")
        rest = _Rest(server, key)
        for name, (items, _, path) in measured.items():
            over_http = _latencies(items[:QUERIES], lambda each, path=path: rest.get(path(each)))
            _print_line(name, service[name], over_http, baseline)
    finally:
        server.stop()


def _settle() -> None:
    """Do what autovacuum does soon after an import, and would do while we measure."""
    connection = db.engine.raw_connection()
    try:
        connection.driver_connection.answer_within_s = None
        connection.driver_connection.autocommit = True
        connection.cursor().execute("SET statement_timeout = 0; ")
        connection.cursor().execute("VACUUM ANALYZE course_search")
        connection.cursor().execute("VACUUM ANALYZE ai_courses")
    finally:
        connection.invalidate()


def _search(query: str) -> object:
    return catalogue.search_courses_by_text(query, 5)


def _wait_for(snapshot: Path) -> None:
    """The workers write it once they know the catalogue; until then they are busy with that."""
    while not snapshot.exists():
        time.sleep(0.5)


class _Rest:
    """One connection to the API."""

    def __init__(self, server: Gunicorn, key: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
        self._headers = {"Authorization": f"Bearer {key}"}

    def get(self, path: str) -> None:
        self._connection.request("GET", f"/api/v1/courses/{path}", headers=self._headers)
        response = self._connection.getresponse()
        response.read()
        assert response.status == 200, response.status


def _print_line(
    name: str, service: list[float], rest: list[float], baseline: dict[str, float]
) -> None:
    p95 = _at(service, 0.95)
    least = baseline.setdefault(name, p95)
    shown = (f"{_at(each, 0.5):.1f} / {_at(each, 0.95):.1f}" for each in (service, rest))
    print(f"  {name:<32}{next(shown):>16}{next(shown):>16}{p95 / least:>8.1f}")


def _latencies(items: list[T], work: Callable[[T], object]) -> list[float]:
    """Milliseconds, in order; every text is new, so that nothing is remembered of it."""
    taken: list[float] = []
    for item in items:
        started = time.perf_counter()
        work(item)
        taken.append(1000 * (time.perf_counter() - started))
    return sorted(taken)


def _at(ordered: list[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def _import(app: Flask, file: Path, rows: Iterator[dict[str, object]], count: int) -> float:
    """Import a CSV file by the command that schools use; rows a second."""
    with file.open("w", newline="", encoding="utf-8") as target:
        first = next(rows)
        writer = csv.DictWriter(target, fieldnames=list(first))
        writer.writeheader()
        writer.writerow(first)
        writer.writerows(rows)
    started = time.perf_counter()
    result = app.test_cli_runner().invoke(args=["catalog", "import", str(file)])
    assert result.exit_code == 0, result.output
    return count / (time.perf_counter() - started)


def _database(server: str, name: str) -> str:
    url = make_url(server)
    with create_app(
        Config.from_environment({"DATABASE_URL": server, "LOG_LEVEL": "ERROR"})
    ).app_context():
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
            connection.execute(text(f"CREATE DATABASE {name}"))
        db.engine.dispose()
    return url.set(database=name).render_as_string(hide_password=False)


def _words_of_the_demo() -> list[str]:
    demo = json.loads((ROOT / "bot/data/demo_catalog.json").read_text(encoding="utf-8"))
    texts = (f"{each['name']} {each['long_descrption']}" for each in demo["courses"])
    return sorted(set(re.findall(r"[a-záéíóúñ]{3,}", " ".join(texts).lower())))


def _misspelt(word: str) -> str:
    """One letter swapped with the next, after the first ones."""
    middle = len(word) // 2
    return word[:middle] + word[middle + 1] + word[middle] + word[middle + 2 :]
