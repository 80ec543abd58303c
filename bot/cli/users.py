"""``flask users``: what is remembered of one person."""

import json

import click
from flask.cli import AppGroup

from bot.cli.errors import told_plainly
from bot.services import leads

users = AppGroup("users", help="What is remembered of one person.")


@users.command("show")
@click.argument("user_id")
@told_plainly
def show(user_id: str) -> None:
    """The memory of USER_ID, as JSON."""
    memory = leads.describe(leads.get_memory(user_id))
    click.echo(json.dumps(memory, ensure_ascii=False, indent=2, default=str))
