"""Courses made over HTTP, on a PostgreSQL of their own."""

import json
from collections.abc import Iterator
from uuid import uuid4

import pytest
from flask import Flask

from bot.models.access import Scope
from bot.services import access
from tests.stores.builders import at_the_same_instant
from tests.support.apps import AppMaker
from tests.support.course_calls import (
    COURSES,
    NOBODYS,
    Body,
    Call,
    audit,
    caller,
    course,
    is_problem,
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


# Making a course


def test_a_new_course_is_answered_as_it_can_be_read_afterwards(call: Call) -> None:
    given = course(
        short_description="Corta",
        session_count=2.0,
        total_duration_min=2**63 - 1,
        price="$1,299.00",
        currency="mxn",
        course_url="https://example.com/curso?a=ñ#b",
        purchase_url="http://localhost:8000/x",
        level="intermedio",
        start_date="2027-01-12",
        end_date="2027-03-02T21:30:00",
        roi=None,
    )
    response = call("POST", "", given)
    assert response.status_code == 201
    assert response.json | given == response.json | {"start_date": "2027-01-12"}
    assert response.json["start_date"] == "2027-01-12T00:00:00"
    assert (response.json["sessions"], response.json["bonuses"]) == ([], [])
    assert response.headers["Location"] == f"{COURSES}/{response.json['id_course']}"
    read = call("GET", response.headers["Location"].removeprefix(COURSES))
    assert read.json == response.json
    assert read.headers["ETag"] == response.headers["ETag"]


def test_sessions_and_bonuses_are_kept_in_the_order_they_are_given(call: Call) -> None:
    id_activity = str(uuid4())
    address = "https://example.com/{}.mp4"
    elements = [
        {"item_type": "video", "url_test": address.format(n), "description_url": f"Video {n}"}
        for n in range(8)
    ]
    elements[3]["id_activity_fk"] = id_activity
    sessions = [
        {
            "title": "Primera",
            "scheduled_at": "2027-01-12T19:00:00",
            "activities": [
                {"item_type": "subtema", "title_item": "Uno"},
                {"item_type": "actividad", "title_item": "Dos", "id_activity": id_activity},
            ],
            "elements": elements,
        },
        {"title": "Segunda", "duration_minutes": 120},
        {"title": "Octava", "session_index": 8},
    ]
    bonuses = [
        {"content": f"Bono {n}", "type_bond": "plantilla", "emisor": "Escuela"} for n in range(5)
    ]
    answer = call("POST", "", course(sessions=sessions, bonuses=bonuses))
    assert answer.status_code == 201
    first, second, eighth = answer.json["sessions"]
    assert [session["session_index"] for session in (first, second, eighth)] == [1, 2, 8]
    assert [item["item_session"] for item in first["activities"]] == [1, 2]
    assert [item["description_url"] for item in first["elements"]] == [
        f"Video {n}" for n in range(8)
    ]
    assert first["elements"][3]["id_activity_fk"] == id_activity
    assert (second["duration_minutes"], second["activities"], second["elements"]) == (120, [], [])
    assert [bonus["content"] for bonus in answer.json["bonuses"]] == [f"Bono {n}" for n in range(5)]


def test_a_new_course_is_found_at_once(call: Call) -> None:
    call("POST", "", course(name="Apicultura avanzada", status="active"))
    found = call("GET", "?q=apicultura").json
    assert [item["name"] for item in found] == ["Apicultura avanzada"]


def test_an_id_can_be_given_and_belongs_to_one_course(call: Call) -> None:
    id_course = str(uuid4())
    assert call("POST", "", course(id_course=id_course)).json["id_course"] == id_course
    assert is_problem(call("POST", "", course(id_course=id_course.upper())), 409)


def test_an_id_of_a_session_that_is_taken_makes_nothing_at_all(app: Flask, call: Call) -> None:
    session = {"id_session": str(uuid4())}
    assert call("POST", "", course(sessions=[session])).status_code == 201
    again = course(sessions=[session], id_course=str(uuid4()))
    assert is_problem(call("POST", "", again), 409)
    assert is_problem(call("GET", f"/{again['id_course']}"), 404)
    assert audit(app, again["id_course"]) == []


@pytest.mark.parametrize("spelling", ["{}", "  {}\t", "{} ", "\n{}"])
def test_a_name_is_taken_in_any_case_and_with_blanks_around_it(call: Call, spelling) -> None:
    given = course(start_date="2027-01-12")
    call("POST", "", given)
    for name in (given["name"], given["name"].upper()):
        twin = given | {"name": spelling.format(name), "start_date": "2027-01-12T00:00:00"}
        assert is_problem(call("POST", "", twin), 409)


def test_a_name_can_come_again_with_another_start_or_after_an_archived_course(call: Call) -> None:
    given = course(start_date="2027-01-12")
    first = call("POST", "", given)
    assert call("POST", "", given | {"start_date": "2027-05-12"}).status_code == 201
    assert call("POST", "", given | {"start_date": None}).status_code == 201
    assert is_problem(call("POST", "", given | {"start_date": None}), 409)
    call("DELETE", f"/{first.json['id_course']}", If_Match=first.headers["ETag"])
    assert call("POST", "", given).status_code == 201


def test_of_two_courses_of_one_name_at_the_same_instant_one_is_made(call: Call) -> None:
    given = course()
    works = [lambda: call("POST", "", given).status_code] * 6
    assert sorted(at_the_same_instant(*works)) == [201, 409, 409, 409, 409, 409]


def test_of_two_courses_of_one_id_at_the_same_instant_one_is_made(call: Call) -> None:
    id_course = str(uuid4())
    works = [lambda: call("POST", "", course(id_course=id_course)).status_code] * 4
    assert sorted(at_the_same_instant(*works)) == [201, 409, 409, 409]


BAD = [
    ({"name": None}, "name"),
    ({"name": ""}, "name"),
    ({"name": " \t\n "}, "name"),
    ({"name": 5}, "name"),
    ({"name": "x" * 501}, "name"),
    ({"name": "a\x00b"}, "name"),
    ({"name": "a\ud800b"}, "name"),
    ({"modality": None}, "modality"),
    ({"modality": " "}, "modality"),
    ({"level": "x" * 101}, "level"),
    ({"status": ["active"]}, "status"),
    ({"long_descrption": "x" * 20_001}, "long_descrption"),
    ({"roi": "\x00"}, "roi"),
    ({"session_count": -1}, "session_count"),
    ({"session_count": 32_768}, "session_count"),
    ({"session_count": 1.5}, "session_count"),
    ({"session_count": 1e400}, "session_count"),
    ({"session_count": float("nan")}, "session_count"),
    ({"session_count": "8"}, "session_count"),
    ({"session_count": True}, "session_count"),
    ({"total_duration_min": -1}, "total_duration_min"),
    ({"total_duration_min": 2**63}, "total_duration_min"),
    ({"price": 299}, "price"),
    ({"currency": "pesos"}, "currency"),
    ({"currency": "US"}, "currency"),
    ({"currency": "USD\n"}, "currency"),
    ({"currency": "ÑÑÑ"}, "currency"),
    ({"course_url": "example.com"}, "course_url"),
    ({"course_url": "ftp://example.com"}, "course_url"),
    ({"course_url": "javascript:alert(1)"}, "course_url"),
    ({"purchase_url": "https://"}, "purchase_url"),
    ({"purchase_url": "https://example.com/a b"}, "purchase_url"),
    ({"purchase_url": f"https://example.com/{'a' * 2000}"}, "purchase_url"),
    ({"purchase_url": ""}, "purchase_url"),
    ({"start_date": "12/01/2027"}, "start_date"),
    ({"start_date": "2027-02-30"}, "start_date"),
    ({"start_date": "2027-01-12T19:00:00Z"}, "start_date"),
    ({"start_date": "2027-01-12T19:00:00-06:00"}, "start_date"),
    ({"start_date": 1_800_000_000}, "start_date"),
    ({"start_date": "2027-01-12", "end_date": "2027-01-11"}, "end_date"),
    ({"id_course": "1"}, "id_course"),
    ({"created_at": "2027-01-12T19:00:00+00:00"}, "created_at"),
    ({"nombre": "x"}, "nombre"),
    ({"\ud800": "x"}, "\ud800"),
    ({"sessions": {}}, "sessions"),
    ({"sessions": [5]}, "sessions"),
    ({"sessions": [{}] * 201}, "sessions"),
    ({"sessions": [{"session_index": 40_000}]}, "sessions"),
    ({"sessions": [{"activities": [{"title_item": "Uno"}]}]}, "sessions"),
    ({"sessions": [{"activities": [{"item_session": 2**31}]}]}, "sessions"),
    ({"sessions": [{"elements": [{"item_type": "video", "url_test": "x"}]}]}, "sessions"),
    (
        {
            "sessions": [
                {
                    "elements": [
                        {"item_type": "v", "url_test": "https://a.b", "id_activity_fk": NOBODYS}
                    ]
                }
            ]
        },
        "sessions",
    ),
    ({"bonuses": [{"content": "x", "type_bond": "y"}]}, "bonuses"),
    ({"bonuses": [{"content": "x", "type_bond": "y", "emisor": "z", "id_bond": 1}]}, "bonuses"),
]


@pytest.mark.parametrize(("columns", "field"), BAD, ids=[str(bad)[:40] for bad, _ in BAD])
def test_a_bad_value_is_named_by_its_field(call: Call, columns: Body, field: str) -> None:
    response = call("POST", "", course(**columns))
    assert is_problem(response, 422)
    assert list(response.json["errors"]) == [field]


def test_several_bad_values_are_named_at_once(call: Call) -> None:
    response = call("POST", "", {"price": 5, "currency": "pesos", "level": None})
    assert is_problem(response, 422)
    assert set(response.json["errors"]) == {"name", "modality", "price", "currency"}


TEXT = {"Content-Type": "text/plain"}
JSON = {"Content-Type": "application/json; charset=utf-8"}
BODIES = [
    (b'{"name": "x", "modality": "online"}', TEXT, 415),
    (b'{"name": "x", "modality": "online"}', {}, 415),
    (b"name=x&modality=online", {"Content-Type": "application/x-www-form-urlencoded"}, 415),
    (b"", JSON, 400),
    (b"{", JSON, 400),
    (b"\xff\xfe", JSON, 400),
    (b'{"name": ' + b"9" * 5000 + b"}", JSON, 400),
    (b"[" * 100_000, JSON, 400),
    (b"null", JSON, 422),
    (b"[]", JSON, 422),
    (b'"name"', JSON, 422),
    (b'{"name": NaN, "modality": Infinity}', JSON, 422),
    (b'{"name": "' + b"x" * 300_000 + b'"}', JSON, 413),
]


@pytest.mark.parametrize(
    ("body", "headers", "status"), BODIES, ids=[f"{b[:12]} {s}" for b, _, s in BODIES]
)
def test_a_body_that_is_no_json_object_is_refused(app: Flask, body, headers, status) -> None:
    with app.app_context():
        key = access.create_key("test", [Scope.COURSES_WRITE])
    sent = headers | {"Authorization": f"Bearer {key}"}
    for method, path in (("POST", COURSES), ("PATCH", f"{COURSES}/{NOBODYS}")):
        sent["If-Match"] = "*"
        response = app.test_client().open(path, method=method, data=body, headers=sent)
        assert is_problem(response, status), response.text


def test_errors_are_ascii_so_that_any_name_can_be_told(call: Call) -> None:
    response = call("POST", "", course(**{"ñ\ud83d": 1}))
    assert response.data.isascii()
    assert list(json.loads(response.data)["errors"]) == ["ñ\ud83d"]


def test_without_a_database_writes_say_so(make_app: AppMaker) -> None:
    client = make_app(DATABASE_URL="postgresql://nobody@127.0.0.1:1/none").test_client()
    key = {"Authorization": f"Bearer brenda_1_{'a' * 43}", "If-Match": "*"}
    for method, path in (("POST", ""), ("PATCH", f"/{NOBODYS}"), ("DELETE", f"/{NOBODYS}")):
        response = client.open(COURSES + path, method=method, json=course(), headers=key)
        assert is_problem(response, 503)
