"""``flask memory``: what is remembered of leads, and why it may not be."""

import click
from flask.cli import AppGroup

from bot.cli.errors import told_plainly
from bot.services import memory_status

_MARKS = {True: "ok  ", False: "FAIL", None: "note"}

memory = AppGroup("memory", help="What is remembered of leads.")


@memory.command("status")
@told_plainly
def status() -> None:
    """Where memory lives, whether it can be written, and what waits; exit with 1 when it fails."""
    parts = memory_status.parts()
    for part in parts:
        click.echo(f"{_MARKS[part.ok]} {part.name:<10} {part.detail}")
        if part.cause:
            click.echo(f"     {'':<10}   {part.cause}")
        if part.mend:
            click.echo(f"     {'':<10} → {part.mend}")
    if any(part.ok is False for part in parts):
        raise SystemExit(1)
