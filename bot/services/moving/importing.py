"""Moves memory files of this or an older bot to PostgreSQL, while people write.

Each batch is a transaction; rows are locked before they are merged, so that no message is lost to
an import and none the other way. An import that was interrupted goes on where it stopped; one that
is repeated changes nothing.
"""

from collections.abc import Callable, Sequence
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
from bot.models.message_log import LoggedMessage
from bot.services import audit, copies, database, turns
from bot.services.moving import following
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

    files: int = 0
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
    report = ImportReport(sum(len(person.paths) for person in people))
    after = "" if from_start else mark.read()
    waiting = [person for person in people if person.canonical > after] if after else people
    report.skipped = len(people) - len(waiting)
    done = report.skipped
    starts = range(0, len(waiting), _AT_ONCE)
    parts = (waiting[start : start + _AT_ONCE] for start in starts)
    read = ((part, _read(part, store, zone, report)) for part in parts)
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
) -> list[FoundLead]:
    """One lead a person, whatever their files are called."""
    found: dict[str, FoundLead] = {}
    for path in (path for person in people for path in person.paths):
        try:
            lead = read_lead(path, store, zone)
        except CannotBeTaken as error:
            report.set_aside.append((path, str(error)))
            continue
        whose = canonical_id(lead.user_id)
        found[whose] = _one_person(found[whose], lead) if whose in found else lead
    return list(found.values())


def _one_person(one: FoundLead, other: FoundLead) -> FoundLead:
    memories = [lead.memory for lead in (one, other) if lead.memory]
    memories.sort(key=lambda memory: str(memory.last_interaction_at or ""), reverse=True)
    made = [moment for lead in (one, other) if (moment := lead.created_at)]
    changed = [moment for lead in (one, other) if (moment := lead.updated_at)]
    memory = reduce(merged, memories) if memories else None
    if memory and len({each.user_id for each in memories}) > 1:
        # Each variant of the number counted its own messages.
        count = sum(each.interaction_count for each in memories)
        memory = replace(memory, interaction_count=count)
    return FoundLead(
        memory.user_id if memory else one.user_id,
        memory,
        min(made, default=None),
        max(changed, default=None),
        _each_once([*one.messages, *other.messages]),
    )


def _each_once(messages: Sequence[LoggedMessage]) -> list[LoggedMessage]:
    """Two files may have one history; a message without a SID is known by its moment and words."""
    known = {(m.message_sid, m.reply_to, m.direction, m.at, m.body): m for m in messages}
    return list(known.values())


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
    for lead in leads:
        _pass_on(lead.user_id, sql, store)
    report.added += done.added
    report.changed += done.changed
    report.unchanged += done.unchanged
    report.erased_before += done.erased_before


def _pass_on(user_id: str, sql: SqlMemoryStore, store: JsonMemoryStore) -> None:
    """Let the backup, or the files that lead, have what the database was just told."""
    storage = current_storage()
    if storage.copies and storage.copies.durable:
        copies.refresh(user_id)
    if storage.mirror and store is not storage.files and storage.files.load(user_id):
        following.follow(storage, sql, user_id, turns.lease_s())


def _merge(leads: Sequence[FoundLead], sql: SqlMemoryStore, store: JsonMemoryStore) -> ImportReport:
    done, batches = ImportReport(), LeadBatches(sql.leads)
    alive = _not_erased(leads, sql, store)
    done.erased_before = len(leads) - len(alive)
    with_memory = [lead for lead in alive if lead.memory]
    rows = batches.lock([lead.user_id for lead in with_memory])
    new = [lead for lead in with_memory if not rows.get(canonical_id(lead.user_id))]
    added = batches.insert([_stored(lead, lead.memory) for lead in new if lead.memory])
    done.added = len(added)
    merging = _Merging(sql)
    for lead in with_memory:
        if lead.user_id not in added:
            merging.take(lead, rows.get(canonical_id(lead.user_id), []))
    batches.update(merging.changed())
    done.changed, done.unchanged = merging.counts()
    batches.know_as([lead.memory for lead in with_memory if lead.memory])
    sql.messages.add(message for lead in alive for message in lead.messages)
    return done


class _Merging:
    """Leads of one batch with the rows that are there; several may be one row's."""

    def __init__(self, sql: SqlMemoryStore) -> None:
        self._sql = sql
        self._rows: dict[str, LeadMemory] = {}
        self._stored: dict[str, StoredLead] = {}
        self._taken = self._one_by_one = 0

    def take(self, lead: FoundLead, known: Sequence[LeadMemory]) -> None:
        """Merge what was found of somebody with what is known."""
        memory = lead.memory
        if memory is None:
            return
        if len(known) != 1:
            # Somebody wrote for the first time at this moment, or has two rows: one at a time.
            _merge_one(memory, [row.user_id for row in known], self._sql)
            self._one_by_one += 1
            return
        self._taken += 1
        row = self._rows.setdefault(known[0].user_id, known[0])
        before = self._stored.get(row.user_id, StoredLead(row))
        both = joined(before.memory, memory)
        made = min(filter(None, (before.created_at, lead.created_at)), default=None)
        changed = max(filter(None, (before.updated_at, lead.updated_at)), default=None)
        if both != before.memory:
            self._stored[row.user_id] = StoredLead(both, made, changed)

    def changed(self) -> list[StoredLead]:
        """The rows to write."""
        return list(self._stored.values())

    def counts(self) -> tuple[int, int]:
        """How many leads were merged into what was known, and how many were known like this."""
        changed = len(self._stored)
        return changed + self._one_by_one, self._taken - changed


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
