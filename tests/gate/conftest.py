"""The facts of the demo catalogue, read once."""

from collections.abc import Iterator

import pytest
from flask import Flask

from bot import create_app
from bot.extensions import db
from config import Config
from tests.support.given import School


@pytest.fixture(scope="package")
def gate_app(shared_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    folder = tmp_path_factory.mktemp("instance")
    app = create_app(
        Config.from_environment({"DATABASE_URL": shared_url, "INSTANCE_DIR": str(folder)})
    )
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


@pytest.fixture(scope="package")
def school(gate_app: Flask) -> School:
    return School()
