"""Which keys something here may be encrypted with, by their ids."""

import contextlib
from collections.abc import Iterable
from pathlib import Path

from sqlalchemy import text

from bot.extensions import db
from bot.stores.files import read_json, write_atomically

_KNOWN = text("SELECT key_id FROM encryption_keys")
_USE = text("INSERT INTO encryption_keys (key_id) VALUES (:key_id) ON CONFLICT DO NOTHING")
_RETIRE = text("DELETE FROM encryption_keys WHERE key_id <> ALL(:kept)")


class SqlEncryptionKeys:
    """Kept in the table ``encryption_keys``. The caller commits."""

    def known(self) -> set[str]:
        """The ids of all keys in use."""
        return set(db.session.execute(_KNOWN).scalars())

    def use(self, key_id: str) -> None:
        """Note a key before something is encrypted with it."""
        db.session.execute(_USE, {"key_id": key_id})

    def keep_only(self, key_ids: Iterable[str]) -> None:
        """Forget all other keys: nothing is encrypted with them any more."""
        db.session.execute(_RETIRE, {"kept": list(key_ids)})


class FileEncryptionKeys:
    """Kept in a file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def known(self) -> set[str]:
        """See :class:`SqlEncryptionKeys`."""
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            return set(read_json(self._path))
        return set()

    def use(self, key_id: str) -> None:
        """See :class:`SqlEncryptionKeys`."""
        known = self.known()
        if key_id not in known:
            write_atomically(self._path, sorted(known | {key_id}))

    def keep_only(self, key_ids: Iterable[str]) -> None:
        """See :class:`SqlEncryptionKeys`."""
        write_atomically(self._path, sorted(key_ids))
