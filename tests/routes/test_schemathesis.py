"""Every operation of the API's description, called with what schemathesis makes up."""

import tempfile
from collections.abc import Iterator
from hashlib import sha256
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import schemathesis
from flask import Flask
from flask_migrate import upgrade
from hypothesis import strategies as st
from schemathesis import Case
from schemathesis.checks import positive_data_acceptance
from schemathesis.schemas import BaseSchema

from bot.extensions import db
from bot.models.access import ApiKey, Scope
from bot.services.demo import load_demo_catalogue
from tests.support.apps import AUTH_TOKEN, AppMaker
from tests.support.webhook import MARIA, Webhook

SECRET = "s" * 43
COURSE = "e7a7c4a9-a357-59d0-9e84-9722f56f4cb8"
REFUSALS = [400, 401, 404, 405, 412, 413, 415, 422, 428]
CHECKS: dict[str, Any] = {
    "negative_data_rejection": {"expected-statuses": REFUSALS},
    "missing_required_header": {"expected-statuses": [401, 428]},
    "positive_data_acceptance": {"expected-statuses": [200, 201, 204, 304, 404, 409, 412]},
}
NUMBERS = count(1)
DESCRIBED = AppMaker(Path(tempfile.gettempdir()))()

schemathesis.openapi.format(
    "date-time-local",
    st.one_of(st.dates().map(str), st.datetimes().map(lambda moment: moment.isoformat())),
)


def described(**generation: Any) -> BaseSchema:
    """The API's description; the examples drawn from it are the same in every run."""
    settings = {"max-examples": 20, "deterministic": True, "database": "none", **generation}
    bearer = {"bearer": f"brenda_1_{SECRET}"}
    config = {
        "seed": 1,
        "generation": settings,
        "auth": {"openapi": {"key": bearer}},
        "checks": CHECKS,
        # Words from the code would make other examples with every change of the code.
        "analysis": {"constants": {"enabled": False}},
    }
    config = schemathesis.Config.from_dict(config)
    return schemathesis.openapi.from_wsgi("/api/openapi.json", DESCRIBED, config=config)


@pytest.fixture(scope="module")
def served(new_database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """An app on a database of its own, with the key that is sent, and a lead."""
    maker = AppMaker(tmp_path_factory.mktemp("schemathesis"))
    app = maker(DATABASE_URL=new_database())
    with app.app_context():
        upgrade()
        load_demo_catalogue()
        key = ApiKey(name="t", secret_hash=sha256(SECRET.encode()).digest(), scopes=[Scope.ADMIN])
        db.session.add(key)
        db.session.commit()
        assert key.id == 1
    Webhook(app.test_client(), AUTH_TOKEN).say("Hola, soy María", MARIA)
    yield app
    maker.close()


api = described()
changes = described(mode="positive").include(method=["PATCH", "DELETE"])


@api.parametrize()
def test_every_call_is_answered_as_described(case: Case, served: Flask) -> None:
    if case.method == "POST" and case.meta.generation.mode.is_positive:
        number = next(NUMBERS)
        case.body = case.body | {"name": f"Curso {number}", "id_course": str(UUID(int=number))}
    case.call_and_validate(app=served, excluded_checks=inapplicable(case))


@changes.parametrize()
def test_every_change_is_answered_as_described(case: Case, served: Flask) -> None:
    case.path_parameters["id_course"] = COURSE
    case.headers["If-Match"] = "*"
    case.call_and_validate(app=served, excluded_checks=inapplicable(case))


def inapplicable(case: Case) -> list[Any]:
    """No description tells that two fields must fit each other: dates, prices."""
    body = case.body if isinstance(case.body, dict) else {}
    has_both = {"min_price", "max_price"} <= set(case.query or {})
    return [positive_data_acceptance] if has_both or {"start_date", "end_date"} & set(body) else []
