"""Keys for the API, the shape of its errors, and one person's memory."""

from collections.abc import Callable
from hashlib import sha256

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from bot.extensions import db
from bot.models.access import Scope
from bot.services import access
from tests.support.webhook import MARIA, Webhook

USERS = "/api/v1/users"
COLUMNS = {
    "user_id",
    "name",
    "role",
    "interests",
    "pain_points",
    "lead_score",
    "interaction_count",
    "first_interaction_at",
    "last_interaction_at",
    "message_history",
    "additional_data",
}
FACTS = {"level", "modality", "budget", "currency", "email", "company", "stage", "opted_out"}

MakeKey = Callable[..., str]


@pytest.fixture
def make_key(app: Flask) -> MakeKey:
    def make_key(*scopes: Scope) -> str:
        with app.app_context():
            return access.create_key("test", scopes)

    return make_key


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


# Keys

GET_OF = {
    Scope.COURSES_READ: "/api/v1/courses/options",
    Scope.USERS_READ: f"{USERS}/5215500000000",
}


def test_no_key_is_refused_with_the_way_to_log_in(client: FlaskClient) -> None:
    for path in GET_OF.values():
        response = client.get(path)
        assert response.status_code == 401
        assert response.headers["WWW-Authenticate"] == "Bearer"
        assert response.json["code"] == 401
        assert "api-keys create" in response.json["message"]


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer ",
        "Bearer nonsense",
        "Bearer brenda_1_short",
        f"Bearer brenda_1_{'a' * 44}",
        f"Bearer brenda__{'a' * 43}",
        f"Bearer brenda_-1_{'a' * 43}",
        f"Bearer brenda_{'9' * 19}_{'a' * 43}",
        f"Bearer brenda_{'9' * 18}_{'a' * 43}",
        "Bearer \xe9\xff",
        "Basic YTpi",
        "Bearer a, Bearer b",
        "Bearer ' OR 1=1 --",
        "Bearer " + "x" * 10_000,
    ],
)
def test_a_malformed_or_unknown_key_is_refused(client: FlaskClient, header: str) -> None:
    response = client.get(f"{USERS}/{MARIA}", headers={"Authorization": header})
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == "Bearer"


def test_a_wrong_secret_is_refused(client: FlaskClient, make_key: MakeKey) -> None:
    token = make_key(Scope.ADMIN)
    other = make_key(Scope.ADMIN)
    mixed = token[:-43] + other[-43:]
    assert client.get(GET_OF[Scope.COURSES_READ], headers=bearer(mixed)).status_code == 401
    assert client.get(GET_OF[Scope.COURSES_READ], headers=bearer(token)).status_code == 200


def test_a_key_in_another_scheme_is_refused(client: FlaskClient, make_key: MakeKey) -> None:
    header = {"Authorization": f"Basic {make_key(Scope.ADMIN)}"}
    assert client.get(GET_OF[Scope.COURSES_READ], headers=header).status_code == 401


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "Bearer "])
def test_the_scheme_is_read_in_any_case(client, make_key: MakeKey, scheme: str) -> None:
    header = {"Authorization": f"{scheme} {make_key(Scope.COURSES_READ)}"}
    assert client.get(GET_OF[Scope.COURSES_READ], headers=header).status_code == 200


def test_a_revoked_key_is_refused_at_once(app: Flask, client, make_key: MakeKey) -> None:
    token = make_key(Scope.COURSES_READ)
    assert client.get(GET_OF[Scope.COURSES_READ], headers=bearer(token)).status_code == 200
    with app.app_context():
        access.revoke_key(int(token.split("_")[1]))
    assert client.get(GET_OF[Scope.COURSES_READ], headers=bearer(token)).status_code == 401


@pytest.mark.parametrize("scope", Scope)
@pytest.mark.parametrize("needed", GET_OF)
def test_a_key_opens_what_its_scope_names_and_admin_opens_all(
    client, make_key: MakeKey, scope: Scope, needed: Scope
) -> None:
    response = client.get(GET_OF[needed], headers=bearer(make_key(scope)))
    if scope in (needed, Scope.ADMIN):
        assert response.status_code in (200, 404)
    else:
        assert response.status_code == 403
        assert str(needed) in response.json["message"]


def test_a_key_may_carry_several_scopes(client, make_key: MakeKey) -> None:
    key = bearer(make_key(Scope.COURSES_READ, Scope.USERS_READ))
    assert [client.get(path, headers=key).status_code for path in GET_OF.values()] == [200, 404]


def test_only_a_hash_of_the_secret_is_stored(app: Flask, make_key: MakeKey) -> None:
    token = make_key(Scope.ADMIN)
    secret = token[-43:]
    with app.app_context():
        row = db.session.execute(text("SELECT * FROM api_keys")).mappings().one()
    assert bytes(row["secret_hash"]) == sha256(secret.encode()).digest()
    assert not any(secret in str(value) for value in row.values())


