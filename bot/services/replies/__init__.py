"""Reply texts: templates a non-programmer can edit, filled with facts, cut to WhatsApp's size."""

from bot.services.replies.situations import CourseCard, Situation
from bot.services.replies.splitting import clean, split
from bot.services.replies.templates import UnknownTemplateError, render, write_courses

__all__ = [
    "CourseCard",
    "Situation",
    "UnknownTemplateError",
    "clean",
    "render",
    "split",
    "write_courses",
]
