"""Notes who read, exported, changed or erased whose data, when and why; it is only added to."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import structlog

from bot.errors import StoreUnavailable
from bot.models.audit import Access, AuditLine
from bot.services import database
from bot.stores.storage import current_storage

log = structlog.get_logger(__name__)

READ, LISTED, EXPORTED, CHANGED, ERASED, EXPIRED = (
    "read",
    "listed",
    "exported",
    "changed",
    "erased",
    "expired",
)
IMPORTED, REENCRYPTED = "imported", "re-encrypted"
_OF_ERASED = (ERASED, EXPIRED)


def note(
    access: Access, action: str, user_ids: Sequence[str | None] = (None,), **details: Any
) -> None:
    """Note what was done with the data of these people, or of many at once.

    While the database is away the entry goes to a file of this machine.
    """
    if not user_ids:
        return
    line = AuditLine(datetime.now(UTC), access.actor, action, reason=access.reason, details=details)
    storage, is_known = current_storage(), action not in _OF_ERASED
    sql = storage.sql_audit
    try:
        if sql:
            database.write(lambda: sql.note(line, user_ids, is_known))
            return
    except StoreUnavailable as error:
        log.warning("audit_goes_to_a_file", cause=type(error.__cause__ or error).__name__)
    storage.file_audit.note(line, user_ids, is_known)


def entries(user_id: str | None = None, limit: int = 50) -> Sequence[AuditLine]:
    """The latest entries, of one person or of all, the newest first.

    Raises:
        StoreUnavailable: when the database is away.
    """
    storage = current_storage()
    found = list(storage.file_audit.read(user_id, limit))
    if found:
        stores = (storage.files, storage.known, storage.spool)
        names = storage.file_audit.names({each for store in stores for each in store.people()})
        found = [replace(line, user_id=names.get(line.person or "")) for line in found]
    sql = storage.sql_audit
    if sql:
        found += database.read(lambda: sql.read(user_id, limit))
    return sorted(found, key=lambda line: line.at, reverse=True)[:limit]
