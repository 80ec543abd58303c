"""Writes all leads of PostgreSQL as memory files: a copy, or the way back to files."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from bot.models.audit import Access
from bot.models.leads import LeadMemory, number_variants
from bot.models.merging import joined
from bot.services import audit, database
from bot.services.moving.folders import database_store, store_of
from bot.stores.files import write_atomically
from bot.stores.json_memory import JsonMemoryStore
from bot.stores.lead_batches import LeadBatches, StoredLead
from bot.stores.lead_files import document_of, memory_file
from bot.stores.message_rows import ERASED
from bot.stores.sql_memory import SqlMemoryStore
from bot.stores.vault import Vault

_AT_ONCE = 250

Progress = Callable[[int, int], None]


def export_folder(
    folder: Path,
    access: Access,
    *,
    plain: bool = False,
    on_progress: Progress = lambda _done, _all: None,
) -> int:
    """Write every lead of PostgreSQL to ``folder``, with all messages beside it.

    ``plain`` leaves the encryption out, for another installation that has not these keys.
    A file that knows more than its row, because it was written to since, keeps that.

    Returns:
        How many leads were written.

    Raises:
        NotFound: when there is no database.
        StoreUnavailable: when it is away.
    """
    sql = database_store()
    store = store_of(folder, Vault() if plain else None)
    batches = LeadBatches(sql.leads)
    total, done = database.read(batches.count), 0
    for leads in _pages(batches):
        aliases = database.read(lambda: batches.aliases_of([each.memory.user_id for each in leads]))  # noqa: B023
        for lead in leads:
            _write_lead(lead, store)
            ids = _ids(lead.memory.user_id, aliases.get(lead.memory.user_id, ()))
            _write_messages(lead.memory.user_id, ids, sql, store)
        database.release()
        done += len(leads)
        on_progress(done, total)
    for user_id in _without_memory(batches):
        _write_messages(user_id, number_variants(user_id), sql, store)
    database.release()
    audit.note(access, audit.EXPORTED, people=done, folder=folder.name)
    return done


def _pages(batches: LeadBatches) -> Iterator[list[StoredLead]]:
    after = ""
    while leads := database.read(lambda: batches.page(after, _AT_ONCE)):  # noqa: B023
        yield leads
        after = leads[-1].memory.user_id


def _without_memory(batches: LeadBatches) -> Iterator[str]:
    after = ""
    while ids := database.read(lambda: batches.without_memory(after, _AT_ONCE, ERASED)):  # noqa: B023
        yield from ids
        after = ids[-1]


def _ids(user_id: str, aliases: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(each for one in (user_id, *aliases) for each in number_variants(one)))


def _write_lead(lead: StoredLead, store: JsonMemoryStore) -> None:
    path = memory_file(store.memory_dir, lead.memory.user_id)
    with store.locked(lead.memory.user_id):
        known = store.leads.find(lead.memory.user_id)
        is_newer = known is not None and _is_newer(known, lead.memory)
        memory = joined(lead.memory, known) if known and is_newer else lead.memory
        document = document_of(memory, store.vault)
        if "created_at" in memory.additional_data and "sealed" not in document:
            # The row's own moment takes this place; the fact keeps one of its own.
            hidden = {"created_at": document["created_at"]}
            document["additional_data"] = document.get("additional_data", {}) | hidden
        made = {"created_at": lead.created_at, "updated_at": lead.updated_at}
        document |= {name: moment.isoformat() for name, moment in made.items() if moment}
        write_atomically(path, document, durable=False)


def _is_newer(known: LeadMemory, exported: LeadMemory) -> bool:
    last, exported_last = known.last_interaction_at, exported.last_interaction_at
    return last is not None and (exported_last is None or last > exported_last)


def _write_messages(
    user_id: str, ids: Sequence[str], sql: SqlMemoryStore, store: JsonMemoryStore
) -> None:
    """A person's messages, oldest first; those that the folder has turn by turn are left out."""
    found = database.read(lambda: list(sql.messages.all(ids)))[::-1]
    has_turn = {record.inbound.message_sid for record in store.turns(user_id)}
    store.archive(
        user_id,
        (
            replace(each, key="")
            for each in found
            if has_turn.isdisjoint({each.message_sid, each.reply_to} - {None})
        ),
    )
