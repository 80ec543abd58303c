"""Which courses the answer to one message may speak of."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from bot.models.catalogue import Course, CourseInDepth
from bot.models.context import Context
from bot.models.leads import LeadMemory
from bot.models.understanding import COURSE_RELEVANT, Facts, Intent
from bot.services.catalogue import cards
from bot.services.catalogue.choosing import solving
from bot.services.catalogue.quoting import quotes
from bot.services.catalogue.recommendations import Recommendation
from bot.services.references import Reference
from bot.services.replies import CourseCard

ANSWERED_WITH_COURSES = COURSE_RELEVANT | {
    Intent.FREE_RESOURCES,
    Intent.OBJECTION_PRICE,
    Intent.OBJECTION_TIME,
    Intent.OBJECTION_VALUE,
}
"""The intents whose replies look something up in the catalogue."""

COMPARED = "compared"
"""The ``basis`` of courses that are set side by side."""

THAN = "than_"
"""In front of a ``basis``: the courses are more so than ``current``."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What one message asks of the catalogue, and where the conversation stands.

    ``details`` are the aspects of a course that it names; with ``of_the_list`` it asks for the
    courses that were shown last.
    """

    text: str
    intent: Intent
    facts: Facts
    memory: LeadMemory
    context: Context = field(default_factory=Context)
    details: tuple[str, ...] = ()
    reference: Reference = field(default_factory=Reference)
    of_the_list: bool = False

    @property
    def pain(self) -> str | None:
        """What troubles the person: by this message, else the last that was told."""
        return next(iter((*self.facts.pain_points, *reversed(self.memory.pain_points))), None)


@dataclass(frozen=True, slots=True)
class Findings:
    """The courses an answer may speak of.

    ``matched`` is False when a subject was named and nothing in the catalogue is of it. ``known``
    is False when no course could be read, ``is_current`` when they come from the snapshot.
    ``focus`` is the course that the conversation turns to; a list that fits nothing in particular
    turns to none. ``basis`` and ``current`` are told by
    :class:`bot.services.replies.Situation`. ``depth`` is one of the courses, or the current one,
    with its sessions and bonuses; of it are told the ``details``, what speaks of ``asked``, and
    what the message ``said``.
    ``searched`` is the text that names the subject.
    """

    courses: tuple[Course, ...] = ()
    focus: Course | None = None
    matched: bool = True
    topic: str | None = None
    about_one: bool = False
    known: bool = True
    is_current: bool = True
    reasons: Mapping[UUID, tuple[str, ...]] = field(default_factory=dict[UUID, tuple[str, ...]])
    basis: str | None = None
    current: Course | None = None
    depth: CourseInDepth | None = None
    said: str = ""
    asked: str | None = None
    details: tuple[str, ...] = ()
    searched: str | None = None

    def cards(self) -> list[CourseCard]:
        """The courses as replies show them."""
        return [self._card(course) for course in self.courses]

    def current_card(self) -> CourseCard | None:
        """The course that the others are alternatives to."""
        return self._card(self.current) if self.current else None

    def _card(self, course: Course) -> CourseCard:
        reasons = self.reasons.get(course.id_course, ())
        if self.depth and self.depth.course.id_course == course.id_course:
            told = quotes(self.depth, self.said, self.details)
            return cards.card_in_depth(self.depth, reasons, solving(self.depth, self.asked), told)
        return cards.card(course, reasons)


def listed(
    found: Iterable[Recommendation],
    focus: Course | None = None,
    topic: str | None = None,
    matched: bool = True,
    searched: str | None = None,
) -> Findings:
    """Recommended courses, as findings."""
    items = list(found)
    return Findings(
        courses=tuple(item.course for item in items),
        focus=focus,
        matched=matched,
        topic=topic,
        reasons={item.course.id_course: item.reasons for item in items},
        searched=searched,
    )
