"""``flask catalog check``: what in the catalogue hurts recommendations."""

import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from click.testing import Result
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import event, insert, text

from bot.extensions import db
from bot.models.catalogue import Course, CourseSession
from tests.support.apps import AppMaker

Run = Callable[..., Result]

GOOD: dict[str, Any] = {
    "short_description": "Programa desde cero",
    "price": "4,500",
    "currency": "MXN",
    "purchase_url": "https://example.com/comprar",
    "level": "intermedio",
    "language": "Español",
    "status": "active",
    "modality": "online",
}


@pytest.fixture(scope="module")
def school(
    new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Flask]:
    """A migrated database of this file's own."""
    maker = AppMaker(tmp_path_factory.mktemp("check"))
    app = maker(DATABASE_URL=new_database())
    with app.app_context():
        upgrade()
    yield app
    maker.close()


@pytest.fixture
def run(school: Flask) -> Iterator[Run]:
    """``flask catalog check`` on a school without courses."""
    yield lambda *args: school.test_cli_runner().invoke(args=("catalog", "check", *args))
    with school.app_context():
        db.session.execute(text("TRUNCATE ai_courses CASCADE"))
        db.session.commit()


@pytest.fixture
def add(school: Flask) -> Callable[..., UUID]:
    """Add a course in which nothing is wrong but what is given."""

    def one(sessions: tuple[tuple[int | None, int | None], ...] = (), **values: Any) -> UUID:
        id_course = uuid4()
        course = {"id_course": id_course, "name": f"Curso {id_course}"} | GOOD | values
        with school.app_context():
            db.session.execute(insert(Course).values(course))
            for index, minutes in sessions:
                db.session.execute(
                    insert(CourseSession).values(
                        id_course_fk=id_course, session_index=index, duration_minutes=minutes
                    )
                )
            db.session.commit()
        return id_course

    return one


def problems(run: Run, *args: str) -> dict[str, list[str]]:
    """The ids of the courses under each kind."""
    document = json.loads(run("--json", *args).stdout)
    return {
        problem["kind"]: [row["id_course"] for row in problem["rows"]]
        for problem in document["problems"]
    }


# The report


def test_a_good_catalogue_is_told_so_with_how_many_courses_it_has(run: Run, add) -> None:
    add()
    add()
    result = run("--strict")
    assert result.exit_code == 0
    assert result.output == "2 courses looked at: nothing to complain about.\n"


def test_nothing_is_wrong_with_the_demo_catalogue_but_its_age(app: Flask) -> None:
    def check(*args: str) -> Result:
        return app.test_cli_runner().invoke(args=("catalog", "check", *args))

    assert problems(check, "--archived").keys() <= {"past_but_active"}


def test_an_empty_catalogue_is_told_how_to_fill_it(run: Run) -> None:
    result = run("--strict")
    assert result.exit_code == 0
    assert result.output.startswith("0 courses looked at.")
    assert "flask catalog demo" in result.output


def test_a_problem_comes_with_its_courses_and_what_mends_it(run: Run, add) -> None:
    add(name="Bueno")
    id_course = add(name="Python para todos", level="Experto++")
    result = run()
    assert result.exit_code == 0
    assert result.output.splitlines()[0] == "2 courses looked at: 1 error, 0 hints."
    assert "unknown_level: a level that nobody knows (1 course)" in result.output
    assert "→ Write level as one of: principiante, intermedio, avanzado." in result.output
    assert f"  {id_course}  Python para todos  'Experto++'" in result.output.splitlines()
    assert "Bueno" not in result.output


def test_only_errors_fail_and_only_when_that_is_asked_for(run: Run, add) -> None:
    add(language=None)
    assert "0 errors, 1 hint." in run("--strict").output
    assert run("--strict").exit_code == 0
    add(level=None)
    assert run().exit_code == 0
    assert run("--strict").exit_code == 1
    assert run("--strict", "--json").exit_code == 1


def test_so_many_courses_of_a_kind_are_shown_and_all_are_counted(run: Run, add) -> None:
    for number in range(25):
        add(name=f"Curso {number:02}", level=None)
    assert len(problems(run)["no_level"]) == 20
    assert len(problems(run, "--limit", "3")["no_level"]) == 3
    assert len(problems(run, "--all")["no_level"]) == 25
    few = run("--limit", "3")
    assert "no_level: no level (25 courses)" in few.output
    assert [f"Curso {number:02}" in few.output for number in range(4)] == [True, True, True, False]
    assert "… and 22 more; --all shows them" in few.output
    assert "more" not in run("--all").output
    assert "Curso 00" not in run("--limit", "0").output


