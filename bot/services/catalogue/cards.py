"""How a course is shown in the chat."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import islice

from babel.dates import format_date

from bot.extensions import settings
from bot.models.catalogue import Course
from bot.services import money, vocabulary
from bot.services.replies import CourseCard, write_courses

_LONGEST_OUTLINE = 40


def card(course: Course, bonuses: Sequence[str] = (), reasons: Sequence[str] = ()) -> CourseCard:
    """A course as the reply templates show it, in Spanish; what is not known stays None."""
    return CourseCard(
        name=course.name or "Curso",
        description=course.short_description,
        level=vocabulary.level(course.level),
        modality=vocabulary.modality(course.modality),
        sessions=str(course.session_count) if (course.session_count or 0) > 0 else None,
        price=money.shown(course.price, course.currency),
        starts=_day(course.start_date),
        duration=_hours(course.total_duration_min),
        purchase_url=_web(course.purchase_url),
        course_url=_web(course.course_url),
        bonuses=tuple(bonuses),
        reasons=tuple(reasons),
    )


def format_course_for_chat(course: Course) -> str:
    """One course in a few lines, as WhatsApp shows them."""
    return write_courses("course_card", [card(course)])


def format_course_list_for_chat(courses: Sequence[Course]) -> str:
    """A numbered list of courses; a list of none says so."""
    return write_courses("course_list", [card(course) for course in courses])


def format_detailed_course_for_chat(info: Course) -> str:
    """Everything that a lead may want to know of a course, with what its sessions are about.

    ``info`` is what :func:`get_course_complete_info` returns.
    """
    bonuses = [bonus.content for bonus in info.bonuses]
    sheet = replace(card(info, bonuses), outline=tuple(_outline(info)))
    return write_courses("course_detail", [sheet])


def _outline(info: Course) -> Iterator[str]:
    titles = (session.title for session in info.sessions if session.title)
    yield from islice(titles, _LONGEST_OUTLINE)


def _web(address: str | None) -> str | None:
    """Only an address that leads somewhere is shown as a link."""
    is_web = (address or "").strip().lower().startswith(("http://", "https://"))
    return address if is_web else None


def _day(moment: datetime | None) -> str | None:
    return format_date(moment, "long", locale=settings().locale) if moment else None


def _hours(minutes: int | None) -> str | None:
    """Under an hour the column holds something else than minutes, so nothing is shown."""
    if not minutes or minutes < 60:
        return None
    hours = f"{minutes / 60:.1f}".removesuffix(".0")
    return f"{hours} hora{'' if hours == '1' else 's'}"
