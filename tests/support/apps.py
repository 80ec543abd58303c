"""Builds apps for tests, each with a folder and connections of its own."""

from pathlib import Path

from flask import Flask

from bot import create_app
from bot.extensions import db
from config import Config

AUTH_TOKEN = "test-token"


class AppMaker:
    """Makes apps from environment variables on top of safe defaults."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._made: list[Flask] = []

    def __call__(self, **environment: str) -> Flask:
        defaults = {
            "INSTANCE_DIR": str(self._folder / "instance"),
            "TWILIO_AUTH_TOKEN": AUTH_TOKEN,
            "SCHOOL_NAME": "Aprende y Aplica IA",
            "LOG_LEVEL": "WARNING",
            "RATELIMIT_ENABLED": "false",
        }
        app = create_app(Config.from_environment(defaults | environment))
        app.testing = False
        self._made.append(app)
        return app

    def close(self) -> None:
        for app in self._made:
            app.extensions["language_model"].close()
            if "sqlalchemy" in app.extensions:
                with app.app_context():
                    db.engine.dispose()
