"""A turn as a JSON document: what came in, what went out, what it changed."""

from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

from cattrs.preconf.json import JsonConverter, make_converter

from bot.models.leads import LeadChange
from bot.models.message_log import INBOUND, OUTBOUND, LoggedMessage
from bot.models.messages import InboundMessage, Reply
from bot.stores.files import read_json, set_aside, write_atomically
from bot.stores.vault import Vault

_TURN, _MESSAGE = "turn", "message"
"""What documents are bound to when they are sealed."""


@dataclass(frozen=True, slots=True)
class TurnRecord:
    """One logged turn; ``reply`` and ``change`` are there once it is answered."""

    inbound: InboundMessage
    claimed_at: datetime
    reply: Reply | None = None
    change: LeadChange | None = None

    @classmethod
    def read(cls, path: Path, vault: Vault, tidies: bool = True) -> "TurnRecord | None":
        """The record in ``path``; None when there is none, or none that can be read.

        A damaged file is set aside, unless the folder is somebody else's.

        Raises:
            Undecipherable: when it is sealed, and not with a key at hand.
        """
        try:
            return _converter().structure(vault.open_document(read_json(path), _TURN), cls)
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, TypeError, ExceptionGroup):
            if tidies:
                set_aside(path)
            return None

    def write(self, path: Path, vault: Vault) -> None:
        """Put the record on disk, safely there when this returns."""
        document = _converter().unstructure(self)
        write_atomically(path, vault.seal_document(document, self.inbound.user_id, _TURN))

    def messages(self) -> list[LoggedMessage]:
        """The message of the turn, and its reply, as the message log has them."""
        inbound, reply = self.inbound, self.reply
        said = LoggedMessage(
            user_id=inbound.user_id,
            direction=INBOUND,
            kind=inbound.kind,
            body=inbound.body,
            at=inbound.received_at,
            message_sid=inbound.message_sid,
        )
        if reply is None:
            return [said]
        signals = self.change.signals if self.change else ()
        answer = LoggedMessage(
            user_id=inbound.user_id,
            direction=OUTBOUND,
            kind="text",
            body=reply.text,
            at=inbound.received_at,
            reply_to=inbound.message_sid,
            intent=reply.intent,
            confidence=reply.confidence,
            source=reply.source,
            level=reply.level,
            id_course=reply.id_course,
            score_signals={signal.name: signal.points for signal in signals},
            model_calls=[asdict(call) for call in reply.calls] or None,
            cost_usd=None if reply.usd is None else Decimal(str(round(reply.usd, 8))),
        )
        return [said, answer]


def message_document(message: LoggedMessage, vault: Vault) -> Any:
    """A logged message as a JSON document, without its key."""
    document = _converter().unstructure(message)
    del document["key"]
    kept = {name: value for name, value in document.items() if value is not None}
    return vault.seal_document(kept, message.user_id, _MESSAGE)


def message_of(document: Any, vault: Vault) -> LoggedMessage:
    """The message of a JSON document.

    Raises:
        ValueError: when it is none.
        Undecipherable: when it is sealed, and not with a key at hand.
    """
    try:
        return _converter().structure(vault.open_document(document, _MESSAGE), LoggedMessage)
    except (KeyError, TypeError, ExceptionGroup) as error:
        raise ValueError("This is no logged message.") from error


@cache
def _converter() -> JsonConverter:
    converter = make_converter()
    for kind in (UUID, Decimal):
        converter.register_unstructure_hook(kind, str)
    converter.register_structure_hook(UUID, lambda text, _: UUID(text))
    converter.register_structure_hook(Decimal, lambda text, _: Decimal(text))
    return converter
