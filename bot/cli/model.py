"""``flask model``: what the language model costs, and what the gate lets it say."""

from datetime import UTC, datetime, timedelta

import click
from flask.cli import AppGroup
from rich.console import Console
from rich.table import Table

from bot.cli.errors import told_plainly
from bot.services import spending
from bot.services.answers.explaining import check_text

model = AppGroup("model", help="The language model: its costs, and the gate for its words.")


@model.command("costs")
@click.option("--days", default=30, type=click.IntRange(1, 3660), show_default=True)
@told_plainly
def costs(days: int) -> None:
    """Show what became of the calls of each day, with their tokens and what they cost."""
    figures = spending.by_day(datetime.now(UTC) - timedelta(days=days))
    table = Table("day", "purpose", "outcome", "calls", "input", "cached", "output", "USD")
    for each in figures:
        tokens = (each.input_tokens, each.cached_tokens, each.output_tokens)
        counts = (f"{count:,}" for count in (each.calls, *tokens))
        table.add_row(f"{each.day}", each.purpose, each.outcome, *counts, f"{each.usd:.4f}")
    console = Console()
    console.print(table)
    console.print(f"{sum(each.usd for each in figures):.4f} USD in {days} days.")


@model.command("check")
@click.argument("text")
@click.option("--course", help="A part of the name of the course that TEXT is about.")
@told_plainly
def check(text: str, course: str | None) -> None:
    """Show whether the gate would let TEXT out, and what the facts do not bear out.

    Exits with 1 when it would not.
    """
    reasons = check_text(text, course)
    for reason in reasons:
        click.echo(f"not in the facts   {reason}")
    if reasons:
        raise SystemExit(1)
    click.echo("every statement that the gate looks at is in the facts")
