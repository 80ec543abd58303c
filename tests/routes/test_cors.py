"""Pages of other origins: shut out, unless their origin is named."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from bot.models.access import Scope
from bot.services import access
from tests.support.apps import AppMaker

COURSES = "/api/v1/courses"
TOOLS, STRANGER = "https://tools.example.com", "https://evil.example.com"
PREFLIGHT = {
    "Access-Control-Request-Method": "PATCH",
    "Access-Control-Request-Headers": "authorization,content-type,if-match",
}


@pytest.fixture
def opened(make_app: AppMaker, demo_url: str) -> Flask:
    """Brenda for pages of two origins, with limits on."""
    return make_app(
        DATABASE_URL=demo_url,
        API_CORS_ORIGINS=f"{TOOLS}, http://localhost:3000",
        RATELIMIT_ENABLED="true",
        API_RATE_LIMIT="2 per hour",
    )


def bearer(app: Flask) -> dict[str, str]:
    with app.app_context():
        return {"Authorization": f"Bearer {access.create_key('test', [Scope.ADMIN])}"}


def access_control(response: TestResponse) -> dict[str, str]:
    return {
        name.removeprefix("Access-Control-"): value
        for name, value in response.headers
        if name.startswith("Access-Control-")
    }


def preflight(client: FlaskClient, origin: str, path: str = COURSES, **headers: str):
    return client.options(path, headers={"Origin": origin, **PREFLIGHT, **headers})


# Off


def test_no_other_origin_is_let_in_unless_it_is_named(app: Flask, client: FlaskClient) -> None:
    key = bearer(app)
    for path in (COURSES, f"{COURSES}/garbage", "/healthz", "/api/openapi.json"):
        for sent in ({}, key):
            response = client.get(path, headers={"Origin": TOOLS, **sent})
            assert access_control(response) == {}
    refused = preflight(client, TOOLS)
    assert (refused.status_code, access_control(refused)) == (401, {})


# On


def test_a_page_of_a_named_origin_may_read_every_answer(opened: Flask) -> None:
    key, client = bearer(opened), opened.test_client()
    page = {"Origin": TOOLS}
    answers = [
        client.get(COURSES, headers=page | key),
        client.get(f"{COURSES}?page=0", headers=page | key),
        client.get(COURSES, headers=page | key),
        client.get(COURSES, headers=page),
        client.get(f"{COURSES}/garbage", headers=page),
    ]
    assert [answer.status_code for answer in answers] == [200, 422, 429, 401, 404]
    for answer in answers:
        allowed = access_control(answer)
        assert allowed["Allow-Origin"] == TOOLS
        exposed = set(allowed["Expose-Headers"].split(", "))
        assert exposed >= {"ETag", "Location", "X-Pagination", "Retry-After"}
        assert "Origin" in answer.headers["Vary"]
        assert "Allow-Credentials" not in allowed


@pytest.mark.parametrize("origin", [STRANGER, "null", f"{TOOLS}.evil.example", TOOLS[:-1], ""])
def test_a_page_of_another_origin_may_not(opened: Flask, origin: str) -> None:
    client = opened.test_client()
    answer = client.get(COURSES, headers={"Origin": origin, **bearer(opened)})
    assert (answer.status_code, access_control(answer)) == (200, {})
    assert access_control(preflight(client, origin)) == {}


def test_a_browser_may_ask_first_and_needs_no_key_for_it(opened: Flask) -> None:
    client = opened.test_client()
    for _ in range(4):
        answer = preflight(client, "http://localhost:3000")
        assert answer.status_code == 200
        assert "X-RateLimit-Limit" not in answer.headers
    allowed = access_control(answer)
    assert allowed["Allow-Origin"] == "http://localhost:3000"
    assert set(allowed["Allow-Methods"].split(", ")) == {"GET", "HEAD", "POST", "PATCH", "DELETE"}
    assert allowed["Allow-Headers"] == "authorization, content-type, if-match"
    assert allowed["Max-Age"] == "600"


def test_asking_without_a_method_is_a_call_like_any_other(opened: Flask) -> None:
    assert opened.test_client().options(COURSES, headers={"Origin": TOOLS}).status_code == 401


def test_only_the_api_is_opened(opened: Flask) -> None:
    client = opened.test_client()
    for path in ("/healthz", "/readyz", "/metrics", "/api/openapi.json", "/api/docs"):
        assert access_control(client.get(path, headers={"Origin": TOOLS})) == {}
    for path in ("/webhook/whatsapp", "/simulator/messages"):
        assert preflight(client, TOOLS, path).status_code in (403, 404)
