"""The data-quality report: what keeps courses from being found, understood or bought."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from bot.services import database
from bot.services.catalogue.quality_rules import CHECKS, Check, Severity
from bot.stores import course_quality
from bot.stores.course_quality import CourseRecord


@dataclass(frozen=True, slots=True)
class Finding:
    """A course with a problem."""

    id_course: UUID
    name: str
    found: str


@dataclass(slots=True)
class Problem:
    """A kind of problem, how many courses have it, and the first of them by name."""

    check: Check
    courses: int = 0
    findings: list[Finding] = field(default_factory=list[Finding])


@dataclass(frozen=True, slots=True)
class Report:
    """How many courses were looked at, and every problem that some of them have."""

    checked: int
    problems: Sequence[Problem]

    def count(self, severity: Severity) -> int:
        """How often problems of this severity were found."""
        return sum(item.courses for item in self.problems if item.check.severity is severity)


def check_catalogue(limit: int | None, archived: bool = False) -> Report:
    """Look at every course; of each problem keep at most ``limit`` courses, or all with None.

    Without ``archived``, courses are left out whose status keeps them from every lead.

    Raises:
        StoreUnavailable: when the database is away.
    """
    return database.read(lambda: _report(course_quality.stream(archived), limit))


def wrong_with(course: CourseRecord) -> list[Check]:
    """Every check that a course does not pass."""
    return [check for check in CHECKS if check.is_wrong(course)]


def _report(courses: Iterable[CourseRecord], limit: int | None) -> Report:
    problems = {check.kind: Problem(check) for check in CHECKS}
    checked = 0
    for course in courses:
        checked += 1
        for check in wrong_with(course):
            problem = problems[check.kind]
            problem.courses += 1
            if limit is None or problem.courses <= limit:
                problem.findings.append(_finding(course, check))
    return Report(checked, [problem for problem in problems.values() if problem.courses])


def _finding(course: CourseRecord, check: Check) -> Finding:
    return Finding(course.id_course, course.name or "", check.found(course))
