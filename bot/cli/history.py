"""``flask catalog history``: who changed a course, and what."""

from typing import Any
from uuid import UUID

import click
from flask.cli import with_appcontext

from bot.cli.errors import told_plainly
from bot.models.catalogue import AuditEntry
from bot.services.catalogue import editing

_SHOWN = 80


@click.command("history")
@click.argument("id_course", type=click.UUID)
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 1000))
@with_appcontext
@told_plainly
def history(id_course: UUID, limit: int) -> None:
    """Who changed the course ID_COURSE, and what; newest first."""
    for entry in editing.history(id_course, limit):
        _show(entry)


def _show(entry: AuditEntry) -> None:
    click.echo(f"{entry.at:%Y-%m-%d %H:%M:%S}  {entry.actor}  {entry.action}")
    for column, (before, after) in entry.changes.items():
        click.echo(f"    {column}: {_short(before)} -> {_short(after)}")


def _short(value: Any) -> str:
    text = " ".join(str("" if value is None else value).split())
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
