"""The ``flask …`` commands."""

from flask import Flask

from bot.cli.access import api_keys
from bot.cli.audit import audit
from bot.cli.catalogue import catalog
from bot.cli.catalogue_reports import check, stats
from bot.cli.chat import chat
from bot.cli.doctor import doctor
from bot.cli.explain import explain
from bot.cli.history import history
from bot.cli.intents import intents
from bot.cli.leads import leads
from bot.cli.memory import memory
from bot.cli.model import model
from bot.cli.showing import list_courses, show
from bot.cli.users import users

COMMANDS = (api_keys, audit, catalog, chat, doctor, intents, leads, memory, model, users)


def init_app(app: Flask) -> None:
    """Register every command."""
    for report in (check, explain, history, list_courses, show, stats):
        catalog.add_command(report)
    for command in COMMANDS:
        app.cli.add_command(command)
