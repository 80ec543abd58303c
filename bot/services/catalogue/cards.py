"""How a course is shown in the chat."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from babel.dates import format_date

from bot.extensions import settings
from bot.models.catalogue import Course, CourseInDepth, SessionOutline
from bot.services import money, vocabulary
from bot.services.replies import CourseCard, ElementCard, SessionCard, prose, write_courses

NOTHING_QUOTED: Mapping[str, str] = {}

_LONGEST_OUTLINE = 40
_MOST_ELEMENTS = 3
_NOT_YET = ("upcoming", "proximamente", "próximamente", "proximo", "próximo")


def card(course: Course, reasons: Sequence[str] = ()) -> CourseCard:
    """A course as the reply templates show it, in Spanish; what is not known stays None."""
    return CourseCard(
        name=course.name or "Curso",
        description=course.short_description,
        level=vocabulary.level(course.level),
        modality=vocabulary.modality(course.modality),
        sessions=str(course.session_count) if (course.session_count or 0) > 0 else None,
        price=money.shown(course.price, course.currency),
        starts=_day(course.start_date),
        ends=_day(course.end_date),
        duration=_hours(course.total_duration_min),
        language=course.language,
        audience=course.audience_category,
        roi=course.roi,
        purchase_url=_web(course.purchase_url),
        course_url=_web(course.course_url),
        is_upcoming=(course.status or "").strip().lower() in _NOT_YET,
        reasons=tuple(reasons),
    )


def card_in_depth(
    found: CourseInDepth,
    reasons: Sequence[str] = (),
    solving: Iterable[SessionOutline] = (),
    quotes: Mapping[str, str] = NOTHING_QUOTED,
) -> CourseCard:
    """The same with sessions, bonuses and material.

    ``solving`` are sessions on what somebody asks or suffers from, ``quotes`` sentences of the
    description by the aspect that they tell.
    """
    return replace(
        card(found.course, reasons),
        bonuses=tuple(found.bonuses),
        schedule=_schedule(found.sessions),
        outline=tuple(map(_session, found.sessions[:_LONGEST_OUTLINE])),
        solves=tuple(map(_session, solving)),
        session_length=_length_of_each(found.sessions),
        quotes=tuple(quotes.items()),
        elements=tuple(
            ElementCard(element.description, address)
            for element in found.elements[:_MOST_ELEMENTS]
            if (address := _web(element.url))
        ),
    )


def group_price(course: Course, people: int) -> str | None:
    """What so many people pay at list price; None when the price is not clearly one number."""
    price = money.amount(course.price)
    code = (course.currency or "").strip().upper()
    if price is None or not code or money.says_another_currency(course.price or "", code):
        return None
    return money.formatted(price * Decimal(people), code)


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
    titles = [title for session in info.sessions if (title := prose(session.title))]
    outline = (SessionCard(*each) for each in enumerate(titles[:_LONGEST_OUTLINE], 1))
    bonuses = tuple(bonus.content for bonus in info.bonuses)
    sheet = replace(card(info), bonuses=bonuses, outline=tuple(outline))
    return write_courses("course_detail", [sheet])


def _session(session: SessionOutline) -> SessionCard:
    return SessionCard(
        session.number, session.title, session.objective, _day(session.at), session.items
    )


def _length_of_each(sessions: Sequence[SessionOutline]) -> str | None:
    lengths = {session.minutes for session in sessions if session.minutes}
    if len(lengths) != 1:
        return None
    minutes = lengths.pop()
    return f"{minutes} minutos" if minutes % 60 else _hours(minutes)


def _schedule(sessions: Sequence[SessionOutline]) -> str | None:
    """The weekday and hour of a course, when all its sessions have the same: in Spanish."""
    moments = [session.at for session in sessions if session.at]
    rhythms = {(moment.weekday(), moment.time()) for moment in moments}
    if len(rhythms) != 1 or not settings().locale.startswith("es"):
        return None
    day = format_date(moments[0], "EEEE", locale=settings().locale)
    plural = day if day.endswith("s") else f"{day}s"
    return f"los {plural} a las {moments[0]:%H:%M}"


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
