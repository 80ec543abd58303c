"""What every memory store can do, whatever it keeps its data in.

A store changes nothing durable until its work is committed; files commit as they are written,
the database when the service says so.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

from bot.models.leads import LeadChange, LeadMemory
from bot.models.messages import InboundMessage, Reply, Turn


class MemoryStore(Protocol):
    """Leads' memories and the log of their messages."""

    def open_turn(self, inbound: InboundMessage, lease_s: float) -> Turn:
        """Log ``inbound`` once and load its writer's memory.

        A message that is already logged comes back as ``ANSWERED`` with its reply, or as
        ``ELSEWHERE`` while another worker has it; that worker's claim ends after ``lease_s``
        seconds, and then the message is ours.
        """
        ...

    def close_turn(self, turn: Turn, change: LeadChange, reply: Reply) -> Turn:
        """Log ``reply`` and apply ``change``, once; tell what is stored afterwards.

        When somebody else closed the turn first, nothing changes and theirs is returned.
        """
        ...

    def load(self, user_id: str) -> LeadMemory | None:
        """The memory of a lead under any variant of ``user_id``; None when unknown."""
        ...

    def link(self, turn: Turn) -> Turn:
        """Make one lead of the writer and of whoever was known under the external id.

        Returns:
            ``turn`` with the memory of both.
        """
        ...

    def update(
        self, user_id: str, edit: Callable[[LeadMemory | None], LeadMemory | None]
    ) -> LeadMemory | None:
        """Let ``edit`` make a new memory of the one that is there, and keep it, under a lock.

        ``edit`` gets None for nobody; what it returns as None is not written. It may be called
        more than once.
        """
        ...

    def erase(
        self, user_id: str, opted_out: bool, at: datetime, kept_sid: str | None = None
    ) -> Sequence[str]:
        """Erase a person under all ids and leave a tombstone.

        The message ``kept_sid`` stays known, without words, for when it is delivered again.

        Returns:
            The ids that the person was known under.
        """
        ...
