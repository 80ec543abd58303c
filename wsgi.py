"""The app for gunicorn: ``gunicorn wsgi:app``."""

from bot import create_app
from bot.services import database, encryption
from bot.services.conversation import warm_up
from config import Config

_config = Config.from_environment()
_config.require_webhook_secret()

app = create_app(_config)

with app.app_context():
    encryption.check()
    warm_up()
    database.leave()
