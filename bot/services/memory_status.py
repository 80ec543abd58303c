"""Why is the memory not kept? Where it lives, whether it can be written, and what it holds."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from bot.errors import StoreBusy, StoreUnavailable
from bot.extensions import settings
from bot.services import database
from bot.services.health import Part
from bot.stores import memory_figures
from bot.stores.json_memory import JsonMemoryStore
from bot.stores.storage import current_storage
from config import EMBEDDED

_MODES = {
    "json": "leads and messages in files",
    "hybrid": "leads and messages in files, the catalogue in PostgreSQL",
    "postgres": "leads and messages in PostgreSQL",
}
_REASONS = {
    ("STORAGE_MODE", True): "STORAGE_MODE={mode} says so",
    ("STORAGE_MODE", False): "STORAGE_MODE={mode} says so, and DATABASE_URL is empty",
    ("DATABASE_URL", True): "STORAGE_MODE is empty and DATABASE_URL is set",
    ("DATABASE_URL", False): "STORAGE_MODE and DATABASE_URL are empty",
}
"""By the variable that decided the mode, and whether there is a DATABASE_URL."""

_SHOWN_FILES = 5
_MIGRATE = (
    "Run: flask db upgrade. Then see that the database's user may write user_memory and messages."
)
_RECONNECT = (
    "Check DATABASE_URL, and that the server runs and accepts this user. Until then turns wait in "
    "the spool."
)
_FLOWS_BACK = (
    "They flow back by themselves while Brenda runs and the database answers: start Brenda, or "
    "mend the database."
)
_BACK = "Start Brenda with STORAGE_MODE=postgres and their DATABASE_URL: they flow back."
_REPAIR = "Mend what is in them and take the end of the name off, or delete them."
_OTHER_MODE = "STORAGE_MODE={mode} reads them."


def parts() -> list[Part]:
    """Every part of the memory, checked now; nothing that it writes to find out stays."""
    return [
        _mode(),
        *_places(),
        *_figures(),
        _waiting(),
        _damaged(),
        *_elsewhere(),
    ]


def _mode() -> Part:
    config = settings()
    mode, given = config.storage_mode, config.storage_mode_from
    backup = ", each lead also as a JSON file (MEMORY_JSON_BACKUP)" if _has_backup() else ""
    why = _REASONS[given, bool(config.database_url)].format(mode=mode)
    return Part("mode", True, f"{mode}: {_MODES[mode]}{backup}; {why}")


def _has_backup() -> bool:
    copies = current_storage().copies
    return copies is not None and copies.durable


def _places() -> Iterator[Part]:
    """Wherever a message of this mode has to be written."""
    storage = current_storage()
    if storage.sql is None:
        yield _folder("memory", storage.files)
        return
    yield _database()
    yield _folder("spool", storage.spool)
    if storage.copies is not None:
        yield _folder("copies", storage.copies)


def _folder(name: str, store: JsonMemoryStore) -> Part:
    folders = " and ".join(dict.fromkeys((str(store.memory_dir), str(store.turns_dir))))
    try:
        memory_figures.try_files(store)
    except (OSError, StoreUnavailable) as error:
        mend = f"Make {folders} writable for the user that runs Brenda, with space on the disk."
        return Part(name, False, f"{folders} cannot be written", mend, str(error))
    return Part(name, True, f"{folders}: written and read back")


def _database() -> Part:
    address = _address(settings().database_url)
    try:
        database.read(memory_figures.try_database)
    except (StoreUnavailable, DBAPIError) as error:
        mend = _MIGRATE if isinstance(error, StoreBusy | DBAPIError) else _RECONNECT
        return Part("database", False, f"{address} cannot be written", mend, _cause(error))
    finally:
        database.release()
    return Part("database", True, f"{address}: written, and taken back")


def _address(url: str) -> str:
    """Where the database is, without anybody's password."""
    if url == EMBEDDED:
        return "the embedded PostgreSQL"
    parsed = make_url(url)
    return f"PostgreSQL at {parsed.host or 'this machine'}:{parsed.port or 5432}/{parsed.database}"


def _figures() -> list[Part]:
    storage = current_storage()
    try:
        if storage.sql is None:
            found = memory_figures.in_files(storage.files)
        else:
            found = database.read(memory_figures.in_database)
    except (OSError, StoreUnavailable) as error:
        return [Part("leads", False, "cannot be counted", cause=_cause(error))]
    last = f", the last one saved {_moment(found.last_saved)}" if found.last_saved else ""
    return [
        Part("leads", True, f"{found.leads:,} known{last}"),
        Part("messages", True, f"{found.messages:,} logged"),
    ]


def _waiting() -> Part:
    storage = current_storage()
    waiting = memory_figures.turns(storage.spool)
    if not waiting.oldest:
        return Part("waiting", True, "nothing waits in the spool")
    detail = f"{waiting.count:,} waiting in the spool, the oldest since {_moment(waiting.oldest)}"
    if storage.sql is None:
        mode = settings().storage_mode
        return Part("waiting", False, f"{detail}, and STORAGE_MODE={mode} leaves them there", _BACK)
    return Part("waiting", None, detail, _FLOWS_BACK)


def _damaged() -> Part:
    storage = current_storage()
    files = memory_figures.damaged(filter(None, (storage.files, storage.spool, storage.copies)))
    if not files:
        return Part("damaged", True, "no file had to be set aside")
    names = ", ".join(str(file) for file in files[:_SHOWN_FILES])
    more = ", …" if len(files) > _SHOWN_FILES else ""
    return Part("damaged", None, f"{len(files):,} set aside: {names}{more}", _REPAIR)


def _elsewhere() -> list[Part]:
    """Leads where this mode does not look: somebody changed the mode, or the folder."""
    storage, config = current_storage(), settings()
    try:
        if storage.sql is None:
            count = database.read(memory_figures.in_database).leads if config.has_database else 0
            where, other = "PostgreSQL", "postgres"
        else:
            count = 0 if _has_backup() else memory_figures.in_files(storage.files).leads
            where, other = str(config.memory_dir), "hybrid"
    except (OSError, StoreUnavailable):
        return []
    detail = (
        f"{count:,} leads are in {where}, which STORAGE_MODE={config.storage_mode} does not read"
    )
    return [Part("elsewhere", None, detail, _OTHER_MODE.format(mode=other))] if count else []


def _moment(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def _cause(error: Exception) -> str:
    return str(error.__cause__ or error).splitlines()[0]
