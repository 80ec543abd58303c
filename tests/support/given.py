"""The facts that replies of the test sets are held against, made as the product makes them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from bot.models.catalogue import Course, CourseInDepth
from bot.models.leads import LeadMemory
from bot.services.answers.facts import given_for
from bot.services.catalogue import Findings, get_all_courses
from bot.services.fact_gate import Given
from bot.services.replies import Situation
from bot.stores import courses

SCHOOL = Situation(
    school="Aprende y Aplica IA",
    adviser_contact="asesoria@aprendeyaplica.example, +52 55 5000 1234",
    adviser_hours="lunes a viernes de 9:00 a 18:00",
    school_address="Av. Reforma 123, Ciudad de México",
    privacy_url="https://aprendeyaplica.example/privacidad",
)
_COLUMNS = ("name", "role")
_LISTS = ("interests", "pain_points")


class School:
    """The demo catalogue by the names of its courses; needs an app context while it is made."""

    def __init__(self) -> None:
        found = [courses.find_in_depth(course.id_course) for course in get_all_courses()]
        self._courses = {depth.course.name or "": depth for depth in found if depth}

    def given(
        self,
        names: Sequence[str],
        message: str = "",
        about_one: bool = True,
        person: Mapping[str, Any] | None = None,
    ) -> Given:
        """The facts of some courses: all of them when it is about one."""
        depths = [self._courses[name] for name in names]
        findings = self._findings(depths, about_one)
        situation = replace(SCHOOL, courses=tuple(findings.cards()), about_one=about_one)
        return given_for(situation, findings, memory_of(person or {}), message)

    def _findings(self, depths: Sequence[CourseInDepth], about_one: bool) -> Findings:
        shown: tuple[Course, ...] = tuple(depth.course for depth in depths)
        if not about_one or not depths:
            return Findings(shown)
        return Findings(shown[:1], shown[0], about_one=True, depth=depths[0])


def memory_of(person: Mapping[str, Any]) -> LeadMemory:
    """What is remembered of a person of the test sets."""
    now = datetime.now(UTC)
    extra = {key: value for key, value in person.items() if key not in _COLUMNS + _LISTS}
    return LeadMemory(
        "5215512345678",
        name=person.get("name"),
        role=person.get("role"),
        interests=tuple(person.get("interests", ())),
        pain_points=tuple(person.get("pain_points", ())),
        first_interaction_at=now,
        last_interaction_at=now,
        additional_data=extra,
    )
