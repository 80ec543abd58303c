"""``flask memory``: what is remembered of leads, and why it may not be."""

from flask.cli import AppGroup

from bot.cli import parts
from bot.cli.errors import told_plainly
from bot.services import memory_status

memory = AppGroup("memory", help="What is remembered of leads.")


@memory.command("status")
@told_plainly
def status() -> None:
    """Where memory lives, whether it can be written, and what waits; exit with 1 when it fails."""
    found = memory_status.parts()
    parts.show(found, neither="note")
    parts.exit_if_failing(found)
