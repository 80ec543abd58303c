"""The API's description, and the page that shows it without help from outside."""

import re
from html.parser import HTMLParser

import pytest
from flask import Flask
from flask.testing import FlaskClient

# What can happen beside the good answer, 401, 403 and 503: those can happen everywhere.
ANSWERS = {
    ("get", "/api/v1/courses"): {"200", "422"},
    ("get", "/api/v1/courses/{id_course}"): {"200", "304", "404"},
    ("get", "/api/v1/courses/search"): {"200", "422"},
    ("get", "/api/v1/courses/recommendations"): {"200", "404", "422"},
    ("get", "/api/v1/courses/statistics"): {"200"},
    ("get", "/api/v1/courses/options"): {"200"},
    ("get", "/api/v1/users/{user_id}"): {"200", "404"},
}
EVERYWHERE = {"401", "403", "503"}


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
        described = set(operation["responses"]) - {"default"}
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
    assert "X-Pagination" in answer["headers"]


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
