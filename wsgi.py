"""The app for gunicorn: ``gunicorn wsgi:app``."""

from bot import create_app
from config import Config

_config = Config.from_environment()
_config.require_webhook_secret()

app = create_app(_config)
