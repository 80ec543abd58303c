"""Lets work on many rows take longer than a reply may."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import text

from bot.extensions import db

LONGEST_STATEMENT_S = 60
"""How long a statement of an import may take; a batch takes well under a second."""

_LONGEST_LOCK_WAIT_S = 10
_WAIT_LONGER = text(f"""
    SET LOCAL statement_timeout = '{LONGEST_STATEMENT_S}s';
    SET LOCAL lock_timeout = '{_LONGEST_LOCK_WAIT_S}s'
""")


@dataclass(frozen=True, slots=True)
class Patience:
    """A connection that waits longer than usual for its answers, until ``end``."""

    _connection: Any
    _usual_s: float | None

    def end(self) -> None:
        """Wait as usual again."""
        self._connection.answer_within_s = self._usual_s


def wait_longer() -> Patience:
    """Let the statements of this transaction take a minute, and wait ten seconds for locks."""
    connection: Any = db.session.connection().connection.dbapi_connection
    patience = Patience(connection, connection.answer_within_s)
    connection.answer_within_s = LONGEST_STATEMENT_S + 1.0
    db.session.execute(_WAIT_LONGER)
    return patience
