"""Runs migrations for `flask db …` (inside an app context) and for plain `alembic …`."""

from contextlib import nullcontext

from alembic import context
from flask import current_app, has_app_context

from bot import create_app
from bot.extensions import db
from bot.models import Model
from config import ConfigError


def include_object(_item, name, kind, _reflected, _compare_to) -> bool:
    """Leave alone what is not ours: other tools share the database.

    The full-text index on ``name`` is an expression that PostgreSQL stores in words of its
    own, so comparing it would always report a change.
    """
    if kind == "table":
        return name in Model.metadata.tables
    return not (kind == "index" and name == "idx_ai_courses_name_search")


def run() -> None:
    """Apply the migrations in one transaction: all of them, or none."""
    if "sqlalchemy" not in current_app.extensions:
        raise ConfigError("There is no database to migrate: set DATABASE_URL.")
    with db.engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=Model.metadata,
            include_object=include_object,
        )
        with context.begin_transaction():
            context.run_migrations()


if context.is_offline_mode():
    raise ConfigError("Migrations look at the database before they change it: leave out --sql.")

with nullcontext() if has_app_context() else create_app().app_context():
    run()
