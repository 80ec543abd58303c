"""Attachments that are still to be deleted where Twilio keeps them, by the SID of their message.

A SID tells nothing of a person; it is kept on disk until the deletion is done.
"""

from collections.abc import Iterable
from pathlib import Path

from bot.stores.files import file_key


class PendingMedia:
    """One empty file a message in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def add(self, message_sids: Iterable[str]) -> None:
        """Note messages whose attachments are to be deleted."""
        for sid in message_sids:
            self._folder.mkdir(parents=True, exist_ok=True)
            (self._folder / file_key(sid)).touch()

    def waiting(self) -> list[str]:
        """The messages whose attachments are still to be deleted."""
        return sorted(path.name for path in self._folder.glob("*"))

    def done(self, message_sid: str) -> None:
        """Forget a message: its attachments are gone."""
        (self._folder / file_key(message_sid)).unlink(missing_ok=True)
