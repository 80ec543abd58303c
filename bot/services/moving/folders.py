"""The two sides of a move: a folder of memory files, and the database."""

from pathlib import Path

from bot.errors import NotFound
from bot.stores.json_memory import JsonMemoryStore
from bot.stores.sql_memory import SqlMemoryStore
from bot.stores.storage import current_storage
from bot.stores.vault import Vault


def database_store() -> SqlMemoryStore:
    """The database, whether it leads or not.

    Raises:
        NotFound: when there is none.
    """
    sql = current_storage().database
    if sql is None:
        raise NotFound("There is no database to move leads to or from: set DATABASE_URL.")
    return sql


def store_of(folder: Path, vault: Vault | None = None) -> JsonMemoryStore:
    """A folder as a store; this installation's own one has its turns in ``INSTANCE_DIR``."""
    storage = current_storage()
    is_own = folder.resolve() == storage.files.memory_dir.resolve()
    turns_dir = storage.files.turns_dir if is_own else folder / "turns"
    return JsonMemoryStore(folder, turns_dir, vault=vault or storage.vault, tidies=is_own)
