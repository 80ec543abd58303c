"""Flask extensions, unbound; the factory binds them to an app."""

from alembic.config import Config as AlembicConfig
from flask import Flask, current_app
from flask_migrate import Migrate
from flask_smorest import Api
from flask_sqlalchemy import SQLAlchemy

from config import ROOT, Config

db = SQLAlchemy(session_options={"expire_on_commit": False})
migrate = Migrate()


class _Api(Api):
    # Every answer is documented by its status, so none is left to "default".
    DEFAULT_ERROR_RESPONSE_NAME = None


api = _Api()


@migrate.configure  # pyright: ignore[reportArgumentType]
def _find_migrations(config: AlembicConfig) -> AlembicConfig:
    """Flask-Migrate takes the folder of alembic.ini, the top one, for that of the scripts."""
    config.set_main_option("script_location", str(ROOT / "migrations"))
    return config


def this_app() -> Flask:
    """The running app itself, for a thread that outlives the request and its proxy."""
    return current_app._get_current_object()  # pyright: ignore


def settings() -> Config:
    """The configuration of the running app."""
    return current_app.extensions["config"]
