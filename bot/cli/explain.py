"""``flask catalog explain``: why a text finds what it finds."""

import click
from flask.cli import with_appcontext
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bot.cli.errors import told_plainly
from bot.services import leads
from bot.services.catalogue.explaining import Explanation, explain_search


@click.command("explain")
@click.argument("text")
@click.option("--user", help="Also show what would be recommended to this lead, and why.")
@click.option("--limit", default=5, type=click.IntRange(1, 50))
@with_appcontext
@told_plainly
def explain(text: str, user: str | None, limit: int) -> None:
    """Show how TEXT is understood, which courses it finds, and why no others."""
    console = Console(highlight=False)
    _print_reading(console, explain_search(text, limit))
    if user:
        console.print(f"\nRecommended to {escape(user)}:")
        for item in leads.recommend_courses(user_id=user, limit=limit):
            reasons = "; ".join(item.reasons) or "nothing is known of the lead"
            console.print(f"  {item.score:.2f}  {escape(item.course.name or '')}: {reasons}")


def _print_reading(console: Console, reading: Explanation) -> None:
    for said, ways in reading.searched:
        console.print(f"{escape(said)} → {escape(', '.join(ways))}")
    if reading.unknown:
        console.print(f"No course has: {escape(', '.join(reading.unknown))}")
    if reading.wanted:
        console.print(f"Wanted besides: {escape('; '.join(reading.wanted))}")
    console.print(f"On offer: {reading.on_offer} of {reading.total} courses")
    console.print(reading.verdict)
    if reading.found:
        table = Table("score", "course", "has")
        for item in reading.found:
            has = escape(", ".join(item.has))
            table.add_row(f"{item.score:.2f}", escape(item.course.name or ""), has)
        console.print(table)
