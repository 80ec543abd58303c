"""A reply that is being checked: what it says, of which course, beside the facts."""

from collections.abc import Sequence
from functools import cached_property

from bot.services.fact_gate import naming
from bot.services.fact_gate.claims import Claim, Kind, claims
from bot.services.fact_gate.given import Given, GivenSession
from bot.services.fact_gate.reading import Text, read
from bot.services.fact_gate.sources import Source


class Draft:
    """A reply and the facts that were given for it; what is derived from them is kept."""

    def __init__(self, reply: str, given: Given) -> None:
        self.reply = reply
        self.given = given
        self.text: Text = read(reply)
        self.claims: list[Claim] = claims(self.text)
        self.mentions = naming.mentions(self.text, given.courses)

    @cached_property
    def known_words(self) -> set[str]:
        """The lexemes of every word in the facts, and of those that need none."""
        return naming.known_words(self.given)

    @cached_property
    def courses(self) -> list[Source]:
        """The facts of each course."""
        return [Source({"nombre": each.name, **each.facts}) for each in self.given.courses]

    @cached_property
    def school(self) -> Source:
        """The facts of the school."""
        return Source(self.given.school)

    @cached_property
    def person(self) -> Source:
        """What is known of the person."""
        return Source(self.given.person, is_lasting=False)

    @cached_property
    def message(self) -> Source:
        """What the person wrote now."""
        return Source({"mensaje": self.given.message}, is_lasting=False)

    def sources(self, start: int, end: int) -> Sequence[Source]:
        """The course that is spoken of at a place of the reply; all of them if it is not clear."""
        place = naming.spoken_of(start, end, self.text, self.mentions)
        return self.courses if place is None else [self.courses[place]]

    def sessions(self, claim: Claim) -> list[GivenSession]:
        """The sessions of the course that ``claim`` is about."""
        place = naming.spoken_of(claim.start, claim.end, self.text, self.mentions)
        courses = self.given.courses if place is None else self.given.courses[place : place + 1]
        return [session for course in courses for session in course.sessions]

    def sentence(self, position: int) -> str:
        """The plain text of the sentence at ``position``."""
        return self.text.sentence_text(position)

    def before(self, claim: Claim) -> str:
        """What stands before ``claim`` in its sentence."""
        start, _ = self.text.sentence_at(claim.start)
        return self.text.plain[start : claim.start]

    def others(self, kind: Kind, start: int, end: int) -> list[Claim]:
        """The claims of one kind that lie between two places, in order."""
        return [each for each in self.claims if each.kind is kind and start <= each.start < end]
