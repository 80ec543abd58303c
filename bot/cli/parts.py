"""How the state of parts is shown: a mark, the part, and below it the cause and the mend."""

from collections.abc import Sequence

import click

from bot.services.health import Part


def show(parts: Sequence[Part], neither: str) -> None:
    """Print ``parts``; ``neither`` marks those that are neither well nor failing."""
    marks = {True: "ok  ", False: "FAIL", None: neither}
    for part in parts:
        click.echo(f"{marks[part.ok]} {part.name:<10} {part.detail}")
        if part.cause:
            click.echo(f"     {'':<10}   {part.cause}")
        if part.mend:
            click.echo(f"     {'':<10} → {part.mend}")


def exit_if_failing(parts: Sequence[Part]) -> None:
    """End with status 1 when a configured part fails."""
    if any(part.ok is False for part in parts):
        raise SystemExit(1)
