"""Brenda, a WhatsApp sales adviser for schools that teach AI."""

from typing import cast

from flask import Flask
from flask.json.provider import DefaultJSONProvider
from werkzeug.middleware.proxy_fix import ProxyFix

from bot import cli, logs, routes
from bot.clients import configured_model, patient_connection, tolerant_dates, twilio_media
from bot.clients.embedded_postgres import EmbeddedPostgres, EmbeddedPostgresError
from bot.extensions import api, db, migrate
from bot.routes import errors
from bot.routes.api import cors, limits
from bot.services import database, spending, turnstile
from bot.services.answers import policy
from bot.services.catalogue import watch
from bot.stores import storage
from config import EMBEDDED, ROOT, Config, ConfigError

_MAX_FORM_BYTES = 256 * 1024
_STATEMENT_TIMEOUT_MS = 5000
_LOCK_TIMEOUT_MS = 1500
_API_DESCRIPTION = """For internal tools: courses and what is remembered of leads.

Calls carry `Authorization: Bearer KEY`; `flask api-keys create` makes keys. Each key may make a
limited number of calls; the headers `X-RateLimit-*` tell how many are left. Whoever changes a
course sends the `ETag` that came with it as `If-Match`, so that nobody undoes somebody else's work.
"""


def create_app(config: Config | None = None) -> Flask:
    """Build the app for ``config``; without one, for the process's environment.

    Raises:
        ConfigError: naming every variable whose value cannot be used.
    """
    config = config or Config.from_environment()
    logs.init_app(config)
    app = Flask(__name__)
    app.config.from_mapping(_flask_settings(config))
    cast(DefaultJSONProvider, app.json).ensure_ascii = False
    app.extensions["config"] = config
    if config.has_database:
        _bind_database(app, config)
    database.init_app(app)
    migrate.init_app(app, db, directory=str(ROOT))
    storage.init_app(app, config)
    watch.init_app(app)
    policy.check(config)
    configured_model.init_app(app, config)
    twilio_media.init_app(app, config)
    spending.init_app(app)
    turnstile.init_app(app, config)
    api.init_app(app)
    cors.init_app(app, config)
    limits.init_app(app, config)
    routes.init_app(app)
    errors.init_app(app)
    cli.init_app(app)
    count = config.trusted_proxies
    if count:
        app.wsgi_app = ProxyFix(app.wsgi_app, count, count, count, count, count)
    return app


def _bind_database(app: Flask, config: Config) -> None:
    url = config.database_url
    if url == EMBEDDED:
        url = _start_embedded(app, config)
    _, address = url.split("://", 1)
    app.config["SQLALCHEMY_DATABASE_URI"] = f"postgresql+psycopg2://{address}"
    patient_connection.install()
    tolerant_dates.install()
    db.init_app(app)


def _start_embedded(app: Flask, config: Config) -> str:
    server = EmbeddedPostgres(config.instance_dir / "postgres")
    app.extensions["embedded_postgres"] = server
    try:
        return server.join()
    except (EmbeddedPostgresError, OSError) as error:
        raise ConfigError(f"The embedded PostgreSQL cannot start. {error}") from error


def _flask_settings(config: Config) -> dict[str, object]:
    """Settings of Flask and its extensions. Time-outs: statement 5 s, lock 1.5 s, pool 2 s."""
    session = f"-c statement_timeout={_STATEMENT_TIMEOUT_MS} -c lock_timeout={_LOCK_TIMEOUT_MS}"
    return {
        "SECRET_KEY": config.secret_key,
        "MAX_CONTENT_LENGTH": _MAX_FORM_BYTES,
        "SQLALCHEMY_ENGINE_OPTIONS": {
            "pool_size": config.database_pool_size,
            "max_overflow": 0,
            "pool_timeout": 2,
            "pool_recycle": 1800,
            "hide_parameters": True,
            "connect_args": {
                "connection_factory": patient_connection.PatientConnection,
                "application_name": "brenda",
                # Compiling a statement takes longer than any of ours runs.
                "options": f"{session} -c timezone=UTC -c jit=off",
            },
        },
        "API_TITLE": "Brenda",
        "API_VERSION": "v1",
        "OPENAPI_VERSION": "3.1.0",
        "OPENAPI_URL_PREFIX": "/api",
        "OPENAPI_JSON_PATH": "openapi.json",
        "OPENAPI_SWAGGER_UI_PATH": "/docs",
        "OPENAPI_SWAGGER_UI_URL": "/static/swagger-ui/",
        # Its default sends the document's address to a public validator.
        "OPENAPI_SWAGGER_UI_CONFIG": {"validatorUrl": None},
        "API_SPEC_OPTIONS": {
            "info": {"description": _API_DESCRIPTION},
            "components": {"securitySchemes": {"key": {"type": "http", "scheme": "bearer"}}},
            "security": [{"key": []}],
        },
    }
