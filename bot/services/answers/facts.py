"""What the model is given to speak of, and what the gate will hold its words against."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from bot.models.catalogue import Course
from bot.models.leads import LeadMemory
from bot.services.answers.digest import person_facts
from bot.services.catalogue import Findings
from bot.services.fact_gate import Given, GivenCourse, GivenSession
from bot.services.fact_gate.given import (
    BONUSES,
    DURATION,
    ENDS,
    LANGUAGE,
    LEVEL,
    MODALITY,
    PRICE,
    SESSION_LENGTH,
    STARTS,
    Facts,
)
from bot.services.replies import CourseCard, SessionCard, Situation, prose, safe

TOPICS, MATERIAL, ABOUT = "temario", "materiales", "acerca_de"
_LONGEST_ABOUT = 900

_OF_A_COURSE = {
    "description": "descripcion",
    "level": LEVEL,
    "modality": MODALITY,
    "price": PRICE,
    "starts": STARTS,
    "ends": ENDS,
    "duration": DURATION,
    "session_length": SESSION_LENGTH,
    "schedule": "horario",
    "language": LANGUAGE,
    "audience": "publico",
    "roi": "resultado",
    "purchase_url": "enlace_de_inscripcion",
    "course_url": "enlace_del_curso",
    "reasons": "por_que_se_ofrece",
    "bonuses": BONUSES,
}
"""The fields of a card, by the label that the model reads."""

_OF_THE_SCHOOL = {
    "school": "nombre",
    "adviser_contact": "contacto_del_equipo",
    "adviser_hours": "horario_de_atencion",
    "school_address": "direccion",
    "privacy_url": "aviso_de_privacidad",
}


def school_facts(situation: Situation) -> Facts:
    """What is configured of the school."""
    told = {label: getattr(situation, name) for name, label in _OF_THE_SCHOOL.items()}
    return {label: value for label, value in told.items() if value}


def given_for(situation: Situation, findings: Findings, memory: LeadMemory, text: str) -> Given:
    """The facts for the reply to ``text``."""
    situation = safe(situation)
    pairs = list(zip(findings.courses, situation.courses, strict=True))
    if situation.current and findings.current and findings.current not in findings.courses:
        pairs.append((findings.current, situation.current))
    return Given(
        school=school_facts(situation),
        courses=tuple(
            _course(f"C{number}", course, card, findings, situation)
            for number, (course, card) in enumerate(pairs, 1)
        ),
        person=person_facts(memory),
        message=text,
        definition=situation.definition,
    )


def _course(
    short_id: str, course: Course, card: CourseCard, findings: Findings, situation: Situation
) -> GivenCourse:
    told: dict[str, Any] = {label: getattr(card, name) for name, label in _OF_A_COURSE.items()}
    told["sesiones"] = _counted(card.sessions)
    told["precio_grupo"] = (
        card.group_price and f"{card.group_price} por {situation.people} personas"
    )
    told["estado"] = "próximamente, todavía sin inscripción" if card.is_upcoming else None
    told[TOPICS] = tuple(_session(each) for each in card.outline)
    told["sesiones_que_le_ayudan"] = tuple(each.title for each in card.solves)
    told[MATERIAL] = tuple(f"{each.description}: {each.url}" for each in card.elements)
    if findings.depth and findings.depth.course.id_course == course.id_course:
        told[ABOUT] = prose(course.long_descrption, limit=_LONGEST_ABOUT)
    return GivenCourse(
        id=short_id,
        id_course=course.id_course,
        name=card.name,
        facts={label: value for label, value in told.items() if value},
        sessions=tuple(GivenSession(each.number, each.title, each.day) for each in card.outline),
    )


def _counted(sessions: str | None) -> str | None:
    if not sessions:
        return None
    return f"{sessions} {'sesión' if sessions == '1' else 'sesiones'}"


def _session(session: SessionCard) -> str:
    day = f" ({session.day})" if session.day else ""
    aim = f": {session.objective}" if session.objective else ""
    topics = f" [{'; '.join(session.items)}]" if session.items else ""
    return f"{session.number}. {session.title}{day}{aim}{topics}"


def ids_of(given: Given, short_ids: Sequence[str]) -> tuple[UUID, ...]:
    """The courses that the model names by the ids it was given; others are left out."""
    known = {course.id: course.id_course for course in given.courses}
    return tuple(dict.fromkeys(known[each] for each in short_ids if each in known))
