"""``flask api-keys``: keys for internal tools."""

import click
from flask.cli import AppGroup

from bot.cli.errors import told_plainly
from bot.models.access import Scope
from bot.services import access

api_keys = AppGroup("api-keys", help="Keys for internal tools that call the API.")


@api_keys.command("create")
@click.argument("name")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    required=True,
    type=click.Choice([str(scope) for scope in Scope]),
    help="What the key may do; repeat it for more.",
)
@told_plainly
def create(name: str, scopes: tuple[str, ...]) -> None:
    """Make a key for NAME. It is shown once, alone on the last line."""
    token = access.create_key(name, [Scope(scope) for scope in scopes])
    click.echo("Keep this key: it is stored hashed and cannot be shown again.", err=True)
    click.echo(token)


@api_keys.command("list")
@told_plainly
def show_all() -> None:
    """Every key, without its secret."""
    for key in access.list_keys():
        state = f"revoked {key.revoked_at:%Y-%m-%d}" if key.revoked_at else "in force"
        made = f"{key.created_at:%Y-%m-%d}"
        click.echo(f"{key.id}\t{key.name}\t{','.join(key.scopes)}\t{made}\t{state}")


@api_keys.command("revoke")
@click.argument("key_id", type=int)
@told_plainly
def revoke(key_id: int) -> None:
    """End the key with the id KEY_ID."""
    access.revoke_key(key_id)
    click.echo(f"Key {key_id} is revoked.")
