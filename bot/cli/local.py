"""``make run``: everything that a first look at Brenda needs, with one command.

Starts the embedded PostgreSQL, migrates, loads the demo catalogue into an empty one, makes an
API key, prints how to reach it all, and serves with gunicorn until Ctrl-C.
"""

import os
import secrets
import shlex
import signal
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlencode

import click
from flask import Flask
from flask_migrate import upgrade
from twilio.request_validator import RequestValidator

from bot import create_app
from bot.clients.embedded_postgres import EmbeddedPostgres
from bot.extensions import settings
from bot.models.access import Scope
from bot.schemas.twilio import text_form
from bot.services import access, demo
from config import Config

_LEAD = "5215512345678"
_KEY_NAME = "make run"


def main() -> int:
    """Run until Ctrl-C or SIGTERM; returns gunicorn's exit status."""
    instance = Config.from_environment().instance_dir
    os.environ.setdefault("DATABASE_URL", "embedded")
    os.environ.setdefault("SIMULATOR", "true")
    os.environ.setdefault("SCHOOL_NAME", "Aprende y Aplica IA")
    os.environ.setdefault("TWILIO_AUTH_TOKEN", _kept_secret(instance / "local-auth-token"))
    app = create_app()
    with app.app_context():
        _prepare()
        _print_addresses()
    try:
        return _serve()
    finally:
        _leave(app)


def _prepare() -> None:
    if settings().has_database:
        upgrade()
        if not demo.catalogue_has_courses():
            click.echo(f"{demo.load_demo_catalogue()} demo courses loaded.")


def _print_addresses() -> None:
    config = settings()
    base = f"http://127.0.0.1:{config.port}"
    click.secho("\nBrenda is starting. Ctrl-C stops everything.\n", bold=True)
    click.echo(f"Chat with her in the browser   {base}/simulator")
    click.echo(f"Read the API                   {base}/api/docs\n")
    click.echo("Send a signed webhook, as Twilio does:")
    click.echo(f"  {_webhook_line(config, base)}\n")
    if config.has_database:
        token = _fresh_key()
        click.echo("Ask the API for courses:")
        click.echo(
            f"  curl -s -H 'Authorization: Bearer {token}' {base}/api/v1/courses?page_size=3\n"
        )


def _fresh_key() -> str:
    """A key for this run; the ones of earlier runs end, as nobody can show them again."""
    for key in access.list_keys():
        if key.name == _KEY_NAME and key.revoked_at is None:
            access.revoke_key(key.id)
    return access.create_key(_KEY_NAME, [Scope.COURSES_READ, Scope.USERS_READ])


def _webhook_line(config: Config, base: str) -> str:
    url = f"{config.public_base_url or base}/webhook/whatsapp"
    form = text_form(_LEAD, "Hola, soy María y quiero ver qué cursos tienen")
    signature = RequestValidator(config.twilio_auth_token).compute_signature(url, form)
    parts = ["curl", "-s", f"{base}/webhook/whatsapp", "-H", f"X-Twilio-Signature: {signature}"]
    return shlex.join([*parts, "-d", urlencode(form)])


def _serve() -> int:
    """Run gunicorn as a child. The terminal brings it Ctrl-C, this process brings it SIGTERM."""
    server = subprocess.Popen([sys.executable, "-m", "gunicorn", "wsgi:app"])
    signal.signal(signal.SIGINT, lambda _number, _frame: None)
    signal.signal(signal.SIGTERM, lambda _number, _frame: server.terminate())
    return server.wait()


def _leave(app: Flask) -> None:
    embedded: EmbeddedPostgres | None = app.extensions.get("embedded_postgres")
    if embedded:
        embedded.leave()


def _kept_secret(file: Path) -> str:
    """A random secret that stays the same between runs, so that a printed line stays valid."""
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o600)
        file.write_text(secrets.token_hex(16))
    return file.read_text()


if __name__ == "__main__":
    sys.exit(main())
