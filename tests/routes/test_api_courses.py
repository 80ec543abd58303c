"""The catalogue as internal tools read it, over HTTP, on PostgreSQL."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import get_ident
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask
from sqlalchemy import event, text
from werkzeug.test import TestResponse

from bot.extensions import db
from bot.models.access import Scope
from bot.services import access
from tests.support.apps import AppMaker
from tests.support.webhook import MARIA, Webhook

COURSES = "/api/v1/courses"
MARKETING = "e7a7c4a9-a357-59d0-9e84-9722f56f4cb8"
NOBODYS = "00000000-0000-0000-0000-000000000000"

Get = Callable[..., TestResponse]


def getter(app: Flask, *scopes: Scope) -> Get:
    """GETs below /api/v1/courses with a key of these scopes."""
    with app.app_context():
        token = access.create_key("test", scopes)
    client = app.test_client()

    def get(path: str = "", **headers: str) -> TestResponse:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return client.get(COURSES + path, headers=sent | {"Authorization": f"Bearer {token}"})

    return get


@pytest.fixture
def get(app: Flask) -> Get:
    return getter(app, Scope.COURSES_READ)


@pytest.fixture
def listed(get: Get) -> Callable[[str], list[dict[str, Any]]]:
    """All courses of a query."""

    def listed(query: str) -> list[dict[str, Any]]:
        response = get(f"?page_size=100&{query}")
        assert response.status_code == 200, response.text
        return response.json

    return listed


@contextmanager
def statements(app: Flask) -> Iterator[list[str]]:
    """The SQL that runs meanwhile."""
    seen: list[str] = []
    asking = get_ident()

    def note(_connection, _cursor, statement, *_rest):
        if get_ident() == asking:
            seen.append(statement)

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)


def ids(courses: list[dict[str, Any]]) -> list[str]:
    return [course["id_course"] for course in courses]


def is_problem(response: TestResponse, status: int) -> bool:
    body = response.json
    return (
        response.status_code == status == body["code"]
        and bool(body["status"])
        and bool(body["message"])
        and (status != 422 or bool(body["errors"]))
    )


# The list


def test_the_list_is_paged_and_tells_how_many_there_are(get: Get) -> None:
    pages = [get(f"?page_size=10&page={page}") for page in (1, 2, 3)]
    assert [len(page.json) for page in pages] == [10, 10, 4]
    everything = [id_course for page in pages for id_course in ids(page.json)]
    assert len(set(everything)) == 24
    last = json.loads(pages[2].headers["X-Pagination"])
    assert last == {
        "total": 24,
        "total_pages": 3,
        "first_page": 1,
        "last_page": 3,
        "page": 3,
        "previous_page": 2,
    }


def test_a_page_holds_a_hundred_at_most(get: Get) -> None:
    assert len(get("?page_size=100").json) == 24
    assert is_problem(get("?page_size=101"), 422)


@pytest.mark.parametrize("page", ["3", "99999999999", "9" * 18, "9" * 30])
def test_a_page_beyond_the_end_is_empty(get: Get, page: str) -> None:
    response = get(f"?page_size=100&page={page}")
    assert (response.status_code, response.json) == (200, [])
    assert json.loads(response.headers["X-Pagination"])["total"] == 24


def test_an_empty_result_says_so_in_the_header(get: Get) -> None:
    response = get("?q=submarinismo")
    assert response.json == []
    assert json.loads(response.headers["X-Pagination"]) == {"total": 0, "total_pages": 0}


FILTERS = [
    ("level=intermedio", lambda course: course["level"] == "intermedio"),
    ("modality=online", lambda course: course["modality"] == "online"),
    ("status=active", lambda course: course["status"] == "active"),
    ("status=ACTIVE", lambda course: course["status"] == "active"),
    ("audience=Marketing", lambda course: course["audience_category"] == "Marketing"),
    ("currency=usd", lambda course: course["currency"] == "USD"),
    (
        "level=intermedio&currency=MXN",
        lambda c: (c["level"], c["currency"]) == ("intermedio", "MXN"),
    ),
]


@pytest.mark.parametrize(("query", "fits"), FILTERS, ids=[query for query, _ in FILTERS])
def test_a_filter_narrows_the_list_to_what_fits(listed, query: str, fits) -> None:
    everything = listed("")
    assert ids(listed(query)) == ids([course for course in everything if fits(course)])
    assert 0 < len(listed(query)) < len(everything)


@pytest.mark.parametrize(
    ("spelling", "plain"),
    [
        ("level=Intermediate", "level=intermedio"),
        ("level=BEGINNER", "level=principiante"),
        ("level=%20advanced%20", "level=avanzado"),
        ("level=básico", "level=principiante"),
        ("modality=In-person", "modality=presencial"),
        ("modality=en línea", "modality=online"),
        ("modality=Hybrid", "modality=híbrido"),
    ],
)
def test_level_and_modality_are_read_in_any_spelling(listed, spelling: str, plain: str) -> None:
    assert ids(listed(spelling)) == ids(listed(plain)) != []


def test_the_language_is_read_in_any_case(listed) -> None:
    assert len(listed("language=español")) == len(listed("language=ESPAÑOL")) == 24
    assert listed("language=inglés") == []


def test_an_unknown_level_fits_no_course(listed) -> None:
    assert listed("level=cinturón negro") == []


def test_an_empty_filter_is_no_filter(listed) -> None:
    assert len(listed("level=&modality=&q=&status=&currency=")) == 24


def test_prices_are_compared_as_numbers(listed) -> None:
    cheap, dear = listed("currency=USD&max_price=299"), listed("currency=USD&min_price=299.01")
    assert MARKETING in ids(cheap)
    assert not set(ids(cheap)) & set(ids(dear))
    assert len(cheap) + len(dear) == len(listed("currency=USD"))
    assert MARKETING in ids(listed("currency=USD&min_price=299&max_price=299"))


def test_q_finds_words_in_any_inflection_and_without_accents(listed) -> None:
    assert MARKETING in ids(listed("q=automatizar"))
    assert ids(listed("q=automatización")) == ids(listed("q=automatizacion"))


@pytest.mark.parametrize("key", ["name", "price", "start_date", "created_at", "level"])
def test_the_list_is_sorted_both_ways(listed, key: str) -> None:
    up = [course[key] for course in listed(f"sort={key}&currency=USD") if course[key]]
    down = [course[key] for course in listed(f"sort=-{key}&currency=USD") if course[key]]
    if key == "price":
        up, down = ([float(text.replace(",", "")) for text in texts] for texts in (up, down))
    assert down == up[::-1]
    # How a database orders accents and capitals is its own affair.
    assert key == "name" or up == sorted(up)


BAD_QUERIES = [
    ("page=0", "page"),
    ("page=-1", "page"),
    ("page=abc", "page"),
    ("page=1.5", "page"),
    ("page=" + "9" * 5000, "page"),
    ("page_size=0", "page_size"),
    ("page_size=1e3", "page_size"),
    ("min_price=abc", "min_price"),
    ("min_price=-1", "min_price"),
    ("min_price=NaN", "min_price"),
    ("max_price=Infinity", "max_price"),
    ("max_price=1e131072", "max_price"),
    ("max_price=1e999999999", "max_price"),
    ("sort=length", "sort"),
    ("sort=name;drop", "sort"),
    ("level=%00", "level"),
    ("modality=a%00b", "modality"),
    ("status=%00", "status"),
    ("language=%00", "language"),
    ("audience=%00", "audience"),
    ("currency=%00", "currency"),
]


@pytest.mark.parametrize(("query", "field"), BAD_QUERIES, ids=[q[:25] for q, _ in BAD_QUERIES])
def test_a_bad_value_is_named_by_its_field(get: Get, query: str, field: str) -> None:
    response = get(f"?{query}")
    assert is_problem(response, 422)
    assert list(response.json["errors"]) == [field]


def test_several_bad_values_are_named_at_once(get: Get) -> None:
    errors = get("?min_price=x&sort=y&max_price=-1").json["errors"]
    assert set(errors) == {"min_price", "sort", "max_price"}


HOSTILE = [
    "%00",
    "a%00b",
    "%ED%A0%80",
    "%FF%FE",
    "%F0%9F%98%80",
    "'; DROP TABLE ai_courses; --",
    '" OR 1=1 %s %(x)s {0}',
    "python' | !x & <-> :*",
    "\\",
    "%25",
    "a" * 60_000,
    "a," * 10_000,
    "\u202e\u2067abc",
    "   ",
]
PLACES = [
    "?q={}",
    "?level={}",
    "?modality={}",
    "?status={}",
    "?language={}",
    "?audience={}",
    "?currency={}",
    "?min_price={}",
    "?sort={}",
    "?page={}",
    "?unknown={}",
    "/search?q={}",
    "/search?q=a&limit={}",
    "/recommendations?interests={}",
    "/recommendations?level={}",
    "/recommendations?modality={}",
    "/recommendations?user_id={}",
    "/recommendations?limit={}",
    "/{}",
]


@pytest.mark.parametrize("place", PLACES)
def test_no_input_makes_the_api_fail(get: Get, place: str) -> None:
    for value in HOSTILE:
        sent = value if value.startswith("%") else quote(value)
        response = get(place.format(sent))
        assert response.status_code in (200, 404, 422), (place, value[:40])
        assert response.status_code == 200 or is_problem(response, response.status_code)
    assert len(get("?page_size=100").json) == 24


# One course


def test_a_course_comes_with_everything_that_belongs_to_it(get: Get) -> None:
    course = get(f"/{MARKETING}").json
    assert course["name"] == "Automatización con IA para Marketing"
    assert course["price"] == "299"
    assert course["session_count"] == len(course["sessions"]) == 8
    assert [session["session_index"] for session in course["sessions"]] == list(range(1, 9))
    assert all(session["title"] and session["scheduled_at"] for session in course["sessions"])
    for session in course["sessions"]:
        places = [activity["item_session"] for activity in session["activities"]]
        assert places == sorted(places) != []
    assert all(bonus["content"] for bonus in course["bonuses"])
    assert any(
        element["url_test"] for session in course["sessions"] for element in session["elements"]
    )


def test_the_number_of_statements_does_not_grow_with_the_sessions(app: Flask, get: Get) -> None:
    counts, sizes = set(), set()
    for id_course in ids(get("?page_size=100").json):
        with statements(app) as seen:
            sizes.add(len(get(f"/{id_course}").json["sessions"]))
        counts.add(len(seen))
    assert len(sizes) > 1
    assert len(counts) == 1


def test_the_list_and_the_search_run_as_many_statements_for_one_as_for_all(
    app: Flask, get: Get
) -> None:
    get("/search?q=excel")  # the first search of a process counts the words of the catalogue
    for path in ("?page_size={}", "/search?q=excel&limit={}", "/recommendations?limit={}"):
        counts = set()
        for size in (1, 20):
            with statements(app) as seen:
                get(path.format(size))
            counts.add(len(seen))
        assert len(counts) == 1, path


@pytest.mark.parametrize("spelling", [MARKETING, MARKETING.upper()])
def test_an_id_is_read_in_either_case(get: Get, spelling: str) -> None:
    assert get(f"/{spelling}").json["id_course"] == MARKETING


@pytest.mark.parametrize("id_course", [NOBODYS, "garbage", MARKETING[:-1], MARKETING + "0", "%00"])
def test_an_unknown_course_is_not_found(get: Get, id_course: str) -> None:
    assert is_problem(get(f"/{id_course}"), 404)


def test_a_course_that_did_not_change_is_not_sent_again(get: Get) -> None:
    first = get(f"/{MARKETING}")
    again = get(f"/{MARKETING}", If_None_Match=first.headers["ETag"])
    assert (again.status_code, again.data) == (304, b"")
    other = get(f"/{MARKETING}", If_None_Match='"something-else"')
    assert other.status_code == 200
    assert other.headers["ETag"] == first.headers["ETag"]


def test_a_course_that_changed_has_another_etag(app: Flask, get: Get) -> None:
    before = get(f"/{MARKETING}").headers["ETag"]
    rename = "UPDATE ai_course_session SET title = title || :more WHERE id_course_fk = :id"
    with app.app_context():
        db.session.execute(text(rename), {"more": "!", "id": MARKETING})
        db.session.commit()
    try:
        changed = get(f"/{MARKETING}", If_None_Match=before)
        assert changed.status_code == 200
        assert changed.headers["ETag"] != before
    finally:
        with app.app_context():
            undo = rename.replace("title || :more", "rtrim(title, :more)")
            db.session.execute(text(undo), {"more": "!", "id": MARKETING})
            db.session.commit()


# Search, recommendations, figures


def test_a_search_ranks_the_best_course_first(get: Get) -> None:
    found = get("/search?q=excel finanzas").json
    assert "Excel" in found[0]["course"]["name"]
    scores = [item["score"] for item in found]
    assert scores == sorted(scores, reverse=True)
    assert len(get("/search?q=datos marketing&limit=2").json) == 2


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("", "q"),
        ("?q=", "q"),
        (f"?q={'a' * 501}", "q"),
        ("?q=a&limit=0", "limit"),
        ("?q=a&limit=101", "limit"),
    ],
)
def test_a_search_needs_words_and_a_sensible_limit(get: Get, query: str, field: str) -> None:
    response = get(f"/search{query}")
    assert is_problem(response, 422)
    assert list(response.json["errors"]) == [field]


def test_recommendations_fit_the_interests_and_say_why(get: Get) -> None:
    found = get("/recommendations?interests=marketing,automatización&limit=2").json
    assert len(found) == 2
    assert MARKETING in [item["course"]["id_course"] for item in found]
    interests = ("marketing", "automatización")
    assert all(any(each in item["reasons"][0] for each in interests) for item in found)


@pytest.mark.parametrize("spelling", ["intermedio", "Intermediate", "MEDIO"])
def test_a_level_counts_in_any_spelling(get: Get, spelling: str) -> None:
    found = get(f"/recommendations?interests=marketing&level={spelling}&limit=20").json
    reasons = [reason for item in found for reason in item["reasons"]]
    assert "va con tu nivel (intermedio)" in reasons


def test_a_modality_counts_in_any_spelling(get: Get) -> None:
    found = get("/recommendations?interests=marketing&modality=En línea&limit=20").json
    assert "es online, como prefieres" in [r for item in found for r in item["reasons"]]


def test_without_interests_the_next_courses_to_begin_are_recommended(get: Get) -> None:
    found = get("/recommendations").json
    assert len(found) == 3
    assert all(item["reasons"] for item in found)


def test_a_known_lead_brings_interests_along(app: Flask, webhook: Webhook, get: Get) -> None:
    webhook.say("hola, me interesa el marketing")
    found = get(f"/recommendations?user_id={MARIA}").json
    assert MARKETING in [item["course"]["id_course"] for item in found]
    assert "marketing" in found[0]["reasons"][0]


@pytest.mark.parametrize("user_id", ["5215500000000", "nobody", "%00", "a%00b", "%ED%A0%80"])
def test_recommendations_for_somebody_unknown_are_not_found(get: Get, user_id: str) -> None:
    assert is_problem(get(f"/recommendations?user_id={user_id}"), 404)


def test_the_statistics_add_up(get: Get) -> None:
    figures = get("/statistics").json
    assert figures["total"] == 24
    for tally in ("by_level", "by_modality", "by_status", "by_audience"):
        assert sum(figures[tally].values()) == 24
    assert {price["currency"] for price in figures["prices"]} >= {"USD", "MXN"}
    assert all(float(p["lowest"]) <= float(p["highest"]) for p in figures["prices"])


def test_the_options_are_what_the_filters_can_take(get: Get, listed) -> None:
    options = get("/options").json
    assert set(options) == {"levels", "modalities", "languages", "audiences"}
    for level in options["levels"]:
        assert listed(f"level={level}")
    for audience in options["audiences"]:
        assert listed(f"audience={quote(audience)}")


# Without a database


READS = ["", f"/{MARKETING}", "/search?q=a", "/recommendations", "/statistics", "/options"]


@pytest.mark.parametrize(
    "environment",
    [{"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"}, {"STORAGE_MODE": "json"}],
    ids=["away", "none"],
)
def test_without_a_database_the_api_says_so(make_app: AppMaker, environment) -> None:
    client = make_app(**environment).test_client()
    key = {"Authorization": f"Bearer brenda_1_{'a' * 43}"}
    for path in READS:
        assert is_problem(client.get(COURSES + path, headers=key), 503)