def test_without_a_key_nobody_learns_who_is_known(client: FlaskClient, webhook: Webhook) -> None:
    webhook.say("hola")
    known, unknown = (client.get(f"{USERS}/{user_id}") for user_id in (MARIA, "nobody"))
    assert (known.status_code, known.json) == (unknown.status_code, unknown.json)


# The shape of errors

PROBLEMS = [
    ("GET", "/nowhere", 404),
    ("GET", "/api/v1/nowhere", 404),
    ("GET", "/api/v1/courses/", 404),
    ("GET", "/static/nothing.css", 404),
    ("GET", "/%00", 404),
    ("GET", "/webhook/whatsapp", 405),
    ("PUT", "/healthz", 405),
    ("DELETE", "/api/v1/courses/statistics", 405),
    ("POST", "/webhook/whatsapp", 403),
    ("GET", "/simulator", 404),
    ("GET", f"{USERS}/{MARIA}", 404),
    ("GET", "/api/v1/courses?page=0", 422),
]


@pytest.mark.parametrize(("method", "path", "status"), PROBLEMS)
def test_every_error_has_the_same_shape(client, make_key, method, path, status) -> None:
    response = client.open(path, method=method, headers=bearer(make_key(Scope.ADMIN)))
    assert response.status_code == status
    assert response.mimetype == "application/json"
    body = response.json
    assert body["code"] == status
    assert isinstance(body["status"], str)
    assert isinstance(body["message"], str)
    assert body["message"] != ""
    assert set(body) == {"code", "status", "message"} | ({"errors"} if status == 422 else set())


def test_a_method_that_is_not_allowed_names_the_ones_that_are(client: FlaskClient) -> None:
    allowed = client.put("/healthz").headers["Allow"]
    assert "GET" in allowed
    assert "PUT" not in allowed


def test_a_failure_of_our_own_has_the_shape_and_tells_nothing(app: Flask) -> None:
    app.add_url_rule("/broken", view_func=lambda: 1 / 0)
    response = app.test_client().get("/broken")
    assert response.status_code == 500
    assert response.json["code"] == 500
    assert "division" not in response.text


# One person's memory


@pytest.fixture
def reader(client: FlaskClient, make_key: MakeKey):
    key = bearer(make_key(Scope.USERS_READ))
    return lambda user_id: client.get(f"{USERS}/{user_id}", headers=key)


def test_a_person_is_shown_with_columns_and_facts(webhook: Webhook, reader) -> None:
    webhook.say("hola, me llamo Ana Ruiz, soy contadora y mi correo es ana@example.com")
    webhook.say("tengo nivel intermedio y prefiero clases en línea")
    webhook.say("¿cuánto cuesta el curso de marketing?")
    shown = reader(MARIA)
    assert shown.status_code == 200
    person = shown.json
    assert person.keys() >= COLUMNS | FACTS | {"current_course"}
    assert (person["user_id"], person["name"]) == (MARIA, "Ana Ruiz")
    assert (person["email"], person["level"]) == ("ana@example.com", "intermedio")
    assert person["modality"] == "online"
    assert person["interaction_count"] == 3
    assert person["opted_out"] is False
    assert len(person["message_history"]) == 6
    assert person["current_course"]
    assert person["lead_score"] > 0


def test_who_opted_out_is_shown_so(webhook: Webhook, reader) -> None:
    webhook.say("baja")
    assert reader(MARIA).json["opted_out"] is True


def test_a_person_is_found_under_either_form_of_a_mexican_number(webhook, reader) -> None:
    webhook.say("hola", MARIA)
    assert reader("525512345678").json["user_id"] == MARIA


def test_a_person_without_a_number_is_found_by_the_opaque_id(webhook, reader) -> None:
    webhook.say("hola", "US.1349120865530274191")
    assert reader("US.1349120865530274191").json["user_id"] == "US.1349120865530274191"


def test_what_an_older_bot_left_behind_is_shown_and_never_fails(app: Flask, reader) -> None:
    left = '{"budget": "mil pesos", "level": 3, "stage": ["x"], "email": {"a": 1}, "opted_out": 0}'
    with app.app_context():
        db.session.execute(
            text(
                "INSERT INTO user_memory (user_id, additional_data, interests, message_history)"
                " VALUES ('1', CAST(:left AS jsonb), NULL, '[\"hola\", null, 5]')"
            ),
            {"left": left},
        )
        db.session.commit()
    response = reader("1")
    assert response.status_code == 200
    assert response.json["budget"] is None
    assert response.json["additional_data"]["budget"] == "mil pesos"
    assert response.json["interests"] == []


@pytest.mark.parametrize(
    "user_id",
    [
        "5215500000000",
        "%00",
        "a%00b",
        "%ED%A0%80",
        "9" * 3000,
        "%F0%9F%98%80",
        "' OR 1=1 --",
        "%25",
    ],
)
def test_nobody_is_found_under_an_unknown_or_impossible_id(reader, user_id: str) -> None:
    response = reader(user_id)
    assert response.status_code == 404
    assert response.json["code"] == 404
