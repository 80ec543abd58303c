"""Courses changed and archived over HTTP, and the notes of it, on a PostgreSQL of their own."""

from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from uuid import uuid4

import psycopg2
import pytest
from flask import Flask
from psycopg2 import sql

from bot.cli.history import history
from bot.models.access import Scope
from tests.conftest import run_sql
from tests.stores.builders import at_the_same_instant
from tests.support.course_calls import (
    COURSES,
    NOBODYS,
    Body,
    Call,
    audit,
    caller,
    course,
    is_problem,
    make,
    without_courses,
)


@pytest.fixture(scope="module")
def own_url(new_database) -> str:
    return new_database()


@pytest.fixture(scope="module")
def app(own_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    with without_courses(own_url, tmp_path_factory.mktemp("courses")) as app:
        yield app


@pytest.fixture
def call(app: Flask) -> Call:
    return caller(app, Scope.COURSES_READ, Scope.COURSES_WRITE)


@pytest.fixture
def made(call: Call) -> Callable[..., tuple[str, str]]:
    """Make a course; its path below the list, and its ETag."""
    return partial(make, call)


# Changing a course


def test_only_what_is_given_changes(call: Call, made) -> None:
    path, etag = made(price="299", level="intermedio", roi="alto", sessions=[{"title": "Uno"}])
    before = call("GET", path).json
    response = call("PATCH", path, {"price": "349", "roi": None}, If_Match=etag)
    assert response.status_code == 200
    assert response.json == before | {"price": "349", "roi": None}
    read = call("GET", path)
    assert read.json == response.json
    assert read.headers["ETag"] == response.headers["ETag"] != etag


@pytest.mark.parametrize("body", [{}, {"price": "299"}, {"start_date": "2027-01-12T00:00:00.000"}])
def test_a_change_to_what_is_there_already_changes_nothing(
    app: Flask, call: Call, made, body: Body
) -> None:
    path, etag = made(price="299", start_date="2027-01-12")
    response = call("PATCH", path, body, If_Match=etag)
    assert (response.status_code, response.headers["ETag"]) == (200, etag)
    assert [entry.action for entry in audit(app, path)] == ["create"]


def test_a_change_needs_the_tag_of_what_it_changes(call: Call, made) -> None:
    path, etag = made()
    assert is_problem(call("PATCH", path, {"level": "a"}), 428)
    assert is_problem(call("PATCH", path, {"level": "a"}, If_Match='"stale"'), 412)
    assert is_problem(call("PATCH", path, {"level": "a"}, If_Match=f"W/{etag}"), 412)
    assert call("PATCH", path, {"level": "a"}, If_Match=f'"x", {etag}').status_code == 200
    assert is_problem(call("PATCH", path, {"level": "b"}, If_Match=etag), 412)
    assert call("PATCH", path, {"level": "b"}, If_Match="*").status_code == 200
    assert call("GET", path).json["level"] == "b"


def test_a_tag_is_stale_when_only_a_session_changed(own_url: str, call: Call, made) -> None:
    path, etag = made(sessions=[{"title": "Uno"}])
    rename = sql.SQL("UPDATE ai_course_session SET title = 'Dos' WHERE id_course_fk = {}")
    run_sql(own_url, rename.format(sql.Literal(path[1:])))
    assert is_problem(call("PATCH", path, {"level": "a"}, If_Match=etag), 412)


def test_of_two_changes_to_one_version_one_is_made(call: Call, made) -> None:
    path, etag = made()

    def change(price: str) -> int:
        return call("PATCH", path, {"price": price}, If_Match=etag).status_code

    works = [lambda n=n: change(str(n)) for n in range(5)]
    assert sorted(at_the_same_instant(*works)) == [200, 412, 412, 412, 412]


def test_of_a_change_and_an_archiving_of_one_version_one_is_made(call: Call, made) -> None:
    path, etag = made()
    found = at_the_same_instant(
        lambda: call("PATCH", path, {"price": "1"}, If_Match=etag).status_code,
        lambda: call("DELETE", path, If_Match=etag).status_code,
    )
    assert found in ([200, 412], [412, 204])


def test_a_change_cannot_make_a_second_course_of_one_name_and_start(call: Call, made) -> None:
    name = f"Único {uuid4()}"
    made(name=name, start_date="2027-01-12")
    path, etag = made(name=name, start_date="2027-05-12")
    assert is_problem(call("PATCH", path, {"start_date": "2027-01-12"}, If_Match=etag), 409)
    other, etag = made(start_date="2027-01-12")
    assert is_problem(call("PATCH", other, {"name": f" {name.upper()}"}, If_Match=etag), 409)
    assert call("PATCH", other, {"price": "1"}, If_Match=etag).status_code == 200


def test_an_archived_course_cannot_come_back_beside_its_successor(call: Call, made) -> None:
    name = f"Único {uuid4()}"
    path, etag = made(name=name)
    call("DELETE", path, If_Match=etag)
    made(name=name)
    assert is_problem(call("PATCH", path, {"status": "active"}, If_Match="*"), 409)
    assert call("PATCH", path, {"price": "1"}, If_Match="*").status_code == 200


def test_of_two_courses_that_take_one_name_at_the_same_instant_one_does(call: Call, made) -> None:
    name = f"Único {uuid4()}"
    paths = [made()[0] for _ in range(4)]

    def rename(path: str) -> int:
        return call("PATCH", path, {"name": name}, If_Match="*").status_code

    works = [lambda path=path: rename(path) for path in paths]
    assert sorted(at_the_same_instant(*works)) == [200, 409, 409, 409]


def test_twins_from_before_can_be_changed_and_archived(own_url: str, call: Call) -> None:
    first, second = str(uuid4()), str(uuid4())
    run_sql(
        own_url,
        sql.SQL("INSERT INTO ai_courses (id_course, name, modality) VALUES {}").format(
            sql.SQL("({}, 'Gemelo', 'x'), ({}, 'Gemelo', 'x')").format(
                sql.Literal(first), sql.Literal(second)
            )
        ),
    )
    for body in ({"price": "1"}, {"status": "active"}):
        assert call("PATCH", f"/{first}", body, If_Match="*").status_code == 200
    assert call("DELETE", f"/{first}", If_Match="*").status_code == 204
    assert is_problem(call("PATCH", f"/{first}", {"status": None}, If_Match="*"), 409)


def test_a_change_cannot_turn_the_dates_round(own_url: str, call: Call, made) -> None:
    path, _ = made(start_date="2027-01-12", end_date="2027-03-02")
    for body in ({"end_date": "2027-01-11"}, {"start_date": "2027-03-02T00:00:01"}):
        response = call("PATCH", path, body, If_Match="*")
        assert is_problem(response, 422)
        assert list(response.json["errors"]) == ["end_date"]
    assert call("PATCH", path, {"end_date": None}, If_Match="*").status_code == 200
    turned = sql.SQL("UPDATE ai_courses SET end_date = '2020-01-01' WHERE id_course = {}")
    run_sql(own_url, turned.format(sql.Literal(path[1:])))
    assert call("PATCH", path, {"price": "1"}, If_Match="*").status_code == 200


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": None}, "name"),
        ({"name": " "}, "name"),
        ({"modality": None}, "modality"),
        ({"id_course": NOBODYS}, "id_course"),
        ({"created_at": "2027-01-12"}, "created_at"),
        ({"sessions": []}, "sessions"),
        ({"bonuses": []}, "bonuses"),
        ({"price": 5}, "price"),
    ],
)
def test_a_change_is_checked_like_a_new_course(call: Call, made, body: Body, field: str) -> None:
    path, etag = made()
    response = call("PATCH", path, body, If_Match=etag)
    assert is_problem(response, 422)
    assert list(response.json["errors"]) == [field]
    assert call("GET", path).headers["ETag"] == etag


