"""Moves memory files of this or an older bot to PostgreSQL, while people write.

Each batch is a transaction; rows are locked before they are merged, so that no message is lost to
an import and none the other way. An import that was interrupted goes on where it stopped; one that
is repeated changes nothing.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import tzinfo
from functools import reduce
from hashlib import sha256
from pathlib import Path

from bot.errors import NotFound
from bot.extensions import settings
from bot.models.audit import Access
from bot.models.leads import LeadMemory, canonical_id
from bot.models.merging import joined, merged
from bot.services import audit, database
from bot.services.moving.folders import database_store, store_of
from bot.services.moving.memory_files import (
    CannotBeTaken,
    FoundLead,
    Person,
    people_in,
    read_lead,
)
from bot.services.reading_ahead import read_ahead
from bot.stores.files import read_json, write_atomically
from bot.stores.json_memory import JsonMemoryStore
from bot.stores.lead_batches import LeadBatches, StoredLead
from bot.stores.patience import wait_longer
from bot.stores.sql_memory import SqlMemoryStore
from bot.stores.storage import current_storage

_AT_ONCE = 250

Progress = Callable[[int, int], None]


@dataclass(slots=True)
class ImportReport:
    """What became of the people in a folder; ``set_aside`` has the files that were not taken."""

    people: int = 0
    skipped: int = 0
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    erased_before: int = 0
    set_aside: list[tuple[Path, str]] = field(default_factory=list[tuple[Path, str]])


def import_folder(
    folder: Path,
    zone: tzinfo,
    access: Access,
    *,
    from_start: bool = False,
    on_progress: Progress = lambda _done, _all: None,
) -> ImportReport:
    """Merge all memory files in ``folder`` into PostgreSQL, each fact as it was told last.

    Files stay as they are. Times without a zone are taken to be of ``zone``. ``from_start`` also
    looks at what an interrupted import has done. ``on_progress`` hears how many people are done,
    and how many there are.

    Raises:
        NotFound: when there is no such folder, or no database.
        StoreUnavailable: when the database is away; what was done is kept.
    """
    sql = database_store()
    if not folder.is_dir():
        raise NotFound(f"There is no folder {folder}.")
    store, mark = store_of(folder), _Checkpoint(folder)
    people = people_in(folder)
    report = ImportReport(len(people))
    waiting = people
    if not from_start and mark.read():
        waiting = [person for person in people if person.canonical > mark.read()]
        report.skipped = len(people) - len(waiting)
    done = report.skipped
    starts = range(0, len(waiting), _AT_ONCE)
    parts = (waiting[start : start + _AT_ONCE] for start in starts)
    read = ((part, list(_read(part, store, zone, report))) for part in parts)
    with closing(read_ahead(read)) as batches:
        for part, leads in batches:
            _import_batch(leads, sql, store, report)
            mark.write(part[-1].canonical)
            done += len(part)
            on_progress(done, len(people))
    mark.remove()
    audit.note(
        access,
        audit.IMPORTED,
        people=report.added + report.changed,
        folder=folder.name,
    )
    return report


class _Checkpoint:
    """How far an import of a folder has come, so that the next one goes on there."""

    def __init__(self, folder: Path) -> None:
        name = sha256(str(folder.resolve()).encode()).hexdigest()[:16]
        self._path = settings().instance_dir / "imports" / f"{name}.json"

    def read(self) -> str:
        try:
            return str(read_json(self._path)["after"])
        except (OSError, ValueError, KeyError, TypeError):
            return ""

    def write(self, canonical: str) -> None:
        write_atomically(self._path, {"after": canonical}, durable=False)

    def remove(self) -> None:
        self._path.unlink(missing_ok=True)


def _read(
    people: Sequence[Person], store: JsonMemoryStore, zone: tzinfo, report: ImportReport
) -> Iterator[FoundLead]:
    """One lead a person: files under two variants of a number are one."""
    for person in people:
        found: list[FoundLead] = []
        for path in person.paths:
            try:
                found.append(read_lead(path, store, zone))
            except CannotBeTaken as error:
                report.set_aside.append((path, str(error)))
        if found:
            yield reduce(_one_person, found)


def _one_person(one: FoundLead, other: FoundLead) -> FoundLead:
    memories = [lead.memory for lead in (one, other) if lead.memory]
    memories.sort(key=lambda memory: str(memory.last_interaction_at or ""), reverse=True)
    made = [moment for lead in (one, other) if (moment := lead.created_at)]
    changed = [moment for lead in (one, other) if (moment := lead.updated_at)]
    memory = reduce(merged, memories) if memories else None
    if len(memories) > 1 and memory:
        # Each file counted its own messages.
        count = sum(each.interaction_count for each in memories)
        memory = replace(memory, interaction_count=count)
    return FoundLead(
        memory.user_id if memory else one.user_id,
        memory,
        min(made, default=None),
        max(changed, default=None),
        [*one.messages, *other.messages],
    )


def _import_batch(
    leads: Sequence[FoundLead],
    sql: SqlMemoryStore,
    store: JsonMemoryStore,
    report: ImportReport,
) -> None:
    def work() -> ImportReport:
        patience = wait_longer()
        try:
            return _merge(leads, sql, store)
        finally:
            patience.end()

    done = database.write(work)
    report.added += done.added
    report.changed += done.changed
    report.unchanged += done.unchanged
    report.erased_before += done.erased_before


def _merge(leads: Sequence[FoundLead], sql: SqlMemoryStore, store: JsonMemoryStore) -> ImportReport:
    done, batches = ImportReport(), LeadBatches(sql.leads)
    alive = _not_erased(leads, sql, store)
    done.erased_before = len(leads) - len(alive)
    with_memory = [lead for lead in alive if lead.memory]
    rows = batches.lock([lead.user_id for lead in with_memory])
    new = [lead for lead in with_memory if not rows.get(canonical_id(lead.user_id))]
    added = batches.insert([_stored(lead, lead.memory) for lead in new if lead.memory])
    done.added = len(added)
    changed: list[StoredLead] = []
    for lead in with_memory:
        memory, known = lead.memory, rows.get(canonical_id(lead.user_id), [])
        if memory is None or lead.user_id in added:
            continue
        if len(known) != 1:
            # Somebody wrote for the first time at this moment, or has two rows: one at a time.
            _merge_one(memory, [row.user_id for row in known], sql)
            done.changed += 1
            continue
        both = joined(known[0], memory)
        if both == known[0]:
            done.unchanged += 1
        else:
            changed.append(_stored(lead, both))
    batches.update(changed)
    done.changed += len(changed)
    batches.know_as([lead.memory for lead in with_memory if lead.memory])
    sql.messages.add(message for lead in alive for message in lead.messages)
    return done


def _not_erased(
    leads: Sequence[FoundLead], sql: SqlMemoryStore, store: JsonMemoryStore
) -> list[FoundLead]:
    ids = [lead.user_id for lead in leads]
    here = current_storage().files.erasures
    stones = [sql.erasures.of(ids), here.of(ids), store.erasures.of(ids)]
    return [
        lead
        for lead in leads
        if not any(
            lead.user_id in of and of[lead.user_id].covers(lead.memory or LeadMemory(lead.user_id))
            for of in stones
        )
    ]


def _merge_one(memory: LeadMemory, row_ids: Sequence[str], sql: SqlMemoryStore) -> None:
    if len(row_ids) > 1:
        sql.leads.join([memory.user_id, *row_ids], row_ids[0])
    sql.update(memory.user_id, lambda known: joined(known, memory))


def _stored(lead: FoundLead, memory: LeadMemory) -> StoredLead:
    return StoredLead(memory, lead.created_at, lead.updated_at)
