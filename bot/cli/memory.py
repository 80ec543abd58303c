"""``flask memory``: what is remembered of leads, why it may not be, and where it is moved to."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click
from flask.cli import AppGroup

from bot.cli import parts
from bot.cli.actor import access, reason_option
from bot.cli.errors import told_plainly
from bot.services import encryption, memory_status
from bot.services.moving.exporting import export_folder
from bot.services.moving.importing import ImportReport, import_folder

_SHOWN = 50

memory = AppGroup("memory", help="What is remembered of leads.")


@memory.command("status")
@told_plainly
def status() -> None:
    """Where memory lives, whether it can be written, and what waits; exit with 1 when it fails.

    Where files and PostgreSQL both have leads, they are compared.
    """
    with _progress("Comparing") as on_progress:
        found = memory_status.parts(on_progress)
    parts.show(found, neither="note")
    parts.exit_if_failing(found)


@memory.command("import-json")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option(
    "--timezone",
    default="UTC",
    show_default=True,
    help="Of times without a zone, such as America/Mexico_City.",
)
@click.option("--from-start", is_flag=True, help="Also what an interrupted import has done.")
@reason_option
@told_plainly
def import_json(folder: Path, timezone: str, from_start: bool, reason: str) -> None:
    """Merge the memory files in DIR into PostgreSQL, each fact as it was told last.

    Files stay as they are, and may be imported again. The exit status is 1 when some cannot be
    taken: they are listed with the reason.
    """
    who = access(reason)
    with _progress("Importing") as on_progress:
        report = import_folder(
            folder, _zone(timezone), who, from_start=from_start, on_progress=on_progress
        )
    _tell(report)
    if report.set_aside:
        raise SystemExit(1)


@memory.command("export-json")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--plain", is_flag=True, help="Not encrypted, for where these keys are not.")
@reason_option
@told_plainly
def export_json(folder: Path, plain: bool, reason: str) -> None:
    """Write every lead of PostgreSQL to DIR, one file a lead, with all messages beside it."""
    who = access(reason)
    with _progress("Exporting") as on_progress:
        count = export_folder(folder, who, plain=plain, on_progress=on_progress)
    click.echo(f"{count:,} leads written to {folder}.")


@memory.command("rotate-keys")
@reason_option
@told_plainly
def rotate_keys(reason: str) -> None:
    """Encrypt everything with the first of MEMORY_ENCRYPTION_KEYS, while Brenda runs.

    Afterwards the other keys are not needed any more.
    """
    who = access(reason)
    with _progress("Encrypting") as on_progress:
        done = encryption.rotate(who, lambda _what, count: on_progress(count, 0))
    click.echo(
        f"{done.leads:,} leads, {done.messages:,} messages and {done.files:,} files are now "
        "encrypted with the first key; the others are not needed any more."
    )


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise click.BadParameter(
            f"{name!r} is no time zone, such as America/Mexico_City."
        ) from error


def _tell(report: ImportReport) -> None:
    """What was not taken goes to standard error, the rest to standard output."""
    for path, why in report.set_aside[:_SHOWN]:
        click.echo(f"not taken   {path.name}: {why}", err=True)
    if len(report.set_aside) > _SHOWN:
        click.echo(f"… and {len(report.set_aside) - _SHOWN:,} more", err=True)
    counts = {
        "done by an import before that was interrupted": report.skipped,
        "added": report.added,
        "merged into what was known": report.changed,
        "known like this already": report.unchanged,
        "of people who were erased since, left out": report.erased_before,
        "files not taken": len(report.set_aside),
    }
    click.echo(f"{report.files:,} files in the folder")
    for what, count in counts.items():
        if count:
            click.echo(f"{count:>10,} {what}")


@contextmanager
def _progress(title: str) -> Generator[Callable[[int, int], None]]:
    """A bar on standard error while the work lasts; none where nobody sees it."""
    from rich.console import Console
    from rich.progress import MofNCompleteColumn, Progress

    console = Console(stderr=True)
    columns = (*Progress.get_default_columns(), MofNCompleteColumn())
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as bar:
        task = bar.add_task(title, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total or None)
