"""``flask users``: what is kept of one person, to see, to copy, to correct, to erase."""

import json
from pathlib import Path
from typing import Any, cast

import click
from flask.cli import AppGroup
from marshmallow import ValidationError
from rich.console import Console
from rich.progress import track

from bot.cli.actor import access, reason_option
from bot.cli.errors import told_plainly
from bot.extensions import settings
from bot.schemas.people import MessageSchema, PersonChangeSchema, PersonExportSchema
from bot.schemas.users import UserSchema
from bot.services import people

_LISTS = ("interests", "pain_points")
_WORDS = {"true": True, "false": False, "": None}

users = AppGroup("users", help="What is kept of one person.")


@users.command("show")
@click.argument("user_id")
@reason_option
@told_plainly
def show(user_id: str, reason: str) -> None:
    """The memory of USER_ID, as JSON."""
    _print_person(people.show(user_id, access(reason)))


@users.command("messages")
@click.argument("user_id")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 1000))
@click.option("--before", help="The key that the last page ended with.")
@reason_option
@told_plainly
def messages(user_id: str, limit: int, before: str | None, reason: str) -> None:
    """The latest messages of USER_ID and the replies to them, oldest first, as JSON lines."""
    page = people.messages(user_id, before, limit, access(reason))
    schema = MessageSchema()
    for message in reversed(page.messages):
        click.echo(json.dumps(schema.dump(message), ensure_ascii=False))
    if page.next_key:
        click.echo(f"There are older ones: --before {page.next_key}", err=True)


@users.command("export")
@click.argument("user_id")
@click.option(
    "--format", "form", default="json", type=click.Choice(["json", "text"]), show_default=True
)
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="A file to write.")
@reason_option
@told_plainly
def export(user_id: str, form: str, output: Path | None, reason: str) -> None:
    """All that is kept of USER_ID: as JSON, or as a text for the person to read."""
    exported = people.export(user_id, access(reason))
    if form == "text":
        written = people.export_as_text(exported)
    else:
        document = cast(dict[str, Any], PersonExportSchema().dump(exported))
        written = json.dumps(document, ensure_ascii=False, indent=2, default=str)
    if output is None:
        click.echo(written)
        return
    output.write_text(written + "\n", encoding="utf-8")
    click.echo(f"Written to {output}.")


@users.command("correct")
@click.argument("user_id")
@click.argument("facts", nargs=-1, required=True, metavar="FIELD=VALUE…")
@reason_option
@told_plainly
def correct(user_id: str, facts: tuple[str, ...], reason: str) -> None:
    """Correct facts of USER_ID; FIELD= takes one away, lists are separated by commas."""
    _print_person(people.correct(user_id, _read_facts(facts), access(reason)))


@users.command("forget")
@click.argument("user_id")
@click.option("--yes", is_flag=True, help="Do not ask.")
@reason_option
@told_plainly
def forget(user_id: str, yes: bool, reason: str) -> None:
    """Erase all that is kept of USER_ID, for good."""
    if not yes:
        click.confirm(f"Erase all that is kept of {user_id}, for good?", abort=True)
    _tell(people.forget(user_id, access(reason)))


@users.command("expire")
@click.option("--days", type=click.IntRange(1), help="Instead of RETENTION_DAYS.")
@click.option("--dry-run", is_flag=True, help="Only tell whom it would be.")
@told_plainly
def expire(days: int | None, dry_run: bool) -> None:
    """Erase everybody who has not written for RETENTION_DAYS."""
    days = days or settings().retention_days
    if not days:
        raise click.UsageError(
            "RETENTION_DAYS is 0, which keeps everybody: set it, or give --days."
        )
    why = access(f"no message for {days} days")
    found = list(people.expired(days))
    if dry_run:
        for user_id in found:
            click.echo(user_id)
        click.echo(f"{len(found):,} have not written for {days} days.", err=True)
        return
    for user_id in track(found, "Erasing", console=Console(stderr=True), transient=True):
        people.expire(user_id, why)
    click.echo(f"{len(found):,} who have not written for {days} days are erased.")


def _tell(forgotten: people.Forgotten) -> None:
    click.echo(f"Nothing is kept any more under {', '.join(forgotten.user_ids)}.")
    if forgotten.media_waiting:
        click.echo(
            f"The attachments of {forgotten.media_waiting} messages are still at Twilio; Brenda "
            "deletes them as soon as TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN let her."
        )


def _read_facts(facts: tuple[str, ...]) -> dict[str, Any]:
    given: dict[str, Any] = {}
    for fact in facts:
        name, is_one, value = fact.partition("=")
        if not is_one:
            raise click.UsageError(f"{fact!r} is not FIELD=VALUE.")
        given[name] = _value(name, value.strip())
    try:
        return cast(dict[str, Any], PersonChangeSchema().load(given))
    except ValidationError as error:
        raise click.UsageError(f"These cannot be used: {error.normalized_messages()}") from error


def _value(name: str, value: str) -> Any:
    if name in _LISTS:
        return [part.strip() for part in value.split(",") if part.strip()]
    return _WORDS.get(value.lower(), value)


def _print_person(described: dict[str, Any]) -> None:
    document = cast(dict[str, Any], UserSchema().dump(described))
    click.echo(json.dumps(document, ensure_ascii=False, indent=2, default=str))
