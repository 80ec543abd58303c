"""Why is the memory not kept? Where it lives, whether it can be written, and what it holds."""

from collections.abc import Callable, Iterator
from datetime import datetime

from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from bot.errors import StoreBusy, StoreUnavailable
from bot.extensions import settings
from bot.services import database, encryption
from bot.services.health import Part
from bot.services.moving import comparing
from bot.stores import memory_figures
from bot.stores.json_memory import JsonMemoryStore
from bot.stores.storage import current_storage
from config import EMBEDDED

_MODES = {
    "json": "leads and messages in files",
    "hybrid": "leads and messages in files, the catalogue in PostgreSQL",
    "postgres": "leads and messages in PostgreSQL",
}
_PHASES = {
    "dual": ", and PostgreSQL follows (MEMORY_MOVE=dual)",
    "gradual": ", and whoever is found in a file is moved over (MEMORY_MOVE=gradual)",
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
_MOVE = "Run: flask memory import-json {folder}, or export-json for the way back."

Progress = Callable[[int, int], None]


def parts(on_progress: Progress = lambda _done, _all: None) -> list[Part]:
    """Every part of the memory, checked now; nothing that it writes to find out stays.

    ``on_progress`` hears how many leads of the files are compared, and how many there are.
    """
    return [
        _mode(),
        *_places(),
        *_figures(),
        _waiting(),
        *_following(),
        _damaged(),
        _encryption(),
        *_both_sides(on_progress),
    ]


def _mode() -> Part:
    config = settings()
    mode, given = config.storage_mode, config.storage_mode_from
    backup = ", each lead also as a JSON file (MEMORY_JSON_BACKUP)" if _has_backup() else ""
    why = _REASONS[given, bool(config.database_url)].format(mode=mode)
    move = _PHASES.get(config.memory_move, "")
    return Part("mode", True, f"{mode}: {_MODES[mode]}{backup}{move}; {why}")


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


def _following() -> Iterator[Part]:
    storage = current_storage()
    people = sum(1 for _ in storage.backlog.people())
    if storage.mirror or people:
        waits = f"{people:,} leads have turns that PostgreSQL has still to follow"
        detail = waits if people else "PostgreSQL has followed every turn"
        yield Part("following", None if people else True, detail, _FLOWS_BACK if people else "")


def _encryption() -> Part:
    missing, newest = encryption.missing_keys(), current_storage().vault.newest
    if missing:
        detail = f"MEMORY_ENCRYPTION_KEYS lacks {', '.join(missing)}"
        return Part("encryption", False, detail, encryption.ADD_THE_KEY)
    if newest is None:
        return Part("encryption", None, "MEMORY_ENCRYPTION_KEYS is empty: nothing is encrypted")
    return Part("encryption", True, f"personal fields are sealed with the key {newest}")


def _both_sides(on_progress: Progress) -> Iterator[Part]:
    """Who is in files, who in PostgreSQL, and whose two memories differ."""
    storage, config = current_storage(), settings()
    if not config.has_database:
        return
    try:
        found = comparing.compare(_SHOWN_FILES, on_progress)
    except (OSError, StoreUnavailable):
        return
    in_both = found.same + found.differ
    leads, others = found.only_files, found.only_database
    if storage.sql:
        leads, others = others, leads
    if not (in_both or others):
        return
    detail = (
        f"{in_both:,} leads are in files and in PostgreSQL, "
        f"{found.only_files:,} in files only, {found.only_database:,} in PostgreSQL only; "
        f"{found.differ:,} of those in both differ"
    )
    if found.different:
        detail += f" ({', '.join(found.different)})"
    is_well = not found.differ and not others
    mend = _MOVE.format(folder=config.memory_dir)
    yield Part("compared", True if is_well else None, detail, "" if is_well else mend)


def _moment(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def _cause(error: Exception) -> str:
    return str(error.__cause__ or error).splitlines()[0]
