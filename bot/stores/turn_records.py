"""A turn as a JSON document: what came in, what went out, what it changed."""

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from uuid import UUID

from cattrs.preconf.json import JsonConverter, make_converter

from bot.models.leads import LeadChange
from bot.models.messages import InboundMessage, Reply
from bot.stores.files import read_json, set_aside, write_atomically


@dataclass(frozen=True, slots=True)
class TurnRecord:
    """One logged turn; ``reply`` and ``change`` are there once it is answered."""

    inbound: InboundMessage
    claimed_at: datetime
    reply: Reply | None = None
    change: LeadChange | None = None

    @classmethod
    def read(cls, path: Path) -> "TurnRecord | None":
        """The record in ``path``; None when there is none, or none that can be read."""
        try:
            return _converter().structure(read_json(path), cls)
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, TypeError, ExceptionGroup):
            set_aside(path)
            return None

    def write(self, path: Path) -> None:
        """Put the record on disk, safely there when this returns."""
        write_atomically(path, _converter().unstructure(self))


@cache
def _converter() -> JsonConverter:
    converter = make_converter()
    converter.register_unstructure_hook(UUID, str)
    converter.register_structure_hook(UUID, lambda text, _: UUID(text))
    return converter
