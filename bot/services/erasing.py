"""Erases people from every store, whichever of them leads, and at Twilio what they attached."""

import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime

import structlog
from flask import Flask

from bot.clients.twilio_media import MediaUnavailable, current_media
from bot.errors import StoreUnavailable
from bot.extensions import this_app
from bot.models.leads import LeadMemory
from bot.services import database
from bot.stores.backlog import EDIT
from bot.stores.erasures import Tombstone
from bot.stores.json_memory import JsonMemoryStore
from bot.stores.storage import Storage, current_storage

log = structlog.get_logger(__name__)

_LOOK_EVERY_S = 300.0


def ids_of(user_id: str) -> Sequence[str]:
    """Every id under which some store knows the person.

    Raises:
        StoreUnavailable: when the database, which is one of them, is away.
    """
    storage = current_storage()
    in_files = storage.files.ids_of(user_id)
    if storage.database is None:
        return in_files
    known = storage.database.leads.ids_of
    found = database.read(lambda: [each for one in in_files for each in known(one)])
    return list(dict.fromkeys((*in_files, *found)))


def erase(user_id: str, opted_out: bool, at: datetime) -> Sequence[str]:
    """Erase a person everywhere, and note it so that no backup brings them back.

    Returns:
        The ids that the person was known under.

    Raises:
        StoreUnavailable: when the database is away; then nothing was erased.
    """
    storage, ids = current_storage(), ids_of(user_id)
    _remember_media(storage, ids)
    sql = storage.database
    if sql:
        database.write(lambda: [sql.erase(each, opted_out, at) for each in ids])
    for store in _file_stores(storage):
        with store.locked(*ids):
            store.erase_files(ids)
    storage.backlog.forget(ids)
    storage.files.erasures.note(ids, opted_out, at)
    delete_media_in_background()
    return ids


def before_a_turn_erases(user_id: str) -> Sequence[str]:
    """Find out, before the leading store forgets it, whom a turn is about to erase."""
    storage = current_storage()
    try:
        ids = ids_of(user_id)
        _remember_media(storage, ids)
    except StoreUnavailable:
        ids = storage.files.ids_of(user_id)
    return ids


def after_a_turn_erased(ids: Sequence[str], memory: LeadMemory, at: datetime) -> None:
    """Erase somebody whom the leading store has erased from all the others.

    What the database cannot do now is done once it is back: the turn waits in the spool, or is
    marked to be followed.
    """
    storage = current_storage()
    waits = any(storage.spool.holds(each) for each in ids)
    for store in _file_stores(storage):
        leads_here = store is storage.files and storage.sql is None
        if not leads_here and not (waits and store is storage.spool):
            with store.locked(*ids):
                store.erase_files(ids)
    storage.backlog.forget(ids)
    storage.files.erasures.note(ids, memory.opted_out, at)
    sql = storage.database
    if sql and storage.sql is None:
        try:
            database.write(lambda: [sql.erase(each, memory.opted_out, at) for each in ids])
        except StoreUnavailable:
            storage.backlog.mark(memory.user_id, EDIT)
    delete_media_in_background()


def sweep(since: datetime) -> int:
    """Delete what this machine's files still have of people whom another machine erased.

    Returns:
        How many people that were.
    """
    storage = current_storage()
    sql = storage.database
    if sql is None:
        return 0
    stones = database.read(lambda: sql.erasures.since(since))
    if not stones:
        return 0
    erased: set[str] = set()
    pseudonym = sql.erasures.pseudonyms.of
    for store in _file_stores(storage):
        for user_id in store.people():
            stone = stones.get(pseudonym(user_id))
            if stone and _is_older(store, user_id, stone):
                ids = store.ids_of(user_id)
                with store.locked(*ids):
                    store.erase_files(ids)
                storage.files.erasures.note(ids, stone.opted_out, stone.erased_at)
                erased.add(user_id)
    return len(erased)


def keep_swept(app: Flask) -> None:
    """Sweep now and then, and delete media that could not be deleted yet; the work of a thread."""
    since = datetime.fromtimestamp(0, UTC)
    while True:
        with app.app_context():
            started = datetime.now(UTC)
            try:
                sweep(since)
                since = started
                delete_media()
            except (StoreUnavailable, OSError) as error:
                log.info("not_swept", cause=type(error).__name__)
        time.sleep(_LOOK_EVERY_S)


def start_sweeping(app: Flask) -> None:
    """Keep this machine's files free of erased people, in a thread of this process."""
    threading.Thread(target=keep_swept, args=(app,), daemon=True).start()


def delete_media() -> int:
    """Delete at Twilio what erased people had attached.

    Returns:
        How many messages still wait, because Twilio cannot be asked or did not do it.
    """
    pending, media = current_storage().pending_media, current_media()
    if not media.is_configured:
        return len(pending.waiting())
    for sid in pending.waiting():
        try:
            media.delete(sid)
        except MediaUnavailable as error:
            log.warning("media_not_deleted", message_sid=sid, cause=str(error))
        else:
            pending.done(sid)
    return len(pending.waiting())


def delete_media_in_background() -> None:
    """Delete it in a thread: whoever is answered does not wait for Twilio."""
    if current_media().is_configured and current_storage().pending_media.waiting():
        threading.Thread(target=_delete_media_of, args=(this_app(),), daemon=True).start()


def _delete_media_of(app: Flask) -> None:
    with app.app_context():
        delete_media()


def _remember_media(storage: Storage, ids: Sequence[str]) -> None:
    stores = (storage.files, storage.spool)
    sids = [sid for store in stores for each in ids for sid in store.with_media(each)]
    sql = storage.database
    if sql:
        sids += database.read(lambda: sql.messages.with_media(ids))
    storage.pending_media.add(sids)


def _file_stores(storage: Storage) -> Sequence[JsonMemoryStore]:
    return storage.files, storage.spool, storage.known


def _is_older(store: JsonMemoryStore, user_id: str, stone: Tombstone) -> bool:
    memory = store.leads.find(user_id)
    return memory is None or stone.covers(memory)
