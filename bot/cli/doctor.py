"""``flask doctor``: is every part well, and what mends it."""

import click
from flask.cli import with_appcontext

from bot.cli import parts
from bot.services import health


@click.command("doctor")
@with_appcontext
def doctor() -> None:
    """Check every part; exit with 1 when a configured one fails."""
    found = health.parts()
    parts.show(found, neither="--  ")
    click.echo(f"Level of service: {health.level(found)}")
    parts.exit_if_failing(found)
