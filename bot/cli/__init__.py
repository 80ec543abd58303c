"""The ``flask …`` commands."""

from flask import Flask

from bot.cli.access import api_keys
from bot.cli.catalogue import catalog
from bot.cli.chat import chat
from bot.cli.doctor import doctor
from bot.cli.users import users

COMMANDS = (api_keys, catalog, chat, doctor, users)


def init_app(app: Flask) -> None:
    """Register every command."""
    for command in COMMANDS:
        app.cli.add_command(command)
