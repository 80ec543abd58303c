"""Who gives a command, for the audit."""

import getpass

import click

from bot.models.audit import Access
from bot.services import encryption

reason_option = click.option("--reason", default="", help="Why; it is noted in the audit.")


def access(reason: str) -> Access:
    """The command that runs, and the user of this machine who gave it.

    Raises:
        ConfigError: when a key is missing that people's data here is encrypted with.
    """
    encryption.check()
    context = click.get_current_context()
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = "unknown user"
    return Access(f"{context.command_path} ({user})", reason)
