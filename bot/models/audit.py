"""Who had to do with whose data."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Access:
    """Who asks for data on people (a key, an operator, a command), and why."""

    actor: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class AuditLine:
    """One entry of the audit.

    ``person`` is the pseudonym of whose data it was, None when it was about many; ``user_id`` is
    the id, as long as the person is known.
    """

    at: datetime
    actor: str
    action: str
    person: str | None = None
    user_id: str | None = None
    reason: str = ""
    details: dict[str, Any] = field(default_factory=dict[str, Any])
