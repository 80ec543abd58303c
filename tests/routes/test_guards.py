"""Every route of the app with the guard that stands before it; a new one must be added here."""

from flask import Flask

from bot.models.access import Scope
from bot.routes.guards import anyone, signed_by_twilio, simulator_is_on

TWILIO = signed_by_twilio.__name__
PUBLIC = anyone.__name__
SIMULATOR = simulator_is_on.__name__
COURSES = f"api_key_with_{Scope.COURSES_READ}_or_{Scope.COURSES_WRITE}"
LEADS = f"api_key_with_{Scope.LEADS_READ}_or_{Scope.ADMIN}"
USERS = f"api_key_with_{Scope.USERS_READ}_or_{Scope.USERS_WRITE}"
STATIC = "static files and the API's description"

GUARDS = {
    "POST /webhook/whatsapp": TWILIO,
    "GET /healthz": PUBLIC,
    "GET /readyz": PUBLIC,
    "GET /metrics": PUBLIC,
    "GET /simulator": SIMULATOR,
    "POST /simulator/messages": SIMULATOR,
    "GET /static/<path:filename>": STATIC,
    "GET /api/openapi.json": STATIC,
    "GET /api/docs": STATIC,
    "GET /api/v1/courses": COURSES,
    "POST /api/v1/courses": COURSES,
    "GET /api/v1/courses/<uuid:id_course>": COURSES,
    "PATCH /api/v1/courses/<uuid:id_course>": COURSES,
    "DELETE /api/v1/courses/<uuid:id_course>": COURSES,
    "GET /api/v1/courses/search": COURSES,
    "GET /api/v1/courses/recommendations": COURSES,
    "GET /api/v1/courses/statistics": COURSES,
    "GET /api/v1/courses/options": COURSES,
    "GET /api/v1/leads": LEADS,
    "GET /api/v1/leads/statistics": LEADS,
    "GET /api/v1/users/<user_id>": USERS,
    "PATCH /api/v1/users/<user_id>": USERS,
    "DELETE /api/v1/users/<user_id>": USERS,
    "GET /api/v1/users/<user_id>/messages": USERS,
    "GET /api/v1/users/<user_id>/export": USERS,
}


def guard_of(app: Flask, endpoint: str) -> str:
    if endpoint == "static" or endpoint.startswith("api-docs."):
        return STATIC
    blueprint = endpoint.rpartition(".")[0]
    guards = app.before_request_funcs.get(blueprint, [])
    return " and ".join(guard.__name__ for guard in guards) or "nobody"


def test_every_route_stands_behind_its_guard(app: Flask) -> None:
    found = {
        f"{method} {rule.rule}": guard_of(app, rule.endpoint)
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert found == GUARDS


def test_a_guard_also_stands_before_head_and_options(app: Flask) -> None:
    client = app.test_client()
    for path in ("/api/v1/courses", "/api/v1/users/1"):
        assert client.head(path).status_code == 401
        assert client.options(path).status_code == 401
    assert client.options("/webhook/whatsapp").status_code == 403
    assert client.options("/simulator/messages").status_code == 404
