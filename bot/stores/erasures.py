"""Who was erased, without telling who: no backup, import or late file brings them back.

What is older than the erasure stays away; somebody who writes again later is a new person.
"""

import contextlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from sqlalchemy import RowMapping, text

from bot.extensions import db
from bot.models.leads import LeadMemory
from bot.stores.files import read_json, write_atomically
from bot.stores.pseudonyms import FilePseudonyms, SqlPseudonyms
from bot.stores.vault import Vault

_NOTE = text("""
    INSERT INTO erasures AS known (person, erased_at, opted_out)
    SELECT person, :at, :opted_out FROM unnest(CAST(:people AS text[])) AS person
    ON CONFLICT (person) DO UPDATE SET
        erased_at = greatest(known.erased_at, excluded.erased_at), opted_out = excluded.opted_out
""")
# The audit goes on knowing that it was about one person, and no longer about whom.
_FORGET_NAMES = text("DELETE FROM audit_subjects WHERE person = ANY(:people)")
_FIND = text("SELECT person, erased_at, opted_out FROM erasures WHERE person = ANY(:people)")
_SINCE = text("SELECT person, erased_at, opted_out FROM erasures WHERE erased_at > :moment")
_ANY = text("SELECT EXISTS (SELECT FROM erasures)")


@dataclass(frozen=True, slots=True)
class Tombstone:
    """When somebody was erased, and whether they had asked not to be written to."""

    erased_at: datetime
    opted_out: bool = False

    def covers(self, memory: LeadMemory) -> bool:
        """Whether ``memory`` is from before the erasure."""
        last = memory.last_interaction_at or memory.first_interaction_at
        return last is None or last <= self.erased_at

    def memory(self, user_id: str) -> LeadMemory:
        """What is known of the person all the same."""
        extra = {"opted_out": True} if self.opted_out else {}
        return LeadMemory(user_id, additional_data=extra)


class Erasures(Protocol):
    """The tombstones of one store."""

    def note(self, user_ids: Iterable[str], opted_out: bool, at: datetime) -> None:
        """Remember that a person, known under these ids, was erased."""
        ...

    def of(self, user_ids: Iterable[str]) -> Mapping[str, Tombstone]:
        """The tombstones of those who were erased."""
        ...


class SqlErasures:
    """Tombstones in the table ``erasures``. The caller commits."""

    def __init__(self, vault: Vault) -> None:
        self.pseudonyms = SqlPseudonyms(vault)

    def note(self, user_ids: Iterable[str], opted_out: bool, at: datetime) -> None:
        """See :class:`Erasures`."""
        people = sorted({self.pseudonyms.of(user_id) for user_id in user_ids})
        db.session.execute(_NOTE, {"people": people, "opted_out": opted_out, "at": at})
        db.session.execute(_FORGET_NAMES, {"people": people})

    def of(self, user_ids: Iterable[str]) -> Mapping[str, Tombstone]:
        """See :class:`Erasures`."""
        people = {self.pseudonyms.of(user_id): user_id for user_id in user_ids}
        rows = db.session.execute(_FIND, {"people": list(people)}).mappings()
        return {people[row["person"]]: _tombstone(row) for row in rows}

    def since(self, moment: datetime) -> Mapping[str, Tombstone]:
        """Those of people erased after a moment, by pseudonym."""
        rows = db.session.execute(_SINCE, {"moment": moment}).mappings()
        return {row["person"]: _tombstone(row) for row in rows}

    def is_empty(self) -> bool:
        """Whether nobody was ever erased."""
        return not db.session.execute(_ANY).scalar()


class FileErasures:
    """Tombstones in files of a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.pseudonyms = FilePseudonyms(folder / ".secret")

    def note(self, user_ids: Iterable[str], opted_out: bool, at: datetime) -> None:
        """See :class:`Erasures`."""
        for user_id in user_ids:
            kept = {"erased_at": at.astimezone(UTC).isoformat(), "opted_out": opted_out}
            write_atomically(self._file(user_id), kept)

    def of(self, user_ids: Iterable[str]) -> Mapping[str, Tombstone]:
        """See :class:`Erasures`."""
        if not self._folder.is_dir():
            return {}
        found = {user_id: _read(self._file(user_id)) for user_id in user_ids}
        return {user_id: stone for user_id, stone in found.items() if stone}

    def _file(self, user_id: str) -> Path:
        return self._folder / f"{self.pseudonyms.of(user_id)}.json"


def _tombstone(row: RowMapping) -> Tombstone:
    return Tombstone(row["erased_at"], row["opted_out"])


def _read(path: Path) -> Tombstone | None:
    with contextlib.suppress(FileNotFoundError):
        kept = read_json(path)
        return Tombstone(datetime.fromisoformat(kept["erased_at"]), kept["opted_out"])
    return None
