"""How far the files and the database are apart: who is where, and who is not the same."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from bot.models.leads import LeadMemory, canonical_id, number_variants
from bot.services import database
from bot.services.moving.folders import database_store
from bot.stores.lead_batches import LeadBatches
from bot.stores.storage import current_storage

_AT_ONCE = 500
_BOOKKEEPING = ("last_message_sids", "created_at", "updated_at")
"""Keys that one side writes for itself."""


@dataclass(slots=True)
class Comparison:
    """How many people are where; ``different`` has some of those whose two memories differ."""

    only_files: int = 0
    only_database: int = 0
    same: int = 0
    differ: int = 0
    different: tuple[str, ...] = ()


def compare(
    most: int = 5, on_progress: Callable[[int, int], None] = lambda _done, _all: None
) -> Comparison:
    """Compare every lead in the files with the database; ``different`` names ``most``.

    Raises:
        NotFound: when there is no database.
        StoreUnavailable: when it is away.
    """
    found, batches = Comparison(), LeadBatches(database_store().leads)
    total = len(list(current_storage().files.memory_dir.glob("memory_*.json")))
    done = 0
    for batch in _batches():
        ids = [variant for memory in batch for variant in number_variants(memory.user_id)]
        rows = {
            canonical_id(row.user_id): row
            for row in database.read(lambda: batches.of(ids))  # noqa: B023
        }
        for memory in batch:
            _count(memory, rows.get(canonical_id(memory.user_id)), found, most)
        done += len(batch)
        on_progress(done, total)
    in_both = found.same + found.differ
    found.only_database = max(database.read(batches.count) - in_both, 0)
    database.release()
    return found


def _batches() -> Iterator[list[LeadMemory]]:
    batch: list[LeadMemory] = []
    for memory in current_storage().files.leads.all():
        batch.append(memory)
        if len(batch) == _AT_ONCE:
            yield batch
            batch = []
    if batch:
        yield batch


def _count(memory: LeadMemory, row: LeadMemory | None, found: Comparison, most: int) -> None:
    if row is None:
        found.only_files += 1
    elif _bare(row) == _bare(memory):
        found.same += 1
    else:
        found.differ += 1
        if len(found.different) < most:
            found.different = (*found.different, memory.user_id)


def _bare(memory: LeadMemory) -> LeadMemory:
    """What has to be the same on both sides."""
    extra = {
        name: value for name, value in memory.additional_data.items() if name not in _BOOKKEEPING
    }
    return replace(memory, user_id=canonical_id(memory.user_id), additional_data=extra)