def test_a_course_that_somebody_holds_is_told_as_busy(own_url: str, call: Call, made) -> None:
    path, etag = made()
    with closing(psycopg2.connect(own_url)) as other:
        hold = "SELECT FROM ai_courses WHERE id_course = %s FOR UPDATE"
        other.cursor().execute(hold, (path[1:],))
        assert is_problem(call("PATCH", path, {"price": "1"}, If_Match=etag), 503)
    assert call("PATCH", path, {"price": "1"}, If_Match=etag).status_code == 200


# Archiving


def test_an_archived_course_stays_but_is_offered_no_more(call: Call, made) -> None:
    path, etag = made(name="Cetrería en archivo", sessions=[{"title": "Uno"}])
    assert call("GET", "/search?q=cetrería").json
    response = call("DELETE", path, If_Match=etag)
    assert (response.status_code, response.data) == (204, b"")
    read = call("GET", path).json
    assert (read["status"], len(read["sessions"])) == ("archived", 1)
    assert call("GET", "/search?q=cetrería").json == []


@pytest.mark.parametrize("status", ["archived", " Archivado "])
def test_archiving_an_archived_course_changes_nothing(
    app: Flask, call: Call, made, status: str
) -> None:
    path, etag = made(status=status)
    assert call("DELETE", path, If_Match=etag).status_code == 204
    assert call("GET", path).headers["ETag"] == etag
    assert [entry.action for entry in audit(app, path)] == ["create"]


def test_archiving_needs_the_tag_of_what_is_archived(call: Call, made) -> None:
    path, etag = made()
    call("PATCH", path, {"price": "1"}, If_Match=etag)
    assert is_problem(call("DELETE", path), 428)
    assert is_problem(call("DELETE", path, If_Match=etag), 412)
    assert call("GET", path).json["status"] is None


def test_a_course_that_is_not_there_cannot_be_changed_or_archived(call: Call) -> None:
    assert is_problem(call("PATCH", f"/{NOBODYS}", {"price": "1"}, If_Match="*"), 404)
    assert is_problem(call("DELETE", f"/{NOBODYS}", If_Match="*"), 404)


# Who may, and who did


