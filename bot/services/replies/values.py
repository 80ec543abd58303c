"""Making values safe to put into a WhatsApp text.

Whatever a person or the catalogue says is data: it must not be able to open a bold span, to
start a line of its own or to look like a template.
"""

import re
from dataclasses import replace

from bot.services.replies.situations import CourseCard, Situation
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
        topic=phrase(situation.topic),
        pain=phrase(situation.pain),
        role=phrase(situation.role),
        courses=tuple(safe_card(course) for course in situation.courses),
        adviser_contact=prose(situation.adviser_contact),
        privacy_url=link(situation.privacy_url),
        known_facts=_safe_facts(situation.known_facts),
    )


def safe_card(course: CourseCard) -> CourseCard:
    """Return the same course with every value fit to be put into a text."""
    return CourseCard(
        name=prose(course.name) or "Curso",
        description=prose(course.description),
        level=prose(course.level),
        modality=prose(course.modality),
        sessions=prose(course.sessions),
        price=prose(course.price),
        starts=prose(course.starts),
        duration=prose(course.duration),
        purchase_url=link(course.purchase_url),
        course_url=link(course.course_url),
        reasons=_safe_items(course.reasons),
        bonuses=_safe_items(course.bonuses),
        outline=_safe_items(course.outline),
    )


def _safe_items(items: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(text for item in items if (text := prose(item)))


def _safe_facts(facts: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    pairs = ((prose(label), prose(value)) for label, value in facts)
    return tuple((label, value) for label, value in pairs if label and value)
