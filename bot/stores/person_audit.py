"""The audit of people's data, in the database or, where there is none, in a file."""

import contextlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import RowMapping, text

from bot.extensions import db
from bot.models.audit import AuditLine
from bot.stores.files import locked
from bot.stores.pseudonyms import Pseudonyms

_NOTE = text("""
    WITH subject AS (
        INSERT INTO audit_subjects (person, user_id)
        SELECT DISTINCT ON (person) person, user_id
        FROM unnest(CAST(:people AS text[]), CAST(:user_ids AS text[])) AS new (person, user_id)
        WHERE person IS NOT NULL AND user_id IS NOT NULL
        ON CONFLICT (person) DO NOTHING
    )
    INSERT INTO person_audit (at, actor, action, person, reason, details)
    SELECT :at, :actor, :action, person, :reason, CAST(:details AS jsonb)
    FROM unnest(CAST(:people AS text[])) AS person
""")
_READ = text("""
    SELECT audit.at, audit.actor, audit.action, audit.person, subject.user_id, audit.reason,
           audit.details
    FROM person_audit AS audit LEFT JOIN audit_subjects AS subject USING (person)
    WHERE CAST(:person AS text) IS NULL OR audit.person = :person
    ORDER BY audit.id DESC
    LIMIT :limit
""")


class PersonAudit(Protocol):
    """Entries are added and read, and never changed."""

    def note(self, line: AuditLine, user_ids: Sequence[str | None], is_known: bool) -> None:
        """Add one entry for each person; None stands for many at once.

        Of those who are not known any longer only the pseudonym is kept.
        """
        ...

    def read(self, user_id: str | None, limit: int) -> Sequence[AuditLine]:
        """The latest entries, of one person or of all, the newest first."""
        ...


class SqlPersonAudit:
    """Entries in ``person_audit``. The caller commits."""

    def __init__(self, pseudonyms: Pseudonyms) -> None:
        self._pseudonyms = pseudonyms

    def note(self, line: AuditLine, user_ids: Sequence[str | None], is_known: bool) -> None:
        """See :class:`PersonAudit`."""
        people = [None if each is None else self._pseudonyms.of(each) for each in user_ids]
        values = {
            "at": line.at,
            "actor": line.actor,
            "action": line.action,
            "reason": line.reason,
            "details": json.dumps(line.details),
            "people": people,
            "user_ids": list(user_ids) if is_known else [None] * len(people),
        }
        db.session.execute(_NOTE, values)

    def read(self, user_id: str | None, limit: int) -> Sequence[AuditLine]:
        """See :class:`PersonAudit`."""
        person = None if user_id is None else self._pseudonyms.of(user_id)
        rows = db.session.execute(_READ, {"person": person, "limit": limit}).mappings()
        return [AuditLine(**_fields(row)) for row in rows]


class FilePersonAudit:
    """Entries as lines of a file that is only appended to."""

    def __init__(self, path: Path, pseudonyms: Pseudonyms) -> None:
        self._path = path
        self._pseudonyms = pseudonyms

    def note(self, line: AuditLine, user_ids: Sequence[str | None], is_known: bool) -> None:
        """See :class:`PersonAudit`."""
        del is_known
        entry = {
            "at": line.at.isoformat(),
            "actor": line.actor,
            "action": line.action,
            "reason": line.reason,
            "details": line.details,
        }
        people = [None if each is None else self._pseudonyms.of(each) for each in user_ids]
        lines = [json.dumps({**entry, "person": person}) + "\n" for person in people]
        self._path.parent.mkdir(parents=True, exist_ok=True)
        # Locked, so that a line that somebody is writing is not taken for one that was cut.
        with locked(self._path.parent, self._path.name):
            descriptor = os.open(self._path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                begin = "" if _ends_a_line(descriptor) else "\n"
                os.write(descriptor, "".join((begin, *lines)).encode())
            finally:
                os.close(descriptor)

    def read(self, user_id: str | None, limit: int) -> Sequence[AuditLine]:
        """See :class:`PersonAudit`; ids are not told here."""
        person = None if user_id is None else self._pseudonyms.of(user_id)
        found = [line for line in self._lines() if person in (None, line.person)]
        return found[: -limit - 1 : -1]

    def names(self, user_ids: Iterator[str] | set[str]) -> Mapping[str, str]:
        """Which of these people which pseudonym stands for."""
        return {self._pseudonyms.of(user_id): user_id for user_id in user_ids}

    def _lines(self) -> Iterator[AuditLine]:
        with contextlib.suppress(FileNotFoundError), self._path.open(encoding="utf-8") as file:
            for line in file:
                with contextlib.suppress(ValueError, TypeError, KeyError):
                    kept: dict[str, Any] = json.loads(line)
                    kept["at"] = datetime.fromisoformat(kept["at"])
                    yield AuditLine(**kept)


def _ends_a_line(descriptor: int) -> bool:
    """Whether a file is empty or ends with a whole line: a crash may have cut the last one."""
    size = os.fstat(descriptor).st_size
    return not size or os.pread(descriptor, 1, size - 1) == b"\n"


def _fields(row: RowMapping) -> dict[str, Any]:
    return {str(name): value for name, value in row.items()}
