"""What could not be written to the database, on disk until it can be.

While a lead has turns here, all of that lead's turns come here, so that order is kept.
"""

import contextlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import unquote

from sqlalchemy.exc import DataError, IntegrityError

from bot.errors import StoreBusy
from bot.models.leads import number_variants
from bot.stores.files import locked, set_aside
from bot.stores.json_memory import JsonMemoryStore, memory_file, record_files, records_in
from bot.stores.turn_records import TurnRecord

_NEVER_TAKEN = (DataError, IntegrityError, ValueError, TypeError, KeyError, AttributeError)
"""What a turn raises that can never be stored, however often one tries."""


class Spool(JsonMemoryStore):
    """A JSON memory whose turns flow back to the database, once and in order."""

    def holds(self, user_id: str) -> bool:
        """Whether turns of this lead wait here."""
        return bool(record_files(self.turn_folder(user_id)))

    def is_empty(self) -> bool:
        """Whether nothing waits here."""
        return not any(map(record_files, self._folders()))

    def drain(self, replay: Callable[[TurnRecord], None], lease_s: float) -> int:
        """Hand every turn to ``replay``, lead by lead, oldest first; forget what it took.

        A lead with a turn that is being answered at this moment, or whose row somebody holds, is
        left for the next time. A turn that the database will never take is set aside. Whatever
        else ``replay`` raises stops the drain; nothing is lost by it.

        Returns:
            How many turns flowed back.
        """
        return sum(self._drain_lead(folder, replay, lease_s) for folder in self._folders())

    def _folders(self) -> list[Path]:
        return sorted(self.turns_dir.glob("lead_*"))

    def _drain_lead(
        self, folder: Path, replay: Callable[[TurnRecord], None], lease_s: float
    ) -> int:
        with locked(self.turns_dir, folder.name):
            waiting = records_in(folder)
            if any(_in_hand(record, lease_s) for _, record in waiting):
                return 0
            try:
                count = sum(_take(file, record, replay) for file, record in waiting)
            except StoreBusy:
                return 0
            self._forget_overlay(folder.name.removeprefix("lead_"))
            with contextlib.suppress(OSError):
                folder.rmdir()
            return count

    def _forget_overlay(self, key: str) -> None:
        """The database knows everything again, whichever variant of the number wrote."""
        (self.memory_dir / f"memory_{key}.json").unlink(missing_ok=True)
        for variant in number_variants(unquote(key)):
            memory_file(self.memory_dir, variant).unlink(missing_ok=True)


def _take(file: Path, record: TurnRecord, replay: Callable[[TurnRecord], None]) -> bool:
    try:
        replay(record)
    except _NEVER_TAKEN:
        set_aside(file)
        return False
    file.unlink()
    return True


def _in_hand(record: TurnRecord, lease_s: float) -> bool:
    return not record.reply and record.claimed_at > datetime.now(UTC) - timedelta(seconds=lease_s)