def test_the_report_for_machines_has_everything(run: Run, add) -> None:
    id_course = add(name="Diseño", price="desde 299", language=None)
    document = json.loads(run("--json").stdout)
    assert (document["checked"], document["errors"], document["hints"]) == (1, 1, 1)
    first, second = document["problems"]
    assert (first["kind"], first["severity"], first["courses"]) == ("unreadable_price", "error", 1)
    assert first["mend"]
    assert first["rows"] == [
        {"id_course": str(id_course), "name": "Diseño", "found": "'desde 299'"}
    ]
    assert (second["kind"], second["severity"]) == ("no_language", "hint")


def test_what_a_school_typed_steers_no_terminal(run: Run, add) -> None:
    add(name="\x1b[31mRojo\nfalso  [bold]", level="\x1b[2J")
    output = run().output
    assert "\x1b" not in output
    assert "Rojo falso  [bold]" in output


# What is looked at


@pytest.mark.parametrize("status", ["archived", "ARCHIVADO", "Inactivo", "draft", " cancelled "])
def test_archived_courses_are_looked_at_only_when_that_is_asked_for(
    run: Run, add, status: str
) -> None:
    id_course = add(status=status, level=None)
    assert problems(run) == {}
    assert problems(run, "--archived") == {"no_level": [str(id_course)]}


def test_a_course_without_a_description_has_none_of_both(run: Run, add) -> None:
    add(short_description=None, long_descrption="Todo sobre Python")
    id_course = add(short_description=" ", long_descrption="")
    assert problems(run) == {"no_description": [str(id_course)]}


def test_names_are_the_same_whatever_their_case_accents_and_spaces(run: Run, add) -> None:
    twins = {str(add(name=name)) for name in ("Diseño  Web", "DISENO WEB", " diseñoweb ")}
    add(name="diseno web", status="archived")
    add(name="diseno web", end_date=datetime(2020, 1, 1), status=None)
    add(name=None)
    add(name=None)
    found = problems(run)
    assert set(found["duplicated_name"]) == twins
    assert len(found["no_name"]) == 2
    assert "3 courses" in run().output


def test_a_course_that_ended_and_is_still_active_is_found(run: Run, add) -> None:
    ended = str(add(end_date=datetime(2020, 1, 1)))
    add(end_date=datetime.now() + timedelta(days=9))
    add(end_date=datetime(2020, 1, 1), status="archived")
    assert problems(run, "--archived") == {"past_but_active": [ended]}


@pytest.mark.parametrize(
    ("kind", "sessions", "values"),
    [
        ("session_count", ((1, 60), (2, 60)), {"session_count": 3}),
        ("session_minutes", ((1, 60), (2, 60)), {"session_count": 2, "total_duration_min": 240}),
        ("session_order", ((1, 60), (3, 60)), {"session_count": 2}),
        ("session_order", ((1, 60), (1, 60)), {"session_count": 2}),
        ("session_order", ((1, None), (None, None)), {"session_count": 2}),
    ],
)
def test_sessions_that_do_not_add_up_are_found(run: Run, add, kind, sessions, values) -> None:
    add(sessions=((1, 60), (2, 60)), session_count=2, total_duration_min=120)
    add(sessions=((1, 60), (2, None)), session_count=2, total_duration_min=500)
    id_course = add(sessions=sessions, **values)
    assert problems(run) == {kind: [str(id_course)]}


def test_a_course_that_the_index_does_not_have_is_found(run: Run, add, school: Flask) -> None:
    lost = add(name="Perdido", status="Próximamente")
    add(name="Encontrado")
    with school.app_context():
        db.session.execute(
            text("DELETE FROM course_search WHERE id_course = :lost"), {"lost": lost}
        )
        db.session.commit()
    assert problems(run) == {"not_indexed": [str(lost)]}
    with school.app_context():
        db.session.execute(
            text("SELECT brenda_index_courses(array_agg(id_course)) FROM ai_courses")
        )
        db.session.commit()
    assert problems(run) == {}


# What it costs


def test_the_number_of_statements_does_not_grow_with_the_catalogue(
    run: Run, add, school: Flask
) -> None:
    add(level=None)
    few = statements(school, run)
    with school.app_context():
        db.session.execute(insert(Course), [GOOD | {"name": f"C {n}"} for n in range(3000)])
        db.session.commit()
    assert statements(school, run) == few == 1
    assert "3,001 courses looked at" in run().output


def statements(school: Flask, run: Run) -> int:
    seen: list[str] = []

    def note(_connection, _cursor, statement: str, *_) -> None:
        seen.append(statement)

    with school.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    assert run("--all").exit_code == 0
    event.remove(engine, "before_cursor_execute", note)
    return len(seen)


# What fails


def test_without_its_database_it_says_so_in_one_line(make_app: AppMaker) -> None:
    for url in ("", "postgresql://nobody@127.0.0.1:1/none"):
        result = make_app(DATABASE_URL=url).test_cli_runner().invoke(args=("catalog", "check"))
        assert result.exit_code == 1
        assert result.stderr.startswith("Error: The database cannot be reached")
        assert "Traceback" not in result.output
