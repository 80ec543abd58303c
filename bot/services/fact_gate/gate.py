"""Whether a reply says nothing but what the facts say."""

from collections.abc import Iterator, Sequence

from bot.services.fact_gate import asides, roles
from bot.services.fact_gate.claims import Claim, Kind
from bot.services.fact_gate.comparing import misplaced_titles, superlatives
from bot.services.fact_gate.draft import Draft
from bot.services.fact_gate.given import Given
from bot.services.fact_gate.manner import faults
from bot.services.fact_gate.naming import unknown_names
from bot.services.fact_gate.promising import misnamed, unfounded_promises, unknown_goods
from bot.services.fact_gate.rules import rules
from bot.services.fact_gate.sources import Source

_TIMES = frozenset({Kind.WEEKDAY, Kind.CLOCK})


def unfounded(reply: str, given: Given, secret: str = "") -> tuple[str, ...]:
    """What ``reply`` says that the facts do not, as ``kind: what was said``; empty when nothing.

    ``secret`` is a text that no reply may repeat: the rules that the model was given.
    """
    return tuple(dict.fromkeys(_problems(Draft(reply, given), secret)))


def _problems(draft: Draft, secret: str) -> Iterator[str]:
    for claim in draft.claims:
        if not _is_borne_out(claim, draft):
            yield f"{claim.kind}: {claim.said}"
    yield from unfounded_promises(draft)
    yield from misnamed(draft)
    yield from unknown_goods(draft)
    masked = [(claim.start, claim.end) for claim in draft.claims]
    names = unknown_names(draft.text, draft.given, draft.known_words, masked)
    yield from (f"name: {each}" for each in names)
    yield from superlatives(draft.text, draft.mentions, draft.given.courses)
    yield from misplaced_titles(draft.reply, draft.given.courses)
    yield from faults(draft.text, draft.known_words, secret)


def _is_borne_out(claim: Claim, draft: Draft) -> bool:
    if asides.is_no_claim(claim, draft):
        return True
    sources = draft.sources(claim.start, claim.end)
    if not roles.is_in_its_place(claim, draft, sources):
        return False
    if roles.is_end_of_class(claim, draft, sources):
        return True
    if roles.is_of_all(claim, draft) and claim.kind not in _TIMES:
        return all(source.bears_out(claim) for source in draft.courses)
    return any(source.bears_out(claim) for source in _with_school(claim, draft, sources))


def _with_school(claim: Claim, draft: Draft, sources: Sequence[Source]) -> Sequence[Source]:
    """The course's facts and the school's; the hours of the team tell nothing of classes."""
    sentence, cues = draft.sentence(claim.start), rules().cues
    if claim.kind not in _TIMES:
        return (*sources, draft.school)
    if cues["team_hours"].search(sentence):
        return (draft.school,)
    is_of_either = cues["of_the_team"].search(sentence) or not draft.courses
    return (*sources, draft.school) if is_of_either else sources
