"""``flask catalog``: the school's courses."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

import click
from flask.cli import AppGroup

from bot.cli.errors import told_plainly
from bot.services import transfer
from bot.services.demo import load_demo_catalogue

catalog = AppGroup("catalog", help="The school's courses.")


@catalog.command("demo")
@told_plainly
def demo() -> None:
    """Add the demo courses that are not there yet."""
    click.echo(f"{load_demo_catalogue()} demo courses added.")


@catalog.command("import")
@click.argument("path", metavar="FILE", type=click.Path(path_type=Path))
@click.option(
    "--by",
    type=click.Choice([transfer.By.ID.value, transfer.By.NAME.value]),
    help="How a row finds its course; otherwise by id_course where it has one, else by name.",
)
@click.option("--dry-run", is_flag=True, help="Show what would change, and write nothing.")
@click.option("--skip-bad", is_flag=True, help="Write the good rows though others are bad.")
@told_plainly
def import_(path: Path, by: str | None, dry_run: bool, skip_bad: bool) -> None:
    """Add and change courses from FILE (.csv, .xlsx or .json); nothing is deleted.

    Only the columns that FILE has are touched. When a row is bad, nothing is written, unless
    --skip-bad is given; the exit status is 1 then in either case.
    """
    with _progress("Importing") as on_progress:
        report = transfer.import_catalogue(
            path,
            transfer.By(by or transfer.By.EITHER),
            dry_run=dry_run,
            skip_bad=skip_bad,
            on_progress=on_progress,
        )
    _tell(report, dry_run)
    if report.bad:
        raise SystemExit(1)


@catalog.command("export")
@click.argument("path", metavar="FILE", type=click.Path(path_type=Path))
@told_plainly
def export(path: Path) -> None:
    """Write all courses to FILE (.csv, .xlsx or .json), in place of what is in it."""
    with _progress("Exporting") as on_progress:
        exported = transfer.export_catalogue(path, on_progress)
    click.echo(f"{exported.courses} courses written to {path}.")
    if exported.sessions_left_out:
        click.echo(
            f"A CSV holds courses only: {exported.sessions_left_out} sessions and what belongs to "
            "them are not in it. Export to .json or .xlsx for everything.",
            err=True,
        )


def _tell(report: transfer.Report, dry_run: bool) -> None:
    """Problems go to standard error, all the rest to standard output."""
    if report.notice:
        click.echo(report.notice, err=True)
    if dry_run:
        click.echo("".join(f"{line}\n" for line in transfer.differences(report)), nl=False)
    for line in transfer.complaints(report):
        click.echo(line, err=True)
    for line in transfer.counts(report):
        click.echo(line)
    click.echo(transfer.verdict(report, dry_run))


@contextmanager
def _progress(title: str) -> Generator[Callable[[float], None]]:
    """A bar on standard error while the work lasts; none where nobody sees it."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(title, total=1.0)
        yield lambda done: bar.update(task, completed=done)