def test_writing_needs_the_scope_for_it(app: Flask, made) -> None:
    path, etag = made()
    read_only = caller(app, Scope.COURSES_READ, Scope.USERS_WRITE)
    for method, place in (("POST", ""), ("PATCH", path), ("DELETE", path)):
        assert is_problem(read_only(method, place, course(), If_Match=etag), 403)
        assert is_problem(app.test_client().open(COURSES + place, method=method), 401)
    assert read_only("GET", path).headers["ETag"] == etag


def test_each_change_is_noted_with_who_made_it(app: Flask) -> None:
    call = caller(app, Scope.ADMIN, name="Hoja de Ana")
    given = course(
        price="299",
        start_date="2027-01-12",
        sessions=[{}, {}],
        bonuses=[{"content": "x", "type_bond": "y", "emisor": "z"}],
    )
    path = f"/{call('POST', '', given).json['id_course']}"
    call("PATCH", path, {"price": "349", "start_date": "2027-01-13", "level": None}, If_Match="*")
    call("DELETE", path, If_Match="*")
    created, changed, archived = audit(app, path)
    assert created.changes == {
        "id_course": [None, path[1:]],
        "name": [None, given["name"]],
        "modality": [None, "online"],
        "price": [None, "299"],
        "start_date": [None, "2027-01-12T00:00:00"],
        "sessions": [None, 2],
        "bonuses": [None, 1],
    }
    assert changed.changes == {
        "price": ["299", "349"],
        "start_date": ["2027-01-12T00:00:00", "2027-01-13T00:00:00"],
    }
    assert archived.changes == {"status": [None, "archived"]}
    assert [e.action for e in (created, changed, archived)] == ["create", "update", "archive"]
    (actor,) = {entry.actor for entry in (created, changed, archived)}
    assert actor.startswith("api key ")
    assert actor.endswith("(Hoja de Ana)")
    assert created.at.tzinfo


def test_a_refused_change_is_not_noted(app: Flask, call: Call, made) -> None:
    path, _ = made(start_date="2027-01-12")
    call("PATCH", path, {"end_date": "2026-01-12"}, If_Match="*")
    call("PATCH", path, {"price": "1"}, If_Match='"stale"')
    assert [entry.action for entry in audit(app, path)] == ["create"]


def test_the_longest_name_of_a_key_fits_into_the_note(app: Flask) -> None:
    call = caller(app, Scope.ADMIN, name="n" * 255)
    path = f"/{call('POST', '', course()).json['id_course']}"
    assert len(audit(app, path)[0].actor) == 255


def test_the_history_can_be_read_in_the_terminal(app: Flask, call: Call, made) -> None:
    path, _ = made(price="299")
    call("PATCH", path, {"roi": "largo\ntexto " * 50, "price": "349"}, If_Match="*")
    runner = app.test_cli_runner()
    lines = runner.invoke(history, [path[1:]]).output.splitlines()
    assert lines[0].endswith("(test)  update")
    assert lines[1].startswith("    roi:  -> largo texto largo")
    assert lines[1].endswith("…")
    assert lines[2] == "    price: 299 -> 349"
    assert lines[3].endswith("(test)  create")
    newest = runner.invoke(history, [path[1:], "--limit", "1"]).output
    assert newest.splitlines() == lines[:3]
    nothing = runner.invoke(history, [NOBODYS])
    assert (nothing.exit_code, NOBODYS in nothing.output) == (1, True)


# Asking only for what changed


def test_a_tag_that_a_proxy_weakened_is_still_known(call: Call, made) -> None:
    path, etag = made()
    for known in (etag, f"W/{etag}", f'"x", W/{etag}', "*"):
        for method in ("GET", "HEAD"):
            response = call(method, path, If_None_Match=known)
            assert (response.status_code, response.data) == (304, b"")
            assert response.headers["ETag"] == etag
    for unknown in ('"x"', 'W/"x"', "", "garbage"):
        assert call("GET", path, If_None_Match=unknown).status_code == 200


def test_head_answers_like_get_without_the_body(call: Call, made) -> None:
    path, etag = made()
    for place in ("", path, "/search?q=curso", "/statistics", "/options", "/recommendations"):
        head, get = call("HEAD", place), call("GET", place)
        assert (head.status_code, head.data) == (200, b"")
        assert head.headers == get.headers
    assert call("HEAD", path).headers["ETag"] == etag


def test_the_lowest_price_cannot_be_above_the_highest(call: Call) -> None:
    response = call("GET", "?min_price=2&max_price=1.5")
    assert is_problem(response, 422)
    assert list(response.json["errors"]) == ["min_price"]
    assert call("GET", "?min_price=2&max_price=2").status_code == 200


def test_the_list_has_one_order_also_where_names_are_the_same(call: Call, made) -> None:
    for day in range(1, 8):
        made(name="Orden estable", start_date=f"2027-01-0{day}", level="x")
    for sort in ("name", "-name", "level", "-price"):
        pages = [
            call("GET", f"?q=estable&page_size=2&page={n}&sort={sort}").json for n in range(1, 5)
        ]
        assert len({item["id_course"] for page in pages for item in page}) == 7
