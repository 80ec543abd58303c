"""What could not be written to the database, on disk until it can be.

While a lead has turns here, all of that lead's turns come here, so that order is kept.
"""

import contextlib
import shutil
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import unquote

from sqlalchemy.exc import DataError, IntegrityError

from bot.errors import StoreBusy
from bot.models.leads import LeadChange, LeadMemory, number_variants
from bot.models.messages import InboundMessage, Reply
from bot.stores.files import locked, set_aside
from bot.stores.json_memory import JsonMemoryStore, record_files, wordless
from bot.stores.lead_files import memory_file
from bot.stores.turn_records import TurnRecord

_NEVER_TAKEN = (DataError, IntegrityError, ValueError, TypeError, KeyError, AttributeError)
"""What a turn raises that can never be stored, however often one tries."""


_REMEMBERED_S = 3600
_FLOWED_BACK = "flowed_back"


class Spool(JsonMemoryStore):
    """A JSON memory whose turns flow back to the database, once and in order.

    A turn that flowed back is remembered for an hour: a worker that still takes the database for
    lost must know a message that comes again.
    """

    def record_of(self, inbound: InboundMessage) -> TurnRecord | None:
        """What waits here of this message, or flowed back lately."""
        waiting = super().record_of(inbound)
        return waiting or TurnRecord.read(self._remembered(self.turn_file(inbound)), self.vault)

    def holds(self, user_id: str) -> bool:
        """Whether turns of this lead wait here."""
        return bool(record_files(self.turn_folder(user_id)))

    def is_empty(self) -> bool:
        """Whether nothing waits here."""
        return not any(map(record_files, self._folders()))

    def people(self) -> set[str]:
        """See :meth:`JsonMemoryStore.people`."""
        folders = (self.turns_dir.parent / _FLOWED_BACK).glob("lead_*")
        return super().people() | {unquote(each.name.removeprefix("lead_")) for each in folders}

    def erase_files(self, ids: Iterable[str]) -> None:
        """See :meth:`JsonMemoryStore.erase_files`; what flowed back lately is deleted as well."""
        listed = list(ids)
        super().erase_files(listed)
        self._forget_flowed_back(listed)

    def drain(self, replay: Callable[[TurnRecord], bool], lease_s: float) -> int:
        """Hand every turn to ``replay``, lead by lead, oldest first; forget what it took.

        A lead with a turn that is being answered at this moment, or whose row somebody holds, is
        left for the next time. A turn that the database will never take is set aside, one that
        ``replay`` has no use for (False) deleted. Whatever else ``replay`` raises stops the
        drain; nothing is lost by it.

        Returns:
            How many turns flowed back.
        """
        count = sum(self._drain_lead(folder, replay, lease_s) for folder in self._folders())
        self.forget_what_flowed_back()
        return count

    def forget_what_flowed_back(self) -> None:
        """Delete what was remembered for long enough."""
        oldest = time.time() - _REMEMBERED_S
        for file in (self.turns_dir.parent / _FLOWED_BACK).glob("*/*.json"):
            with contextlib.suppress(FileNotFoundError):
                if file.stat().st_mtime < oldest:
                    file.unlink()

    def _forget(
        self, inbound: InboundMessage, memory: LeadMemory, change: LeadChange, reply: Reply
    ) -> LeadMemory:
        """Take the words from what waits; the database erases the rest when this turn is there.

        Of the turns before it only that they were answered flows back.
        """
        after = change.apply_to(memory)
        for file, record in self.records_in(self.turn_folder(inbound.user_id)):
            answer = record.reply and replace(record.reply, text="", calls=())
            kept = TurnRecord(wordless(record.inbound), record.claimed_at, answer)
            kept.write(file, self.vault)
        self._forget_flowed_back(self.ids_of(inbound.user_id))
        self.leads.save(after)
        answered = TurnRecord(wordless(inbound), datetime.now(UTC), reply, change)
        answered.write(self.turn_file(inbound), self.vault)
        return after

    def _forget_flowed_back(self, ids: Iterable[str]) -> None:
        for each in ids:
            remembered = self.turns_dir.parent / _FLOWED_BACK / self.turn_folder(each).name
            shutil.rmtree(remembered, ignore_errors=True)

    def _folders(self) -> list[Path]:
        return sorted(self.turns_dir.glob("lead_*"))

    def _drain_lead(
        self, folder: Path, replay: Callable[[TurnRecord], bool], lease_s: float
    ) -> int:
        with locked(self.turns_dir, folder.name):
            waiting = self.records_in(folder)
            if any(_in_hand(record, lease_s) for _, record in waiting):
                return 0
            try:
                count = sum(self._take(file, record, replay) for file, record in waiting)
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

    def _take(self, file: Path, record: TurnRecord, replay: Callable[[TurnRecord], bool]) -> bool:
        try:
            is_of_use = replay(record)
        except _NEVER_TAKEN:
            set_aside(file)
            return False
        if not is_of_use:
            file.unlink(missing_ok=True)
            return False
        remembered = self._remembered(file)
        remembered.parent.mkdir(parents=True, exist_ok=True)
        file.replace(remembered)
        remembered.touch()
        return True

    def _remembered(self, file: Path) -> Path:
        """Where the turn in ``file`` is once it flowed back."""
        return self.turns_dir.parent / _FLOWED_BACK / file.parent.name / file.name


def _in_hand(record: TurnRecord, lease_s: float) -> bool:
    return not record.reply and record.claimed_at > datetime.now(UTC) - timedelta(seconds=lease_s)
