"""Making values safe to put into a WhatsApp text.

Whatever a person or the catalogue says is data: it must not be able to open a bold span, to
start a line of its own or to look like a template.
"""

import re
from dataclasses import replace

from bot.services.replies.situations import CourseCard, ElementCard, SessionCard, Situation
from bot.services.replies.splitting import clean, split

_MARKS = re.compile(r"[*~`{}]")
_UNDERSCORE_AT_WORD_EDGE = re.compile(r"(?<![^\W_])_+|_+(?![^\W_])")
_QUESTION_MARKS = re.compile(r"[¿?]")
# They can reverse how the rest of the line is displayed.
_DIRECTION_CONTROLS = re.compile(r"[\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_PUNCTUATION_AT_THE_ENDS = " .,;:¡!>#-–—•\"'“”«»"

PHRASE_LIMIT = 60
PROSE_LIMIT = 600


def phrase(value: str | None) -> str | None:
    """Return a person's own words as a bare phrase of about 60 characters, or None if none is left.

    WhatsApp marks, line breaks and question marks go, and so does punctuation at both ends,
    because the phrase is put inside sentences of ours.
    """
    bare = _QUESTION_MARKS.sub("", (value or "").replace("_", " "))
    text = prose(bare, limit=PHRASE_LIMIT)
    return text.strip(_PUNCTUATION_AT_THE_ENDS) or None if text else None


def prose(value: str | None, limit: int = PROSE_LIMIT) -> str | None:
    """Return one line of text without WhatsApp marks, or None if none is left.

    An underscore inside a word stays: WhatsApp shows it as it is, and e-mail addresses have it.
    """
    text = _MARKS.sub("", _DIRECTION_CONTROLS.sub("", clean(value or "")))
    text = " ".join(_UNDERSCORE_AT_WORD_EDGE.sub("", text).split())
    # A second part shows that there is more; what follows it need not be looked at.
    parts = split(text[: 2 * limit], limit)
    return parts[0] + "…" if len(parts) > 1 else text or None


def link(value: str | None) -> str | None:
    """Return an address in one piece and without asterisks, which would open a bold span."""
    bare = _DIRECTION_CONTROLS.sub("", clean(value or ""))
    return "".join(bare.split()).replace("*", "%2A") or None


def safe(situation: Situation) -> Situation:
    """Return the same situation with every value fit to be put into a text."""
    return replace(
        situation,
        school=prose(situation.school) or "nuestra escuela",
        name=phrase(situation.name),
        greeted_as=phrase(situation.greeted_as),
        topic=phrase(situation.topic),
        pain=phrase(situation.pain),
        role=phrase(situation.role),
        level=phrase(situation.level),
        email=prose(situation.email),
        interests=tuple(text for each in situation.interests if (text := phrase(each))),
        courses=tuple(safe_card(course) for course in situation.courses),
        current=safe_card(situation.current) if situation.current else None,
        learnt=_safe_facts(situation.learnt),
        known_facts=_safe_facts(situation.known_facts),
        adviser_contact=prose(situation.adviser_contact),
        adviser_hours=prose(situation.adviser_hours),
        school_address=prose(situation.school_address),
        privacy_url=link(situation.privacy_url),
    )


_PROSE = (
    "description",
    "level",
    "modality",
    "sessions",
    "price",
    "starts",
    "ends",
    "duration",
    "session_length",
    "schedule",
    "language",
    "audience",
    "roi",
    "group_price",
)


def safe_card(course: CourseCard) -> CourseCard:
    """Return the same course with every value fit to be put into a text."""
    return replace(
        course,
        name=prose(course.name) or "Curso",
        **{name: prose(getattr(course, name)) for name in _PROSE},
        purchase_url=link(course.purchase_url),
        course_url=link(course.course_url),
        reasons=_safe_items(course.reasons),
        bonuses=_safe_items(course.bonuses),
        outline=tuple(map(_safe_session, course.outline)),
        solves=tuple(map(_safe_session, course.solves)),
        quotes=_safe_facts(course.quotes),
        elements=tuple(
            ElementCard(prose(each.description) or "Material del curso", address)
            for each in course.elements
            if (address := link(each.url))
        ),
    )


def _safe_session(session: SessionCard) -> SessionCard:
    return replace(
        session,
        title=prose(session.title) or f"Sesión {session.number}",
        objective=prose(session.objective),
        items=_safe_items(session.items),
    )


def _safe_items(items: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(text for item in items if (text := prose(item)))


def _safe_facts(facts: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    pairs = ((prose(label), prose(value)) for label, value in facts)
    return tuple((label, value) for label, value in pairs if label and value)
