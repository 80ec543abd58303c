"""``flask leads``: who is warm, and why."""

from collections.abc import Iterator, Sequence
from typing import Any

import click
from flask.cli import AppGroup
from rich.console import Console
from rich.table import Column, Table

from bot.cli.actor import access, reason_option
from bot.cli.errors import told_plainly
from bot.models.leads import LeadMemory
from bot.services import leads as service
from bot.services import people, scoring

_MOST_REASONS = 4

leads = AppGroup("leads", help="Leads by how warm they are.")


@leads.command("list")
@click.option("--min-score", default=60, type=click.IntRange(0, 100), show_default=True)
@click.option("--limit", default=20, type=click.IntRange(1, 1000), show_default=True)
@reason_option
@told_plainly
def list_leads(min_score: int, limit: int, reason: str) -> None:
    """Show the warmest leads and what their score is made of.

    "today" is what silence has left of the score since the last message.
    """
    found, total = people.list_leads(min_score, 0, limit, access(reason))
    console = Console()
    console.print(_table_of(found))
    console.print(f"{len(found)} of {total} leads with a score of {min_score} or more.")


@leads.command("recent")
@click.option("--days", default=7, type=click.IntRange(1, 3660), show_default=True)
@click.option("--limit", default=20, type=click.IntRange(1, 1000), show_default=True)
@reason_option
@told_plainly
def recent(days: int, limit: int, reason: str) -> None:
    """Show who wrote in the last days, the latest first."""
    Console().print(_table_of(people.list_recent(days, limit, access(reason))))


def _table_of(found: Sequence[LeadMemory]) -> Table:
    table = Table(
        Column("lead", no_wrap=True), "name", "score", "today", "stage", "wrote last", "why"
    )
    for memory in found:
        table.add_row(*_cells(memory))
    return table


@leads.command("stats")
@told_plainly
def stats() -> None:
    """Show how many leads there are, how active and how warm, what they ask, how far they came."""
    found = service.get_user_statistics()
    table = Table("", "", Column("leads", justify="right"))
    for what, name, count in _lines(found):
        table.add_row(what, name, f"{count:,}")
    console = Console()
    console.print(table)
    console.print(f"{found['messages_per_lead']['mean']} messages a lead. Intents: last 30 days.")


def _lines(found: dict[str, Any]) -> Iterator[tuple[str, str, int]]:
    yield "leads", "", found["leads"]
    for days, count in found["active"].items():
        yield "active", f"in {days} days", count
    for step in found["scores"]:
        yield "score", f"{step['from']}-{step['to']}", step["leads"]
    for name, count in found["messages_per_lead"].items():
        if name != "mean":
            yield "messages", name, count
    for stage, count in found["stages"].items():
        yield "stage", stage, count
    for intent, count in found["intents"].items():
        yield "intent (replies)", intent, count


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
