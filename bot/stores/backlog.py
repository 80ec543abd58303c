"""Which turns of which leads the database has not followed yet, as marks on disk."""

import contextlib
import shutil
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from bot.models.leads import canonical_id
from bot.stores.files import file_key, read_json, write_atomically

EDIT = "edit"
"""In place of a message's SID: the memory changed otherwise."""


@dataclass(frozen=True, slots=True)
class Mark:
    """That a turn of a lead, or another change, is still to be followed."""

    user_id: str
    message_sid: str
    path: Path

    def age_s(self) -> float:
        """How long ago it was made, in seconds; one that is gone is as old as can be."""
        try:
            return time.time() - self.path.stat().st_mtime
        except FileNotFoundError:
            return float("inf")


class Backlog:
    """Marks in a folder of their own, a folder a lead."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def mark(self, user_id: str, message_sid: str) -> None:
        """Note, before a turn is stored, that it will have to be followed."""
        path = self._lead(user_id) / f"{file_key(message_sid)}.json"
        kept = {"user_id": user_id, "message_sid": message_sid}
        while True:
            # Whoever takes the last mark off removes the folder, perhaps at this moment.
            with contextlib.suppress(FileNotFoundError):
                write_atomically(path, kept, durable=False)
                return

    def of(self, user_id: str) -> list[Mark]:
        """The marks of a lead."""
        return list(_marks(self._lead(user_id)))

    def people(self) -> Iterator[str]:
        """Every lead with a mark, once."""
        for folder in sorted(self._folder.glob("lead_*")):
            mark = next(_marks(folder), None)
            if mark:
                yield mark.user_id

    def is_empty(self) -> bool:
        """Whether nothing waits to be followed."""
        return next(self.people(), None) is None

    def clear(self, marks: Iterable[Mark]) -> None:
        """Take marks off."""
        for mark in marks:
            mark.path.unlink(missing_ok=True)
            with contextlib.suppress(OSError):
                mark.path.parent.rmdir()

    def version_of(self, user_id: str) -> str | None:
        """The version of the lead's row that was followed last."""
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            return str(read_json(self._version_file(user_id))["version"])
        return None

    def note_version(self, user_id: str, version: str | None) -> None:
        """Remember the version of a lead's row, so that somebody else's change to it is seen."""
        write_atomically(self._version_file(user_id), {"version": version}, durable=False)

    def forget(self, user_ids: Iterable[str]) -> None:
        """Delete all marks of people who were erased."""
        for user_id in user_ids:
            shutil.rmtree(self._lead(user_id), ignore_errors=True)
            self._version_file(user_id).unlink(missing_ok=True)

    def _version_file(self, user_id: str) -> Path:
        return self._folder / "versions" / f"{file_key(canonical_id(user_id))}.json"

    def _lead(self, user_id: str) -> Path:
        return self._folder / f"lead_{file_key(canonical_id(user_id))}"


def _marks(folder: Path) -> Iterator[Mark]:
    for path in sorted(folder.glob("*.json")):
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            kept = read_json(path)
            yield Mark(kept["user_id"], kept["message_sid"], path)
