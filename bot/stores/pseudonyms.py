"""A keyed hash that stands for a person where the number itself must not stay.

Numbers are few enough to try them all, so the hash is keyed with a random value of the
installation (HMAC, RFC 2104): who has the hashes alone learns nobody's number from them.
"""

import contextlib
import hmac
import secrets
from hashlib import sha256
from pathlib import Path
from typing import Protocol

from sqlalchemy import text

from bot.extensions import db
from bot.models.leads import canonical_id
from bot.stores.files import write_atomically
from bot.stores.vault import Vault

_NAME = "pseudonyms"
_FIND = text("SELECT value FROM installation_secrets WHERE name = :name")
_REPLACE = text("UPDATE installation_secrets SET value = :value WHERE name = :name")


class Pseudonyms(Protocol):
    """Gives everybody a pseudonym: 64 hex digits, one for all variants of a number."""

    def of(self, user_id: str) -> str:
        """The pseudonym of a person."""
        ...


class SqlPseudonyms:
    """Keyed with a value that is kept in the database, sealed where there are keys."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        self._secret: str | None = None

    def of(self, user_id: str) -> str:
        """See :class:`Pseudonyms`; asks the database once a process."""
        if self._secret is None:
            self._secret = self._find()
        return _hash(self._secret, user_id)

    def seal_again(self) -> None:
        """Seal the value with the newest key; the caller commits."""
        kept = db.session.execute(_FIND, {"name": _NAME}).scalar()
        if kept and not self._vault.is_current(kept):
            db.session.execute(_REPLACE, {"name": _NAME, "value": self._sealed(self._opened(kept))})

    def _find(self) -> str:
        """The value that the migration made up."""
        return self._opened(db.session.execute(_FIND, {"name": _NAME}).scalar_one())

    def _sealed(self, secret: str) -> str:
        return self._vault.seal(secret, "", _NAME)

    def _opened(self, kept: str) -> str:
        return self._vault.open(kept, "", _NAME)


class FilePseudonyms:
    """Keyed with a value that is kept in a file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._secret: str | None = None

    def of(self, user_id: str) -> str:
        """See :class:`Pseudonyms`."""
        if self._secret is None:
            self._secret = self._find()
        return _hash(self._secret, user_id)

    def _find(self) -> str:
        with contextlib.suppress(FileNotFoundError):
            return self._path.read_text("utf-8")
        made = self._path.with_name(f".{secrets.token_hex(8)}.tmp")
        write_atomically(made, secrets.token_hex(32))
        # A link is made once: of two processes the first one's value counts.
        with contextlib.suppress(FileExistsError):
            self._path.hardlink_to(made)
        made.unlink()
        return self._path.read_text("utf-8")


def _hash(secret: str, user_id: str) -> str:
    return hmac.new(secret.encode(), canonical_id(user_id).encode(), sha256).hexdigest()
