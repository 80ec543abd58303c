"""``flask catalog check`` and ``flask catalog stats``: how good it is, what is in it."""

import json
from collections.abc import Iterable, Mapping

import click
from flask.cli import with_appcontext
from rich import box
from rich.console import Console
from rich.table import Table

from bot.cli.errors import told_plainly
from bot.services import money
from bot.services.catalogue import (
    CatalogueSummary,
    PriceRange,
    get_course_catalog_summary,
    get_course_statistics,
)
from bot.services.catalogue.checks import Problem, Report, check_catalogue
from bot.services.catalogue.quality_rules import Severity

_COLUMNS_WITHOUT_A_TERMINAL = 140
_LONGEST_NAME = 60
_MOST_VALUES = 15
_TALLIES = ("level", "modality", "status", "audience")


@click.command("check")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(min=0), metavar="N")
@click.option("--all", "everything", is_flag=True, help="Every course, not only the first N.")
@click.option(
    "--archived", is_flag=True, help="Also courses that are archived, inactive or drafts."
)
@click.option("--strict", is_flag=True, help="Exit with 1 when an error is found.")
@click.option("--json", "as_json", is_flag=True, help="For machines.")
@with_appcontext
@told_plainly
def check(limit: int, everything: bool, archived: bool, strict: bool, as_json: bool) -> None:
    """What hurts recommendations: the first N courses with each problem, and what mends it."""
    report = check_catalogue(None if everything else limit, archived)
    (_print_json if as_json else _print_report)(report)
    if strict and report.count(Severity.ERROR):
        raise SystemExit(1)


@click.command("stats")
@with_appcontext
@told_plainly
def stats() -> None:
    """How many courses there are of each kind, what they cost and when the next one starts."""
    figures, summary = get_course_statistics(), get_course_catalog_summary()
    if not summary.total:
        click.echo("There are no courses. Fill ai_courses, or run: flask catalog demo")
        return
    on_offer = f"{summary.on_offer:,} of them on offer"
    click.echo(f"{_number(summary.total, 'course')}, {on_offer}.")
    sections = [_most_frequent(name, figures[f"by_{name}"]) for name in _TALLIES]
    _print_table(("", "as typed", "courses"), *sections)
    for prices in summary.prices:
        click.echo(f"Prices on offer  {_price_range(prices)}")
    click.echo(f"Next start       {_next_start(summary)}")


def _most_frequent(name: str, tally: Mapping[str, int]) -> list[tuple[str, str, str]]:
    """The rows of one tally, the greatest numbers first; only the first carries its name."""
    ranked = sorted(tally.items(), key=lambda pair: (-pair[1], pair[0]))
    rows = [(value.strip() or "(none)", count) for value, count in ranked[:_MOST_VALUES]]
    others = ranked[_MOST_VALUES:]
    if others:
        rows.append((f"… {len(others):,} others", sum(count for _, count in others)))
    names = (name, *[""] * len(rows))
    return [
        (label, value, f"{count:,}") for label, (value, count) in zip(names, rows, strict=False)
    ]


def _price_range(prices: PriceRange) -> str:
    code = prices.currency or "without currency"
    low, high = (money.formatted(value, code) for value in (prices.lowest, prices.highest))
    return low if low == high else f"{low} to {high}"


def _next_start(summary: CatalogueSummary) -> str:
    if summary.next_start is None:
        return "no course on offer has a date"
    return f"{summary.next_start:%Y-%m-%d}, {printable(summary.next_course or '(no name)')}"


def _print_json(report: Report) -> None:
    document = {
        "checked": report.checked,
        "errors": report.count(Severity.ERROR),
        "hints": report.count(Severity.HINT),
        "problems": [_as_json(problem) for problem in report.problems],
    }
    click.echo(json.dumps(document, ensure_ascii=False, indent=2))


def _as_json(problem: Problem) -> dict[str, object]:
    return {
        "kind": problem.check.kind,
        "severity": problem.check.severity,
        "title": problem.check.title,
        "mend": problem.check.mend,
        "courses": problem.courses,
        "rows": [
            {"id_course": str(row.id_course), "name": row.name, "found": row.found}
            for row in problem.findings
        ],
    }


def _print_report(report: Report) -> None:
    looked_at = f"{_number(report.checked, 'course')} looked at"
    if not report.checked:
        click.echo(f"{looked_at}. Fill ai_courses, or run: flask catalog demo")
    elif not report.problems:
        click.echo(f"{looked_at}: nothing to complain about.")
    else:
        errors, hints = report.count(Severity.ERROR), report.count(Severity.HINT)
        click.echo(f"{looked_at}: {_number(errors, 'error')}, {_number(hints, 'hint')}.")
        _print_table(("", "problem", "courses"), map(_summary, report.problems))
        for problem in report.problems:
            _print_problem(problem)


def _summary(problem: Problem) -> tuple[str, str, str]:
    return problem.check.severity, problem.check.title, f"{problem.courses:,}"


def _print_problem(problem: Problem) -> None:
    """Lines and no table: with ``--all`` they are many, and people search in them."""
    check, rows = problem.check, problem.findings
    click.echo(f"\n{check.kind}: {check.title} ({_number(problem.courses, 'course')})")
    click.echo(f"  → {check.mend}")
    width = max((len(row.name[:_LONGEST_NAME]) for row in rows), default=0)
    for row in rows:
        name = printable(row.name[:_LONGEST_NAME]).ljust(width)
        click.echo(f"  {row.id_course}  {name}  {printable(row.found)}".rstrip())
    if problem.courses > len(rows):
        click.echo(f"  … and {problem.courses - len(rows):,} more; --all shows them")


def _number(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def _print_table(header: tuple[str, ...], *sections: Iterable[tuple[str, ...]]) -> None:
    """A table whose last column holds figures, with a line between its sections."""
    console = Console(highlight=False, markup=False, emoji=False)
    if not console.is_terminal:
        console.width = _COLUMNS_WITHOUT_A_TERMINAL
    table = Table(box=box.SIMPLE_HEAD)
    for title in header:
        table.add_column(title, justify="right" if title == header[-1] else "left")
    for section in sections:
        for row in section:
            table.add_row(*map(printable, row))
        table.add_section()
    console.print(table)


def printable(text: str) -> str:
    """What the school typed, without what would steer a terminal."""
    return "".join(character if character.isprintable() else " " for character in text)
