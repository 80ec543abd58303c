"""The API's description, and the page that shows it without help from outside."""

import re
from html.parser import HTMLParser

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jsonschema_rs import validator_for

from bot.schemas.course_changes import CourseChangeSchema, NewCourseSchema

# What can happen beside 401, 403, 429 and 503: those can happen everywhere.
BODY = {"400", "413", "415"}
ANSWERS = {
    ("get", "/api/v1/courses"): {"200", "422"},
    ("post", "/api/v1/courses"): {"201", "409", "422"} | BODY,
    ("get", "/api/v1/courses/{id_course}"): {"200", "304", "404"},
    ("patch", "/api/v1/courses/{id_course}"): {"200", "404", "409", "412", "422", "428"} | BODY,
    ("delete", "/api/v1/courses/{id_course}"): {"204", "404", "412", "428"},
    ("get", "/api/v1/courses/search"): {"200", "422"},
    ("get", "/api/v1/courses/recommendations"): {"200", "404", "422"},
    ("get", "/api/v1/courses/statistics"): {"200"},
    ("get", "/api/v1/courses/options"): {"200"},
    ("get", "/api/v1/leads/statistics"): {"200"},
    ("get", "/api/v1/users/{user_id}"): {"200", "404", "422"},
    ("get", "/api/v1/users/{user_id}/messages"): {"200", "404", "422"},
    ("get", "/api/v1/users/{user_id}/export"): {"200", "404", "422"},
    ("patch", "/api/v1/users/{user_id}"): {"200", "404", "422"} | BODY,
    ("delete", "/api/v1/users/{user_id}"): {"204", "404", "422"},
}
EVERYWHERE = {"401", "403", "429", "503"}


