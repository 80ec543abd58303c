"""``flask chat``: talk to Brenda in the terminal, by the same path as the webhook."""

import logging
from collections.abc import Generator
from contextlib import contextmanager

import click
from flask.cli import with_appcontext

from bot.cli.errors import told_plainly
from bot.schemas.twilio import inbound_message, text_form
from bot.services import encryption
from bot.services.conversation import handle_message
from bot.services.replies import split


@click.command("chat")
@click.option("--user", default="5215500000000", help="Who writes: a number without +, or an id.")
@with_appcontext
@told_plainly
def chat(user: str) -> None:
    """Talk to Brenda; an empty line, Ctrl-D or Ctrl-C ends the chat."""
    encryption.check()
    with _only_warnings():
        while text := _next_line():
            reply = handle_message(inbound_message(text_form(user, text)))
            for part in split(reply.text) or ["(sin respuesta)"]:
                click.echo(f"\nBrenda: {part}\n")


@contextmanager
def _only_warnings() -> Generator[None]:
    """Every message is logged; between the lines of a chat only what went wrong belongs."""
    logger = logging.getLogger("bot")
    before = logger.level
    logger.setLevel(logging.WARNING)
    yield
    logger.setLevel(before)


def _next_line() -> str:
    try:
        return click.prompt("Tú", default="", show_default=False, prompt_suffix=": ")
    except click.Abort:
        click.echo()
        return ""
