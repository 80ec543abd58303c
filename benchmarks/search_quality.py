"""How well the course search answers people: recall, rank, and silence where nothing is taught.

Each line of ``data/*_queries.jsonl`` is a query as people write it, its kind, and the names of the
courses that answer it: none where the school teaches nothing of the sort.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg2
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import insert
from sqlalchemy.engine import make_url

from bot import create_app
from bot.clients.embedded_postgres import EmbeddedPostgres
from bot.extensions import db
from bot.models.base import Model
from bot.models.catalogue import Course, CourseActivity, CourseBonus, CourseElement, CourseSession
from bot.services import catalogue
from bot.services.demo import load_demo_catalogue
from config import Config

DATA = Path(__file__).parent / "data"
DEMO_QUERIES = DATA / "demo_queries.jsonl"
SECOND_SCHOOL = DATA / "second_school.json"
SECOND_SCHOOL_QUERIES = DATA / "second_school_queries.jsonl"
_BELONGINGS: dict[str, type[Model]] = {
    "sessions": CourseSession,
    "activities": CourseActivity,
    "elements": CourseElement,
    "bonuses": CourseBonus,
}

Search = Callable[[str], Sequence[str | None]]
"""The names of the courses that a text finds, best first."""


@dataclass(frozen=True, slots=True)
class Query:
    """A text of some kind, and the names of the courses that answer it."""

    text: str
    kind: str
    relevant: frozenset[str]


@dataclass(frozen=True, slots=True)
class Miss:
    """A query that was not answered as well as can be, and what was found instead."""

    query: Query
    found: tuple[str | None, ...]

    def __str__(self) -> str:
        """One line: what was asked, what came, what was meant."""
        wanted = ", ".join(sorted(self.query.relevant)) or "nothing"
        found = ", ".join(map(str, self.found[:5])) or "nothing"
        return f"{self.query.kind}: {self.query.text!r} found {found}; not first: {wanted}"


@dataclass(frozen=True, slots=True)
class Figures:
    """All from 0 to 1, and 1 where there was nothing to get wrong.

    ``recall_at_5`` is the mean share of the relevant courses among the first five, ``mrr`` the mean
    of 1 ÷ the place of the first relevant one, ``nothings`` the share of the queries without a
    relevant course that found none.
    """

    recall_at_5: float
    mrr: float
    nothings: float
    misses: list[Miss]


def load(path: Path) -> list[Query]:
    """The queries of a file."""
    rows = map(json.loads, path.read_text("utf-8").splitlines())
    return [Query(row["query"], row["kind"], frozenset(row["relevant"])) for row in rows]


def evaluate(queries: Iterable[Query], search: Search) -> Figures:
    """Ask every query, and compare what is found with what is relevant."""
    recalls: list[float] = []
    ranks: list[float] = []
    nothings: list[float] = []
    misses: list[Miss] = []
    for query in queries:
        found = tuple(search(query.text))
        if query.relevant:
            recalls.append(_recall(query.relevant, found[:5]))
            ranks.append(_reciprocal_rank(query.relevant, found))
            is_miss = min(recalls[-1], ranks[-1]) < 1
        else:
            nothings.append(float(not found))
            is_miss = bool(found)
        misses += [Miss(query, found)] if is_miss else []
    return Figures(_mean(recalls), _mean(ranks), _mean(nothings), misses)


def add_courses(rows: Iterable[Mapping[str, Any]]) -> None:
    """Insert courses as ``demo_catalog.json`` has them, with everything that belongs to them."""
    for row in rows:
        own = {name: value for name, value in row.items() if name not in _BELONGINGS}
        db.session.execute(insert(Course), [_typed(own)])
        for name, table in _BELONGINGS.items():
            if row[name]:
                db.session.execute(insert(table), [_typed(each) for each in row[name]])
    db.session.commit()


def run(folder: Path) -> None:
    """Print the figures of both schools, by kind of query and in all."""
    server = EmbeddedPostgres(folder / "postgres")
    url = server.join()
    try:
        for school, fill, queries in (
            ("Demo catalogue", load_demo_catalogue, DEMO_QUERIES),
            ("Second school", _add_second_school, SECOND_SCHOOL_QUERIES),
        ):
            with _school(url, folder / school, fill):
                _print(school, load(queries))
    finally:
        server.leave()


def names_found(text: str) -> list[str | None]:
    """What the running app finds, by name."""
    return [found.course.name for found in catalogue.search_courses_by_text(text)]


def _recall(relevant: frozenset[str], found: Sequence[str | None]) -> float:
    return len(relevant.intersection(found)) / min(len(relevant), 5)


def _reciprocal_rank(relevant: frozenset[str], found: Sequence[str | None]) -> float:
    ranks = (1 / place for place, name in enumerate(found, 1) if name in relevant)
    return next(ranks, 0.0)


def _mean(figures: Sequence[float]) -> float:
    return sum(figures) / len(figures) if figures else 1.0


def _typed(row: Mapping[str, Any]) -> dict[str, Any]:
    """The row with its ids as UUIDs; PostgreSQL reads the dates itself."""
    return {
        name: UUID(value) if value and name.startswith("id_") else value
        for name, value in row.items()
    }


def _add_second_school() -> None:
    add_courses(json.loads(SECOND_SCHOOL.read_text("utf-8"))["courses"])


@contextmanager
def _school(server_url: str, folder: Path, fill: Callable[[], Any]) -> Iterator[Flask]:
    """An app on a database of its own, with the courses that ``fill`` adds."""
    name = folder.name.lower().replace(" ", "_")
    connection = psycopg2.connect(server_url)
    connection.autocommit = True
    connection.cursor().execute(f'CREATE DATABASE "{name}"')
    connection.close()
    url = make_url(server_url).set(database=name).render_as_string(hide_password=False)
    environment = {"DATABASE_URL": url, "INSTANCE_DIR": str(folder), "LOG_LEVEL": "WARNING"}
    app = create_app(Config.from_environment(environment))
    with app.app_context():
        upgrade()
        fill()
        yield app
        db.session.remove()
        db.engine.dispose()


def _print(school: str, queries: Sequence[Query]) -> None:
    print(f"\nCourse search, {school.lower()}, {len(queries)} queries")
    print(f"{'':<14}{'queries':>9}{'recall@5':>10}{'MRR':>8}{'nothings':>10}")
    for kind in dict.fromkeys(query.kind for query in queries):
        _print_figures(kind, [query for query in queries if query.kind == kind])
    for miss in _print_figures("in all", queries).misses:
        print(f"  {miss}")


def _print_figures(title: str, queries: Sequence[Query]) -> Figures:
    figures = evaluate(queries, names_found)
    has_answers = any(query.relevant for query in queries)
    has_nothings = any(not query.relevant for query in queries)
    recall, mrr = (
        f"{figure:.3f}" if has_answers else "" for figure in (figures.recall_at_5, figures.mrr)
    )
    nothings = f"{figures.nothings:.3f}" if has_nothings else ""
    print(f"{title:<14}{len(queries):>9}{recall:>10}{mrr:>8}{nothings:>10}")
    return figures
