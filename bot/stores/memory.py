"""What every memory store can do, whatever it keeps its data in.

A store changes nothing durable until its work is committed; files commit as they are written,
the database when the service says so.
"""

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
