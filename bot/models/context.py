"""What a conversation is about at the moment: the list shown, the course, the open question.

It lies in ``additional_data["context"]`` and grows old: a question is soon no longer open, a
list is forgotten after days, the course under discussion after weeks.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, cast

from bot.models.understanding import Intent

QUESTION_LASTS = timedelta(hours=24)
LIST_LASTS = timedelta(days=7)
COURSE_LASTS = timedelta(days=30)


class Question(StrEnum):
    """What the bot asked last, and so what a bare "sí", "no" or "2" answers.

    ``NEED`` and ``FACT`` want an answer in words: what is looked for, who the person is.
    """

    CHOICE = "choice"
    DETAILS = "details"
    SYLLABUS = "syllabus"
    ENROL = "enrol"
    OPTIONS = "options"
    CHEAPER = "cheaper"
    SHORTER = "shorter"
    ADVISER = "adviser"
    CLARIFY = "clarify"
    ERASE = "erase"
    CONSENT = "consent"
    NEED = "need"
    FACT = "fact"


@dataclass(frozen=True, slots=True)
class Mention:
    """A course that was spoken of, as the conversation knows it."""

    id_course: str
    name: str


@dataclass(frozen=True, slots=True)
class Context:
    """Where a conversation stands.

    ``shown`` is the last list in its order, ``course`` the one under discussion and ``before``
    the one before it. ``topic`` is the text of the last search, ``details`` the
    aspects of a course that were asked last. ``options`` are the intents that
    a ``CLARIFY`` offered. ``waiting`` is a message that is answered after the consent.
    """

    at: datetime | None = None
    asked: Question | None = None
    options: tuple[str, ...] = ()
    shown: tuple[Mention, ...] = ()
    course: Mention | None = None
    before: Mention | None = None
    topic: str | None = None
    details: tuple[str, ...] = ()
    intent: str | None = None
    waiting: str | None = None

    @classmethod
    def read(cls, kept: object, now: datetime) -> "Context":
        """The context in ``kept``, without what is too old at ``now``; empty when it is none."""
        if not isinstance(kept, dict):
            return cls()
        try:
            return _read(cast(dict[str, Any], kept))._at_age(now)
        except (TypeError, ValueError, KeyError):
            return cls()

    def as_json(self) -> dict[str, Any]:
        """What is kept of it, without what is empty."""
        values = {
            "at": self.at and self.at.isoformat(),
            "asked": self.asked,
            "options": list(self.options),
            "shown": [[mention.id_course, mention.name] for mention in self.shown],
            "course": self.course and [self.course.id_course, self.course.name],
            "before": self.before and [self.before.id_course, self.before.name],
            "topic": self.topic,
            "details": list(self.details),
            "intent": self.intent,
            "waiting": self.waiting,
        }
        return {key: value for key, value in values.items() if value}

    def turned_to(self, course: Mention) -> "Context":
        """The same with ``course`` under discussion."""
        if self.course and self.course.id_course == course.id_course:
            return replace(self, course=course)
        return replace(self, course=course, before=self.course)

    def _at_age(self, now: datetime) -> "Context":
        age = now - (self.at or now)
        fresh = self
        if age > QUESTION_LASTS:
            fresh = replace(fresh, asked=None, options=(), intent=None, details=())
        if age > LIST_LASTS:
            fresh = replace(fresh, shown=(), topic=None)
        if age > COURSE_LASTS:
            fresh = replace(fresh, course=None, before=None)
        return fresh


def _read(kept: dict[str, Any]) -> Context:
    at = datetime.fromisoformat(kept["at"])
    return Context(
        at=at if at.tzinfo else at.replace(tzinfo=UTC),
        asked=Question(kept["asked"]) if kept.get("asked") else None,
        options=tuple(Intent(each) for each in _list(kept, "options")),
        shown=tuple(map(_mention, _list(kept, "shown"))),
        course=_mention(kept["course"]) if kept.get("course") else None,
        before=_mention(kept["before"]) if kept.get("before") else None,
        topic=_text(kept.get("topic")),
        details=tuple(str(_text(each)) for each in _list(kept, "details")),
        intent=_text(kept.get("intent")),
        waiting=_text(kept.get("waiting")),
    )


def _list(kept: dict[str, Any], key: str) -> list[Any]:
    values: object = kept.get(key, [])
    if not isinstance(values, list):
        raise TypeError(key)
    return cast(list[Any], values)


def _mention(kept: object) -> Mention:
    if not isinstance(kept, list):
        raise TypeError("mention")
    id_course, name = cast(list[object], kept)
    return Mention(_text(id_course) or "", _text(name) or "")


def _text(kept: object) -> str | None:
    if kept is not None and not isinstance(kept, str):
        raise TypeError("text")
    return kept
