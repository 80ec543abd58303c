"""``flask doctor``: is every part well, and what mends it."""

import click
from flask.cli import with_appcontext

from bot.services import health

_MARKS = {True: "ok  ", False: "FAIL", None: "--  "}


@click.command("doctor")
@with_appcontext
def doctor() -> None:
    """Check every part; exit with 1 when a configured one fails."""
    parts = health.parts()
    for part in parts:
        click.echo(f"{_MARKS[part.ok]} {part.name:<10} {part.detail}")
        if part.cause:
            click.echo(f"     {'':<10}   {part.cause}")
        if part.mend:
            click.echo(f"     {'':<10} → {part.mend}")
    click.echo(f"Level of service: {health.level(parts)}")
    if any(part.ok is False for part in parts):
        raise SystemExit(1)
