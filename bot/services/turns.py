"""Opens and closes turns on whatever store is up, and brings back what files kept meanwhile."""

import threading
import time
from collections.abc import Callable

import structlog
from flask import Flask, current_app

from bot.errors import StoreUnavailable
from bot.extensions import settings
from bot.models.leads import LeadChange, LeadMemory
from bot.models.messages import InboundMessage, Reply, Turn, TurnState
from bot.services import database, turnstile
from bot.stores.json_memory import JsonMemoryStore
from bot.stores.memory import MemoryStore
from bot.stores.sql_memory import SqlMemoryStore
from bot.stores.storage import Storage, current_storage
from bot.stores.turn_records import TurnRecord

log = structlog.get_logger(__name__)

_LEASE_MARGIN_S = 3.0
_LONGEST_LEASE_S = 11.0
"""Twilio waits 15 s; whoever takes a message over must still answer it in time."""
_POLL_S = 0.05
_DRAIN_EVERY_S = 1.0
_COPIES_KEPT_S = 30 * 24 * 3600


def open_turn(inbound: InboundMessage) -> Turn:
    """Log the message and load its writer, waiting while another worker answers it.

    The result is ``OURS`` to answer or already ``ANSWERED``.
    """
    while True:
        turn = _on_a_store(inbound, lambda store: store.open_turn(inbound, lease_s()))
        if turn.state is not TurnState.ELSEWHERE:
            return turn
        with turnstile.outside():
            time.sleep(_POLL_S)


def close_turn(turn: Turn, change: LeadChange, reply: Reply) -> Turn:
    """Store the reply and what the turn changed; what the database refuses goes to files."""
    closed = _on_a_store(turn.inbound, lambda store: store.close_turn(turn, change, reply))
    _keep_copy(closed.memory, forgets=change.forgets)
    return closed


def load_memory(user_id: str) -> LeadMemory | None:
    """What is remembered of a lead, or None."""
    storage = current_storage()
    sql = storage.sql
    if sql is None or storage.spool.holds(user_id):
        return (storage.files if sql is None else storage.spool).load(user_id)
    return database.read(lambda: sql.load(user_id))


def lease_s() -> float:
    """How long a worker may take over a message before another may take it up."""
    config = settings()
    thinking = config.openai_timeout_s if config.openai_api_key else 0
    return min(_LEASE_MARGIN_S + thinking, _LONGEST_LEASE_S)


def bring_back() -> int:
    """Write everything that waits in the spool to the database.

    Returns:
        How many turns flowed back.

    Raises:
        StoreUnavailable: when the database is still away.
    """
    storage = current_storage()
    if storage.sql is None:
        return 0
    sql = storage.sql
    # Asked first, because a drain holds the lead's lock, and nobody may wait for that.
    database.probe()
    return storage.spool.drain(
        lambda record: database.write(lambda: _replay(sql, record)), lease_s()
    )


def went_to_files(turn: Turn) -> bool:
    """Whether the database, which should have the turn, did not take it."""
    return turn.log_id is None and current_storage().sql is not None


def resume(app: Flask) -> None:
    """What a worker does when it starts: fetch what others left in the spool, tidy the copies."""
    storage: Storage = app.extensions["storage"]
    if storage.sql is not None:
        storage.spool.forget_what_flowed_back()
        bring_back_in_background(app)
    if storage.copies is not None and not storage.copies.durable:
        storage.copies.forget_older_than(_COPIES_KEPT_S)


def bring_back_in_background(app: Flask) -> None:
    """Try again and again, in a thread of this process, until nothing waits."""
    if not app.extensions.get("bringing_back"):
        app.extensions["bringing_back"] = True
        threading.Thread(target=_bring_back_until_empty, args=(app,), daemon=True).start()


def _on_a_store(inbound: InboundMessage, work: Callable[[MemoryStore], Turn]) -> Turn:
    storage = current_storage()
    sql = storage.sql
    if sql is None:
        database.release()
        return work(storage.files)
    if not storage.spool.holds(inbound.user_id):
        try:
            return database.write(lambda: work(sql))
        except StoreUnavailable as error:
            cause = type(error.__cause__ or error).__name__
            log.warning("turn_goes_to_files", message_sid=inbound.message_sid, cause=cause)
    return _in_the_spool(storage, work)


def _in_the_spool(storage: Storage, work: Callable[[MemoryStore], Turn]) -> Turn:
    turn = work(storage.spool)
    bring_back_in_background(_this_app())
    return turn


def _this_app() -> Flask:
    """The app itself, for a thread that outlives this request and its proxy."""
    return current_app._get_current_object()  # pyright: ignore


def _keep_copy(memory: LeadMemory, forgets: bool) -> None:
    """A copy in files, from which an outage starts; the database has the memory already."""
    copies = current_storage().copies
    if copies is None:
        return
    try:
        if copies.durable and not forgets:
            _save_unless_older(copies, memory)
        else:
            copies.save(memory)
    except (OSError, StoreUnavailable) as error:
        log.warning("memory_copy_not_written", cause=type(error).__name__)


def _save_unless_older(backup: JsonMemoryStore, memory: LeadMemory) -> None:
    """Two turns of one lead may come here in the other order."""
    with backup.locked(memory.user_id):
        known = backup.load(memory.user_id)
        if known is None or known.interaction_count <= memory.interaction_count:
            backup.save(memory)


def _replay(sql: SqlMemoryStore, record: TurnRecord) -> None:
    turn = sql.open_turn(record.inbound, lease_s=0)
    if turn.state is TurnState.OURS and record.reply and record.change:
        sql.close_turn(turn, record.change, record.reply)


def _bring_back_until_empty(app: Flask) -> None:
    """What is spooled after the last look, and before the flag falls, is seen by looking again."""
    storage: Storage = app.extensions["storage"]
    try:
        while not storage.spool.is_empty():
            app.extensions["bringing_back"] = True
            while not _drained(app):
                time.sleep(_DRAIN_EVERY_S)
            app.extensions["bringing_back"] = False
    finally:
        app.extensions["bringing_back"] = False


def _drained(app: Flask) -> bool:
    with app.app_context():
        try:
            count = bring_back()
        except StoreUnavailable:
            return False
        if count:
            log.info("turns_flowed_back", count=count)
        return current_storage().spool.is_empty()
