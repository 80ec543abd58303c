"""What could not be written to the database, on disk until it can be.

While a lead has turns here, all of that lead's turns come here, so that order is kept.
"""

import contextlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

from bot.models.leads import number_variants
from bot.stores.json_memory import JsonMemoryStore, memory_file
from bot.stores.turn_records import TurnRecord


class Spool(JsonMemoryStore):
    """A JSON memory whose turns flow back to the database, once and in order."""

    def holds(self, user_id: str) -> bool:
        """Whether turns of this lead wait here."""
        return next(self.turn_folder(user_id).glob("*.json"), None) is not None

    def is_empty(self) -> bool:
        """Whether nothing waits here."""
        return next(self._leads(), None) is None

    def drain(self, replay: Callable[[TurnRecord], None], lease_s: float) -> int:
        """Hand every turn to ``replay``, lead by lead, oldest first; forget what it took.

        A lead with a turn that is being answered at this moment is left for the next time.
        Whatever ``replay`` raises stops the drain; nothing is lost by it.

        Returns:
            How many turns flowed back.
        """
        return sum(self._drain_lead(user_id, replay, lease_s) for user_id in list(self._leads()))

    def _leads(self) -> Iterator[str]:
        for folder in self.turns_dir.glob("lead_*"):
            record = next(filter(None, map(TurnRecord.read, folder.glob("*.json"))), None)
            if record:
                yield record.inbound.user_id
            else:
                with contextlib.suppress(OSError):
                    folder.rmdir()

    def _drain_lead(
        self, user_id: str, replay: Callable[[TurnRecord], None], lease_s: float
    ) -> int:
        with self.locked(user_id):
            records = list(self.turns(user_id))
            if any(_in_hand(record, lease_s) for record in records):
                return 0
            for record in records:
                replay(record)
                self.turn_file(record.inbound).unlink()
            for variant in number_variants(user_id):
                memory_file(self.memory_dir, variant).unlink(missing_ok=True)
            with contextlib.suppress(OSError):
                self.turn_folder(user_id).rmdir()
            return len(records)


def _in_hand(record: TurnRecord, lease_s: float) -> bool:
    return not record.reply and record.claimed_at > datetime.now(UTC) - timedelta(seconds=lease_s)
