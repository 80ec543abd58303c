"""Calls of the course API with a key, and what they leave behind."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import select
from werkzeug.test import TestResponse

from bot.extensions import db
from bot.models.access import Scope
from bot.models.catalogue import AuditEntry
from bot.services import access
from tests.support.apps import AppMaker

COURSES = "/api/v1/courses"
NOBODYS = "00000000-0000-0000-0000-000000000000"

Call = Callable[..., TestResponse]
Body = dict[str, Any]


@contextmanager
def without_courses(url: str, folder: Path) -> Iterator[Flask]:
    """Brenda on an empty database; each test makes courses of other names."""
    maker = AppMaker(folder)
    app = maker(DATABASE_URL=url)
    with app.app_context():
        upgrade()
    yield app
    maker.close()


def caller(app: Flask, *scopes: Scope, name: str = "test") -> Call:
    """Calls below /api/v1/courses with a key of these scopes."""
    with app.app_context():
        token = access.create_key(name, scopes)

    def call(method: str, path: str = "", body: object = None, **headers: str) -> TestResponse:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        sent["Authorization"] = f"Bearer {token}"
        if body is None:
            return app.test_client().open(COURSES + path, method=method, headers=sent)
        sent["Content-Type"] = "application/json"
        data = json.dumps(body)
        return app.test_client().open(COURSES + path, method=method, headers=sent, data=data)

    return call


def course(**columns: Any) -> Body:
    """The least that a course needs, under a name that nothing else has."""
    return {"name": f"Curso {uuid4()}", "modality": "online", **columns}


def make(call: Call, **columns: Any) -> tuple[str, str]:
    """Make a course; its path below the list, and its ETag."""
    response = call("POST", "", course(**columns))
    assert response.status_code == 201, response.text
    return f"/{response.json['id_course']}", response.headers["ETag"]


def is_problem(response: TestResponse, status: int) -> bool:
    body = response.json
    return (
        response.status_code == status == body["code"]
        and bool(body["status"])
        and bool(body["message"])
        and (status != 422 or bool(body["errors"]))
    )


def audit(app: Flask, path: str) -> list[AuditEntry]:
    """What was noted about a course, oldest first."""
    with app.app_context():
        entries = select(AuditEntry).where(AuditEntry.id_course == path.removeprefix("/"))
        return list(db.session.scalars(entries.order_by(AuditEntry.id)))
