"""``flask leads``: who is warm, and why."""

import click
from flask.cli import AppGroup
from rich.console import Console
from rich.table import Column, Table

from bot.cli.errors import told_plainly
from bot.models.leads import LeadMemory
from bot.services import leads as service
from bot.services import scoring

_MOST_REASONS = 4

leads = AppGroup("leads", help="Leads by how warm they are.")


@leads.command("list")
@click.option("--min-score", default=60, type=click.IntRange(0, 100), show_default=True)
@click.option("--limit", default=20, type=click.IntRange(1, 1000), show_default=True)
@told_plainly
def list_leads(min_score: int, limit: int) -> None:
    """Show the warmest leads and what their score is made of.

    "today" is what silence has left of the score since the last message.
    """
    found, total = service.high_scores(min_score, 0, limit)
    table = Table(
        Column("lead", no_wrap=True), "name", "score", "today", "stage", "wrote last", "why"
    )
    for memory in found:
        table.add_row(*_cells(memory))
    console = Console()
    console.print(table)
    console.print(f"{len(found)} of {total} leads with a score of {min_score} or more.")


def _cells(memory: LeadMemory) -> tuple[str, ...]:
    last = memory.last_interaction_at
    reasons = scoring.reasons(memory)[:_MOST_REASONS]
    return (
        memory.user_id,
        memory.name or "",
        str(memory.lead_score),
        str(service.score_today(memory)),
        str(memory.additional_data.get("stage") or ""),
        f"{last:%Y-%m-%d %H:%M}" if last else "",
        ", ".join(f"{each.reason} {each.points:+g}" for each in reasons),
    )
