"""The keys that personal fields are encrypted with: checked at start, and changed while running."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import structlog

from bot.errors import NotFound, StoreUnavailable
from bot.models.audit import Access
from bot.services import audit, database
from bot.stores import resealing
from bot.stores.encryption_keys import SqlEncryptionKeys
from bot.stores.storage import current_storage
from config import ConfigError

log = structlog.get_logger(__name__)

ADD_THE_KEY = "Add the key after the others; 'flask memory rotate-keys' makes it dispensable."

_AT_ONCE = 500


@dataclass(slots=True)
class Resealed:
    """How many leads, messages and files were sealed with the newest key."""

    leads: int = 0
    messages: int = 0
    files: int = 0


def missing_keys() -> list[str]:
    """The ids of keys that something here is encrypted with and the configuration lacks.

    While the database is away only the files are asked.
    """
    storage = current_storage()
    known = storage.file_keys.known()
    if storage.database:
        try:
            known |= database.read(SqlEncryptionKeys().known)
        except StoreUnavailable as error:
            log.info("encryption_keys_not_read", cause=type(error.__cause__ or error).__name__)
    return sorted(known - storage.vault.key_ids)


def check() -> None:
    """Refuse to work with data that could not be read, and note the key that seals from now on.

    Raises:
        ConfigError: naming the keys that are missing.
    """
    missing = missing_keys()
    if missing:
        raise ConfigError(
            f"MEMORY_ENCRYPTION_KEYS lacks {_keys(missing)}: personal data here is encrypted with "
            f"it. {ADD_THE_KEY}"
        )
    storage = current_storage()
    newest = storage.vault.newest
    if newest is None or (newest in storage.file_keys.known() and not storage.database):
        return
    storage.file_keys.use(newest)
    if storage.database:
        try:
            database.write(lambda: SqlEncryptionKeys().use(newest))
        except StoreUnavailable as error:
            log.info("encryption_key_not_noted", cause=type(error.__cause__ or error).__name__)


def rotate(access: Access, on_step: Callable[[str, int], None]) -> Resealed:
    """Seal everything with the newest key, while Brenda goes on with it.

    ``on_step`` hears what is being sealed, and how many are done.

    Raises:
        NotFound: when no key is configured.
        StoreUnavailable: when the database is away; what was done stays done.
        Undecipherable: when something cannot be opened with the keys at hand.
    """
    storage = current_storage()
    newest = storage.vault.newest
    if newest is None:
        raise NotFound("There is no key to encrypt with: set MEMORY_ENCRYPTION_KEYS.")
    check()
    done = Resealed()
    for what, count in _steps():
        setattr(done, what, getattr(done, what) + count)
        on_step(what, getattr(done, what))
    storage.file_keys.keep_only([newest])
    if storage.database:
        database.write(lambda: SqlEncryptionKeys().keep_only([newest]))
    audit.note(access, audit.REENCRYPTED, leads=done.leads, messages=done.messages, key=newest)
    return done


def _steps() -> Iterator[tuple[str, int]]:
    storage, vault = current_storage(), current_storage().vault
    sql = storage.database
    if sql:
        database.write(sql.erasures.pseudonyms.seal_again)
        user_id, count = "", 0
        while True:
            user_id, count = database.write(
                lambda: resealing.reseal_leads(sql, vault, user_id, _AT_ONCE)  # noqa: B023
            )
            yield "leads", count
            if not user_id:
                break
        row_id = 0
        while True:
            row_id, count = database.write(
                lambda: resealing.reseal_messages(vault, row_id, _AT_ONCE)  # noqa: B023
            )
            yield "messages", count
            if not row_id:
                break
    for store in (storage.files, storage.known, storage.spool):
        for path in list(resealing.files_of(store)):
            yield "files", int(resealing.reseal_file(path, store))


def _keys(key_ids: list[str]) -> str:
    return f"the key{'s' if len(key_ids) > 1 else ''} {', '.join(key_ids)}"
