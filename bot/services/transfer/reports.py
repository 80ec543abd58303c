"""What an import did or would do, and what is wrong with the file; and how it is told."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from bot.services.transfer.columns import quoted
from bot.services.transfer.kinds import COURSE, KINDS, Kind, Problem, Row

MOST_PROBLEMS = 50
MOST_SHOWN = 20


@dataclass(slots=True)
class Tally:
    """How many rows of one kind had which fate. ``bad`` ones were refused."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    bad: int = 0

    @property
    def total(self) -> int:
        """How many rows of the kind the file has."""
        return self.new + self.changed + self.unchanged + self.bad

    def __str__(self) -> str:
        return f"{self.new} new, {self.changed} changed, {self.unchanged} unchanged, {self.bad} bad"


class Change(NamedTuple):
    """A row that is there and differs: column → (before, after)."""

    label: str
    columns: dict[str, tuple[Any, Any]]


@dataclass(slots=True)
class Shown:
    """The first changes and new names of one kind."""

    changes: list[Change] = field(default_factory=list[Change])
    names: list[str] = field(default_factory=list[str])


@dataclass(slots=True)
class Report:
    """Counts by kind, the first problems with the number of their row, the first changes."""

    tallies: dict[Kind, Tally] = field(default_factory=lambda: {kind: Tally() for kind in KINDS})
    shown: dict[Kind, Shown] = field(default_factory=lambda: {kind: Shown() for kind in KINDS})
    problems: list[tuple[int, Problem]] = field(default_factory=list[tuple[int, Problem]])
    problem_count: int = 0
    notice: str = ""
    written: bool = False

    @property
    def courses(self) -> Tally:
        """The counts of the courses themselves."""
        return self.tallies[COURSE]

    @property
    def bad(self) -> int:
        """How many rows were refused, of all kinds."""
        return sum(tally.bad for tally in self.tallies.values())

    @property
    def touched(self) -> int:
        """How many rows are new or changed, of all kinds."""
        return sum(tally.new + tally.changed for tally in self.tallies.values())

    def refuse(self, row: Row, *problems: Problem) -> None:
        """Count ``row`` as bad, once; the first problems of the file are kept."""
        if not row.refused:
            self.tallies[row.kind].bad += 1
        row.refused = True
        self.problem_count += len(problems)
        room = MOST_PROBLEMS - len(self.problems)
        self.problems.extend((row.number, problem) for problem in problems[:room])

    def note_new(self, row: Row) -> None:
        """Count ``row`` as new."""
        self.tallies[row.kind].new += 1
        names = self.shown[row.kind].names
        if len(names) < MOST_SHOWN:
            names.append(row.label)

    def note_changed(self, row: Row, columns: dict[str, tuple[Any, Any]]) -> None:
        """Count ``row`` as changed."""
        self.tallies[row.kind].changed += 1
        changes = self.shown[row.kind].changes
        if len(changes) < MOST_SHOWN:
            changes.append(Change(row.label, columns))

    def note_unchanged(self, row: Row) -> None:
        """Count ``row`` as it is in the database."""
        self.tallies[row.kind].unchanged += 1


def counts(report: Report) -> Iterator[str]:
    """One line for each kind in the file; courses always."""
    for kind, tally in report.tallies.items():
        if tally.total or kind is COURSE:
            yield f"{kind.name}: {tally}"


def differences(report: Report) -> Iterator[str]:
    """What is new and what changes, as far as it was kept."""
    for kind, shown in report.shown.items():
        tally = report.tallies[kind]
        for change in shown.changes:
            yield f"changed {kind.singular} {quoted(change.label)}"
            for column, (before, after) in change.columns.items():
                yield f"    {column}: {_shown(before)} -> {_shown(after)}"
        yield from _and_more(tally.changed - len(shown.changes), f"changed {kind.name}")
        for name in shown.names:
            yield f"new {kind.singular} {quoted(name)}"
        yield from _and_more(tally.new - len(shown.names), f"new {kind.name}")


def complaints(report: Report) -> Iterator[str]:
    """What is wrong with which row and how to mend it, a line each."""
    for _, problem in sorted(report.problems, key=lambda kept: kept[0]):
        column = f", {problem.column}" if problem.column else ""
        yield f"{problem.place}{column}: {problem.wrong}. {problem.mend}"
    yield from _and_more(report.problem_count - len(report.problems), "problems")


def verdict(report: Report, dry_run: bool) -> str:
    """One line: what was written."""
    if dry_run:
        return "Dry run: nothing was written."
    if not report.written:
        return "Nothing was written. Mend the rows, or leave them out with --skip-bad."
    left_out = " The bad rows were left out." if report.bad else ""
    done = "The import is done." if report.touched else "Nothing had to change."
    return done + left_out


def _and_more(count: int, what: str) -> Iterator[str]:
    if count > 0:
        yield f"… and {count} more {what}"


def _shown(value: Any) -> str:
    return "nothing" if value is None else quoted(value)
