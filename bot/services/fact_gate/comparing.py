"""Whether what is set side by side is right: the cheapest course, the sessions in their order."""

import re
from collections.abc import Iterator, Sequence

from bot.services.fact_gate.claims import Kind, claims
from bot.services.fact_gate.given import DURATION, PRICE, GivenCourse
from bot.services.fact_gate.naming import Mention, spoken_of
from bot.services.fact_gate.reading import Text, read
from bot.services.spanish import mirror

_MOST = re.compile(
    r"\b(?:el|la|los|las) (mas|menos) "
    r"(?:(economic|barat|accesible|car|costos)|(cort|brev|larg|extens))\w*"
)
_NUMBERED = re.compile(r"(?m)^\W*(\d{1,2})[.)\uFE0F\u20E3]+[\s*]*(\S.*)$")
_DEAR, _LONG = ("car", "costos"), ("larg", "extens")


def superlatives(
    text: Text, mentions: Sequence[Mention], courses: Sequence[GivenCourse]
) -> Iterator[str]:
    """Superlatives that are not true of the course that they are said of."""
    for match in _MOST.finditer(text.plain):
        name, kind = (PRICE, Kind.MONEY) if match[2] else (DURATION, Kind.QUANTITY)
        sizes = [_size(course, name, kind) for course in courses]
        start, end = text.sentence_at(match.start())
        here = {each.place for each in mentions if start <= each.start < end}
        place = here.pop() if len(here) == 1 else spoken_of(*match.span(), text, mentions)
        if place is None or not _are_comparable(sizes):
            continue
        wants_most = (match[1] == "mas") == ((match[2] or match[3]) in _DEAR + _LONG)
        best = (max if wants_most else min)(size for size, _ in filter(None, sizes))
        mine = sizes[place]
        if mine and mine[0] != best:
            yield f"comparison: {match[0]}"


def _size(course: GivenCourse, name: str, kind: Kind) -> tuple[float, str] | None:
    told = claims(read(str(course.facts.get(name, ""))), is_price=name == PRICE)
    return next((claim.value for claim in told if claim.kind is kind), None)


def _are_comparable(sizes: Sequence[tuple[float, str] | None]) -> bool:
    """At least two, all of one currency or unit."""
    known = [size for size in sizes if size]
    return len(known) > 1 and len({unit for _, unit in known}) == 1


def misplaced_titles(reply: str, courses: Sequence[GivenCourse]) -> Iterator[str]:
    """Numbered lines that tell the sessions of a course, but not all under their own title."""
    listed = [(int(number), mirror(title)) for number, title in _NUMBERED.findall(reply)]
    for course in courses:
        titles = {each.number: mirror(each.title) for each in course.sessions}
        told = [(number, line) for number, line in listed if number in titles]
        wrong = [line for number, line in told if titles[number] not in line]
        if wrong and len(wrong) < len(told) / 2:
            yield f"session: {wrong[0][:40]}"
