"""``flask catalog stats``: the catalogue in figures, for people."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest
from click.testing import Result
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import insert, text

from bot.extensions import db
from bot.models.catalogue import Course
from tests.support.apps import AppMaker

Add = Callable[..., None]


@pytest.fixture(scope="module")
def school_url(
    new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """A migrated database of this file's own."""
    url = new_database()
    maker = AppMaker(tmp_path_factory.mktemp("stats"))
    with maker(DATABASE_URL=url).app_context():
        upgrade()
    yield url
    maker.close()


@pytest.fixture
def school(school_url: str, make_app: AppMaker) -> Iterator[Flask]:
    """A school without courses."""
    app = make_app(DATABASE_URL=school_url)
    yield app
    with app.app_context():
        db.session.execute(text("TRUNCATE ai_courses CASCADE"))
        db.session.commit()


@pytest.fixture
def add(school: Flask) -> Add:
    def several(number: int = 1, **values: Any) -> None:
        with school.app_context():
            for _ in range(number):
                db.session.execute(insert(Course).values({"modality": "online"} | values))
            db.session.commit()

    return several


def stats(app: Flask) -> Result:
    return app.test_cli_runner().invoke(args=("catalog", "stats"))


def rows_of(result: Result, group: str) -> list[list[str]]:
    """The cells of one group of the table: what was typed, and how many courses."""
    lines = result.output.splitlines()
    start = next(place for place, line in enumerate(lines) if line.split()[:1] == [group])
    rows: list[list[str]] = []
    for line in lines[start:]:
        if not line.strip():
            break
        rows.append(line.removeprefix(f"  {group}").strip().rsplit(maxsplit=1))
    return [[value.strip(), count] for value, count in rows]


def test_the_demo_catalogue_is_counted(app: Flask) -> None:
    result = stats(app)
    assert result.exit_code == 0, result.output
    assert result.output.startswith("24 courses, ")
    assert rows_of(result, "level") == [
        ["principiante", "12"],
        ["intermedio", "8"],
        ["avanzado", "4"],
    ]
    assert sum(int(count) for _, count in rows_of(result, "audience")) == 24


def test_values_are_shown_as_typed_the_most_frequent_first(school: Flask, add: Add) -> None:
    add(1, level="Intermediate", status="archived")
    add(3, level="intermedio")
    add(2, level=None)
    result = stats(school)
    assert result.output.startswith("6 courses, 5 of them on offer.")
    assert rows_of(result, "level") == [
        ["intermedio", "3"],
        ["(none)", "2"],
        ["Intermediate", "1"],
    ]
    assert rows_of(result, "modality") == [["online", "6"]]


def test_of_many_values_the_rest_is_added_up(school: Flask, add: Add) -> None:
    for number in range(18):
        add(2 if number == 0 else 1, audience_category=f"Público {number:02}")
    rows = rows_of(stats(school), "audience")
    assert rows[0] == ["Público 00", "2"]
    assert len(rows) == 16
    assert rows[-1] == ["… 3 others", "3"]


def test_prices_are_ranges_by_currency_in_the_locale(
    school: Flask, add: Add, school_url: str, make_app: AppMaker
) -> None:
    add(price="4500", currency="MXN")
    add(price="$12,345.50", currency="mxn")
    add(price="99", currency="USD")
    add(price="700", currency=None)
    add(price="desde 1", currency="USD")
    add(price="1", currency="USD", status="archived")
    output = stats(school).output
    assert "$4,500 MXN to $12,345.50 MXN" in output
    assert "  $99 USD\n" in output
    assert "700 without currency" in output
    in_argentina = stats(make_app(DATABASE_URL=school_url, LOCALE="es_AR")).output
    assert "$4.500 MXN to $12.345,50 MXN" in in_argentina


def test_the_next_start_is_told_with_its_course(school: Flask, add: Add) -> None:
    add(name="Python", start_date=datetime(2090, 1, 12))
    add(name="Excel", start_date=datetime(2091, 1, 12))
    assert "Next start       2090-01-12, Python" in stats(school).output


def test_without_a_date_there_is_no_next_start(school: Flask, add: Add) -> None:
    add(name="Python")
    assert "no course on offer has a date" in stats(school).output


def test_what_a_school_typed_steers_no_terminal(school: Flask, add: Add) -> None:
    add(level="\x1b[31m[bold]:smile:", name="\x1b[2J", start_date=datetime(2090, 1, 12))
    output = stats(school).output
    assert "\x1b" not in output
    assert "[bold]:smile:" in output


def test_an_empty_catalogue_is_told_how_to_fill_it(school: Flask) -> None:
    result = stats(school)
    assert result.exit_code == 0
    assert "flask catalog demo" in result.output


def test_without_its_database_it_says_so_in_one_line(make_app: AppMaker) -> None:
    app = make_app(DATABASE_URL="postgresql://nobody@127.0.0.1:1/none")
    result = stats(app)
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: The database cannot be reached")
    assert "Traceback" not in result.output
