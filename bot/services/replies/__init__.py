"""Reply texts: templates a non-programmer can edit, filled with facts, cut to WhatsApp's size."""

from bot.services.replies.situations import CourseCard, ElementCard, SessionCard, Situation
from bot.services.replies.splitting import clean, split
from bot.services.replies.templates import (
    Rendered,
    UnknownTemplateError,
    render,
    version,
    write_courses,
)
from bot.services.replies.values import prose, safe

__all__ = [
    "CourseCard",
    "ElementCard",
    "Rendered",
    "SessionCard",
    "Situation",
    "UnknownTemplateError",
    "clean",
    "prose",
    "render",
    "safe",
    "split",
    "version",
    "write_courses",
]
