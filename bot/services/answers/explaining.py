"""What the gate has to say about a text: for whoever edits ``bot/data/gate``."""

from dataclasses import replace

from bot.errors import NotFound
from bot.models.leads import LeadMemory
from bot.services import catalogue, database, fact_gate
from bot.services.answers.facts import given_for
from bot.services.answers.prompt import rules
from bot.services.catalogue import Findings
from bot.services.school import school
from bot.services.spanish import plain
from bot.stores import courses


def check_text(text: str, course: str | None) -> tuple[str, ...]:
    """What ``text`` says that the facts of the school, and of a course, do not.

    ``course`` is a part of the course's name.

    Raises:
        NotFound: when no course has such a name.
        StoreUnavailable: when the database is away.
    """
    findings = database.read(lambda: _about(course)) if course else Findings()
    situation = replace(school(), courses=tuple(findings.cards()), about_one=findings.about_one)
    given = given_for(situation, findings, LeadMemory("nobody"), "")
    return fact_gate.unfounded(text, given, rules())


def _about(name: str) -> Findings:
    named = (each for each in catalogue.get_all_courses() if plain(name) in plain(each.name or ""))
    found = next(named, None)
    depth = courses.find_in_depth(found.id_course) if found else None
    if depth is None:
        raise NotFound(f"No course has '{name}' in its name.")
    return Findings((depth.course,), depth.course, about_one=True, depth=depth)
