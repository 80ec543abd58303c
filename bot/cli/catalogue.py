"""``flask catalog``: the school's courses."""

import click
from flask.cli import AppGroup

from bot.cli.errors import told_plainly
from bot.services.demo import load_demo_catalogue

catalog = AppGroup("catalog", help="The school's courses.")


@catalog.command("demo")
@told_plainly
def demo() -> None:
    """Add the demo courses that are not there yet."""
    click.echo(f"{load_demo_catalogue()} demo courses added.")
