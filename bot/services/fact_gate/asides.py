"""What looks like a claim and is none: small talk in numbers, and the person's own words."""

import re
from collections.abc import Sequence

from bot.services.catalogue.words import lexeme
from bot.services.fact_gate.claims import Claim, Kind
from bot.services.fact_gate.draft import Draft
from bot.services.fact_gate.given import STARTS
from bot.services.fact_gate.reading import words
from bot.services.fact_gate.rules import rules
from bot.services.fact_gate.sources import day_of
from bot.services.spanish import mirror

_WHOLLY = re.compile(r" (?:en linea|online|virtual|practic|remot|presencial|a distancia)")
_MOST_COUNTED = 5
_NEAR = 24
_SHORT_NOUN = 3
_NUMBERS = (Kind.NUMBER, Kind.MONEY, Kind.QUANTITY)
_OF_ANYBODY = frozenset({"semana", "mes", "dia", "hora", "ano", "persona", "vez"})


def is_no_claim(claim: Claim, draft: Draft) -> bool:
    """Whether ``claim`` needs no fact."""
    return (
        _is_by_the_way(claim, draft)
        or _repeats_the_person(claim, draft)
        or draft.text.is_corrected(claim.start, claim.end)
        or _is_asked(claim, draft)
    )


def _is_asked(claim: Claim, draft: Draft) -> bool:
    """A number in a question to the person: "¿cuántos haces en una semana?"."""
    of_anybody = claim.kind is Kind.QUANTITY and claim.value[1] in _OF_ANYBODY
    return (of_anybody or claim.kind is Kind.NUMBER) and draft.text.is_asked(claim.start)


def _is_by_the_way(claim: Claim, draft: Draft) -> bool:
    """Numbers that claim nothing: "las 3 opciones", "los dos", "paso 1", "100 % en línea"."""
    if claim.kind is Kind.PERCENT:
        return claim.value == 100 and bool(_WHOLLY.match(draft.text.plain, claim.end))
    if claim.kind not in (Kind.NUMBER, Kind.QUANTITY):
        return False
    value, noun = claim.value
    if noun in rules().words["options"]:
        return value <= max(len(draft.courses), 1)
    if noun == "sesion" and value == _sessions_named(draft):
        return True
    if noun == "dia" and value in _days_between(draft):
        return True
    before = words(draft.text.plain[max(0, claim.start - _NEAR) : claim.start])[-1:]
    is_new = claim.kind is Kind.NUMBER and _is_named_nowhere(noun, draft)
    if claim.kind is Kind.NUMBER and _is_a_day_or_session(claim, before, draft):
        return True
    counted = rules().words["harmless"] | rules().words["before_a_count"]
    return (is_new or not counted.isdisjoint(before)) and value <= _MOST_COUNTED


def _days_between(draft: Draft) -> set[int]:
    """How many days lie between the beginnings of the courses: "cuatro días después"."""
    told = (day_of(each) for source in draft.courses for each in source.of(STARTS, Kind.DATE))
    days = [day for day in told if day]
    return {abs((one - other).days) for one in days for other in days}


def _sessions_named(draft: Draft) -> int:
    """How many sessions the reply names, by number or title: "te sirven dos sesiones: …"."""
    numbers = {claim.value for claim in draft.claims if claim.kind is Kind.SESSION}
    sessions = (each for course in draft.given.courses for each in course.sessions)
    return len(numbers | {s.number for s in sessions if mirror(s.title) in draft.text.plain})


def _is_named_nowhere(noun: str, draft: Draft) -> bool:
    """Whether what is counted is neither in the facts, which may count it too, nor handed out."""
    if len(noun) <= _SHORT_NOUN or noun in rules().words["goods"]:
        return False
    return not any(lexeme(noun) in source.lexemes for source in draft.courses)


def _is_a_day_or_session(claim: Claim, before: Sequence[str], draft: Draft) -> bool:
    """A number that goes on about days or sessions: "la sesión 4 y la 5", "el 15 y el 16"."""
    value, plain = claim.value[0], draft.text.plain
    is_in_brackets = plain[: claim.start].endswith("(") and plain.startswith(")", claim.end)
    if before == ["la"] or is_in_brackets:
        counts = (count for source in draft.courses for count in source.counts("sesion"))
        if any(value <= count for count in counts):
            return True
    tells_days = any(each.kind in (Kind.DATE, Kind.MONTH) for each in draft.claims)
    days = {day for source in draft.courses for day, _, _ in source.values(Kind.DATE)}
    return tells_days and value in days


def _repeats_the_person(claim: Claim, draft: Draft) -> bool:
    """A budget, an e-mail or a number of people that is given back as theirs."""
    if claim.kind is Kind.EMAIL:
        return claim.value in draft.person.text
    if claim.kind is Kind.MONTH:  # Abril is a name as well
        return mirror(claim.said) in words(draft.person.text)
    is_count = claim.kind is Kind.QUANTITY and claim.value[1] in ("persona", "vez")
    if is_count or claim.kind is Kind.NUMBER:
        sources = (draft.message, draft.person)
        told = (each for kind in _NUMBERS for source in sources for each in source.values(kind))
        return claim.value[0] in [number for number, _ in told]
    sentence = draft.sentence(claim.start)
    if claim.kind is Kind.QUANTITY and not rules().cues["of_a_length"].search(sentence):
        return claim.value in draft.message.values(Kind.QUANTITY)
    if not rules().cues["of_the_person"].search(sentence):
        return False
    return draft.person.bears_out(claim) or draft.message.bears_out(claim)