class Assets(HTMLParser):
    """Collects what a page makes a browser load."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        loads = {"src"} | ({"href"} if tag == "link" else set())
        self.found += [value or "" for name, value in attrs if name in loads]


@pytest.fixture
def spec(make_app) -> dict:
    return make_app().test_client().get("/api/openapi.json").json


def operations(spec: dict):
    for path, methods in spec["paths"].items():
        for method, operation in methods.items():
            if method != "parameters":
                yield method, path, operation


def test_the_description_is_openapi_3_1_and_needs_no_key(spec) -> None:
    assert re.fullmatch(r"3\.1\.\d+", spec["openapi"])
    assert spec["info"]["title"] == "Brenda"


def test_every_route_of_the_api_is_described(app: Flask, spec) -> None:
    routed = {
        (method.lower(), re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule))
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/v1")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert {(method, path) for method, path, _ in operations(spec)} == routed


def test_every_answer_that_can_happen_is_described(spec) -> None:
    for method, path, operation in operations(spec):
        described = set(operation["responses"])
        assert described >= EVERYWHERE, path
        if (method, path) in ANSWERS:
            assert described == EVERYWHERE | ANSWERS[method, path], path


def test_every_error_answer_has_the_error_schema(spec) -> None:
    for _, path, operation in operations(spec):
        for status, answer in operation["responses"].items():
            if status[0] in "45":
                answer = resolved(spec, answer)
                schema = answer["content"]["application/json"]["schema"]
                assert schema == {"$ref": "#/components/schemas/Error"}, (path, status)
    error = spec["components"]["schemas"]["Error"]["properties"]
    assert set(error) == {"code", "status", "message", "errors"}


def test_every_error_answer_has_an_example_of_its_own(spec) -> None:
    for _, path, operation in operations(spec):
        for status, answer in operation["responses"].items():
            if status[0] in "45":
                example = answer["content"]["application/json"]["example"]
                assert str(example["code"]) == status, path
                assert example["message"]


def test_every_body_has_an_example_that_its_schema_allows(spec) -> None:
    for method, path, operation in operations(spec):
        bodies = [a for status, a in operation["responses"].items() if status[0] == "2"]
        bodies += [operation["requestBody"]] if "requestBody" in operation else []
        for body in bodies:
            if "content" not in body:
                assert method == "delete"
                continue
            content = body["content"]["application/json"]
            whole = content["schema"] | {"components": spec["components"]}
            validator_for(whole).validate(content["example"])
            assert leaves(content["example"]), path


def test_the_examples_of_requests_can_be_sent(spec) -> None:
    one = spec["paths"]["/api/v1/courses"], spec["paths"]["/api/v1/courses/{id_course}"]
    for schema, operation in (
        (NewCourseSchema, one[0]["post"]),
        (CourseChangeSchema, one[1]["patch"]),
    ):
        assert schema().load(operation["requestBody"]["content"]["application/json"]["example"])


def test_what_is_written_conditionally_says_so(spec) -> None:
    one = spec["paths"]["/api/v1/courses/{id_course}"]
    required = {
        method: {p["name"]: p.get("required", False) for p in one[method]["parameters"]}
        for method in ("get", "patch", "delete")
    }
    assert required == {
        "get": {"If-None-Match": False},
        "patch": {"If-Match": True},
        "delete": {"If-Match": True},
    }


def test_headers_of_answers_are_described(spec) -> None:
    courses, one = spec["paths"]["/api/v1/courses"], spec["paths"]["/api/v1/courses/{id_course}"]
    assert set(courses["post"]["responses"]["201"]["headers"]) == {"Location", "ETag"}
    assert set(one["get"]["responses"]["200"]["headers"]) == {"ETag"}
    assert set(one["patch"]["responses"]["200"]["headers"]) == {"ETag"}
    for _, path, operation in operations(spec):
        limits = operation["responses"]["429"]["headers"]
        assert {"Retry-After", "X-RateLimit-Remaining"} <= set(limits), path


def test_every_operation_has_a_summary_and_needs_the_key(spec) -> None:
    scheme = spec["components"]["securitySchemes"]["key"]
    assert (scheme["type"], scheme["scheme"]) == ("http", "bearer")
    assert spec["security"] == [{"key": []}]
    for _, path, operation in operations(spec):
        assert operation["summary"], path
        assert operation.get("security", [{"key": []}]) == [{"key": []}]


def test_every_reference_leads_somewhere(spec) -> None:
    for reference in references(spec):
        assert resolved(spec, {"$ref": reference}), reference


def test_the_filters_are_described_with_their_limits(spec) -> None:
    parameters = {p["name"]: p for p in spec["paths"]["/api/v1/courses"]["get"]["parameters"]}
    filters = "level modality status language audience min_price max_price currency q sort"
    assert set(parameters) == {*filters.split(), "page", "page_size"}
    assert parameters["page_size"]["schema"]["maximum"] == 100
    assert "-price" in parameters["sort"]["schema"]["enum"]


def test_the_page_header_of_the_list_is_described(spec) -> None:
    answer = spec["paths"]["/api/v1/courses"]["get"]["responses"]["200"]
    assert "application/json" in answer["headers"]["X-Pagination"]["content"]


def test_the_documentation_page_loads_nothing_from_elsewhere(client: FlaskClient) -> None:
    page = client.get("/api/docs")
    assert page.status_code == 200
    parser = Assets()
    parser.feed(page.text)
    assert len(parser.found) >= 3
    for asset in parser.found:
        assert asset.startswith("/")
        assert not asset.startswith("//")
        response = client.get(asset)
        assert response.status_code == 200, asset
        response.close()
    assert not re.search(r"https?://", page.text)
    assert "/api/openapi.json" in page.text


def test_the_documentation_page_asks_no_public_validator(client: FlaskClient) -> None:
    assert '"validatorUrl": null' in client.get("/api/docs").text


def test_the_style_of_the_documentation_page_loads_nothing_from_elsewhere(client) -> None:
    with client.get("/static/swagger-ui/swagger-ui.css") as response:
        loaded = re.findall(r"(?:url\(|@import)\s*[\"']?([^\"')]+)", response.text)
    assert all(address.startswith("data:") for address in loaded)


def leaves(node) -> list:
    """What an example says in the end; nothing of it may be a placeholder."""
    if isinstance(node, dict | list):
        inner = node.values() if isinstance(node, dict) else node
        return [leaf for value in inner for leaf in leaves(value)]
    assert node != "string"
    return [node]


def references(node):
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def resolved(spec: dict, node: dict) -> dict:
    while "$ref" in node:
        target = spec
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        node = target
    return node
