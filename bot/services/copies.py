"""Copies in files of what the database has: a backup, or where an outage starts from."""

import structlog

from bot.errors import StoreUnavailable
from bot.models.leads import LeadMemory
from bot.services import database
from bot.stores.storage import current_storage

log = structlog.get_logger(__name__)


def keep(memory: LeadMemory) -> None:
    """Copy a memory that was just saved; the database has it already.

    A backup is written from the row as it is now, under the lead's lock: of two who copy one lead
    the later one reads what both have written.
    """
    storage = current_storage()
    copies, sql = storage.copies, storage.sql
    if copies is None or sql is None:
        return
    try:
        if not copies.durable:
            copies.leads.save(memory)
            return
        with copies.locked(memory.user_id):
            row = database.read(lambda: sql.load(memory.user_id))
            if row:
                copies.leads.save(row)
    except (OSError, StoreUnavailable) as error:
        log.warning("memory_copy_not_written", cause=type(error).__name__)


def refresh(user_id: str) -> None:
    """Copy a lead as the database has it now.

    Raises:
        StoreUnavailable: when the database is away.
    """
    sql = current_storage().sql
    memory = database.read(lambda: sql.load(user_id)) if sql else None
    if memory:
        keep(memory)
