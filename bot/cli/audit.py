"""``flask audit``: who had to do with whose data."""

from typing import cast

import click
from flask.cli import AppGroup
from rich.console import Console
from rich.table import Column, Table

from bot.cli.errors import told_plainly
from bot.models.audit import AuditLine
from bot.services import audit as service

_OF_A_PSEUDONYM = 12

audit = AppGroup("audit", help="Who read, exported, changed or erased whose data.")


@audit.command("list")
@click.option("--user", "user_id", help="Of one person only; also of one who was erased.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 10_000))
@told_plainly
def show(user_id: str | None, limit: int) -> None:
    """Show the latest entries, the newest first.

    Somebody who was erased is shown by the beginning of a pseudonym.
    """
    columns = [Column(name, no_wrap=True) for name in ("when (UTC)", "what", "whose")]
    table = Table(*columns, "who", "why", "more")
    for line in service.entries(user_id, limit):
        table.add_row(*_cells(line))
    Console().print(table)


def _cells(line: AuditLine) -> tuple[str, ...]:
    whose = line.user_id or (line.person and f"({line.person[:_OF_A_PSEUDONYM]}…)") or "many"
    details = ", ".join(f"{name}: {_short(value)}" for name, value in line.details.items())
    return f"{line.at:%Y-%m-%d %H:%M:%S}", line.action, whose, line.actor, line.reason, details


def _short(value: object) -> str:
    return ", ".join(map(str, cast(list[object], value))) if isinstance(value, list) else str(value)
