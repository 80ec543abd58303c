"""Tables and plain data, by aggregate."""

from bot.models import access, catalogue, leads, messages, people
from bot.models.base import Model

__all__ = ["Model", "access", "catalogue", "leads", "messages", "people"]
