"""Runs migrations for `flask db …` (inside an app context) and for plain `alembic …`."""

from contextlib import nullcontext

from alembic import context
from flask import current_app, has_app_context
from sqlalchemy import text

from bot import create_app
from bot.extensions import db
from bot.models import Model
from config import ConfigError

# Two machines may start at the same time; the second waits here, then finds nothing to do. The
# time limit that suits replies would cut off an index on a large table; the one on waiting for
# a lock stays, so that a migration does not hold up everybody behind it.
ONE_AT_A_TIME = text("""
    SET LOCAL statement_timeout = 0;
    SET LOCAL lock_timeout = 0;
    SELECT pg_advisory_xact_lock(hashtext('brenda migrations'));
    SET LOCAL lock_timeout TO DEFAULT
""")


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
        connection.connection.dbapi_connection.answer_within_s = None
        with context.begin_transaction():
            connection.execute(ONE_AT_A_TIME)
            context.run_migrations()


if context.is_offline_mode():
    raise ConfigError("Migrations look at the database before they change it: leave out --sql.")

with nullcontext() if has_app_context() else create_app().app_context():
    run()
