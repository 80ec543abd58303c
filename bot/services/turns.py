"""Opens and closes turns on whatever store is up, and brings back what files kept meanwhile."""

import contextlib
import threading
import time
from collections.abc import Callable
from dataclasses import replace

import structlog
from flask import Flask

from bot.errors import StoreUnavailable
from bot.extensions import settings, this_app
from bot.models.audit import Access
from bot.models.leads import EXTERNAL_ID, LeadChange, LeadMemory
from bot.models.messages import InboundMessage, Reply, Turn, TurnState
from bot.services import audit, copies, database, erasing, turnstile
from bot.services.moving import adopting, following
from bot.stores.backlog import EDIT
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
_IN_THE_CHAT = Access("the person", "asked for it in the chat")
_COPIES_KEPT_S = 30 * 24 * 3600


def warm_up() -> None:
    """Read at start what all workers share and the first message would wait for."""
    sql = current_storage().sql
    if sql:
        with contextlib.suppress(StoreUnavailable):
            database.read(lambda: sql.erasures.pseudonyms.of(""))


def open_turn(inbound: InboundMessage) -> Turn:
    """Log the message and load its writer, waiting while another worker answers it.

    The result is ``OURS`` to answer or already ``ANSWERED``.
    """
    storage = current_storage()
    if storage.mirror:
        storage.backlog.mark(inbound.user_id, inbound.message_sid)
    while True:
        turn = _on_a_store(inbound, lambda store: store.open_turn(inbound, lease_s()))
        if turn.state is not TurnState.ELSEWHERE:
            return _known_elsewhere(_linked(turn), storage)
        with turnstile.outside():
            time.sleep(_POLL_S)


def close_turn(turn: Turn, change: LeadChange, reply: Reply) -> Turn:
    """Store the reply and what the turn changed; what the database refuses goes to files."""
    storage = current_storage()
    if storage.mirror:
        # Once more: whoever followed after the lease of this turn took the first mark off.
        storage.backlog.mark(turn.inbound.user_id, turn.inbound.message_sid)
    erased = erasing.before_a_turn_erases(turn.inbound.user_id) if change.forgets else ()
    closed = _on_a_store(turn.inbound, lambda store: store.close_turn(turn, change, reply))
    if erased:
        erasing.after_a_turn_erased(erased, closed.memory, change.at)
        audit.note(_IN_THE_CHAT, audit.ERASED, [turn.inbound.user_id])
    else:
        copies.keep(closed.memory)
    _follow(turn.inbound.user_id)
    return closed


def load_memory(user_id: str) -> LeadMemory | None:
    """What is remembered of a lead, or None."""
    storage = current_storage()
    sql = storage.sql
    if sql is None or storage.spool.holds(user_id):
        return (storage.files if sql is None else storage.spool).load(user_id)
    found = database.read(lambda: sql.load(user_id))
    older = storage.older and storage.older.load(user_id)
    if found or not older:
        return found
    stones = database.read(lambda: sql.erasures.of([user_id])).values()
    return None if any(stone.covers(older) for stone in stones) else older


def edit_memory(
    user_id: str, edit: Callable[[LeadMemory | None], LeadMemory | None]
) -> LeadMemory | None:
    """Let ``edit`` change a lead's memory where it is kept, under a lock, and copy it on.

    Returns:
        What ``edit`` returned; None is nobody, and then nothing was written.

    Raises:
        StoreUnavailable: when the database, which leads, is away.
    """
    storage = current_storage()
    sql = storage.sql
    if sql is None:
        if storage.mirror:
            storage.backlog.mark(user_id, EDIT)
        edited = storage.files.update(user_id, edit)
        _follow(user_id)
        return edited
    if storage.older:
        adopting.catch_up(user_id, sql, storage.older)
    edited = database.write(lambda: sql.update(user_id, edit))
    if edited:
        copies.keep(edited)
    return edited


def lease_s() -> float:
    """How long a worker may take over a message before another may take it up."""
    config = settings()
    thinking = config.openai_timeout_s if config.openai_api_key else 0
    return min(_LEASE_MARGIN_S + thinking, _LONGEST_LEASE_S)


def bring_back() -> int:
    """Write everything that waits in the spool, or to be followed, to the database.

    Returns:
        How many turns flowed back.

    Raises:
        StoreUnavailable: when the database is still away.
    """
    storage = current_storage()
    if not settings().has_database:
        return 0
    # Asked first, because a drain holds the lead's lock, and nobody may wait for that.
    database.probe()
    followed = sum(_catch_up(storage, user_id) for user_id in storage.backlog.people())
    sql = storage.sql
    if sql is None:
        return followed
    return followed + storage.spool.drain(lambda record: _flow_back(sql, record), lease_s())


def went_to_files(turn: Turn) -> bool:
    """Whether the database, which should have the turn, did not take it."""
    return turn.log_id is None and current_storage().sql is not None


def resume(app: Flask) -> None:
    """What a worker does when it starts: fetch what others left in the spool, tidy the copies."""
    storage: Storage = app.extensions["storage"]
    if storage.sql is not None:
        storage.spool.forget_what_flowed_back()
    if storage.sql is not None or storage.mirror is not None:
        bring_back_in_background(app)
    if storage.copies is not None and not storage.copies.durable:
        storage.copies.leads.forget_older_than(_COPIES_KEPT_S)


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
    bring_back_in_background(this_app())
    return turn


def _linked(turn: Turn) -> Turn:
    """Whoever comes with a number and with the id that they had without one is one person."""
    external = turn.inbound.external_user_id
    known_as = turn.memory.additional_data.get(EXTERNAL_ID)
    if external in (None, turn.inbound.user_id, known_as):
        return turn
    return _on_a_store(turn.inbound, lambda store: store.link(turn))


def _known_elsewhere(turn: Turn, storage: Storage) -> Turn:
    """The turn with what the other side of a move knows of its writer."""
    sql, older, mirror = storage.sql, storage.older, storage.mirror
    try:
        if sql and older and turn.log_id is not None:
            return adopting.adopt_for(turn, sql, older)
        if mirror and turn.memory.first_interaction_at is None:
            found = following.fetch(storage, mirror, turn.inbound.user_id)
            return replace(turn, memory=found) if found else turn
    except StoreUnavailable as error:
        log.warning("other_side_not_read", cause=type(error.__cause__ or error).__name__)
    return turn


def _follow(user_id: str) -> None:
    """Let the database have what the files have, now or, when it is away, once it is back."""
    storage = current_storage()
    try:
        if storage.mirror:
            following.follow(storage, storage.mirror, user_id, lease_s())
    except StoreUnavailable as error:
        log.warning("database_follows_later", cause=type(error.__cause__ or error).__name__)
        bring_back_in_background(this_app())


def _catch_up(storage: Storage, user_id: str) -> bool:
    """Follow a lead whose turns are marked, in whichever phase of the move."""
    files, sql = storage.files, storage.sql
    if storage.mirror:
        following.follow(storage, storage.mirror, user_id, lease_s())
    elif sql:
        found = files.load(user_id)
        if found:
            adopting.adopt(user_id, found, sql, files)
        storage.backlog.clear(storage.backlog.of(user_id))
    return True


def _flow_back(sql: SqlMemoryStore, record: TurnRecord) -> bool:
    """Write a turn of an outage, after what a file knows of its writer, and copy the outcome."""
    storage, user_id = current_storage(), record.inbound.user_id
    if storage.older:
        adopting.catch_up(user_id, sql, storage.older)
    is_of_use = database.write(lambda: _replay(sql, record))
    copies.refresh(user_id)
    return is_of_use


def _replay(sql: SqlMemoryStore, record: TurnRecord) -> bool:
    """Write a turn of an outage; False for one of somebody who was erased since."""
    if _was_erased_since(sql, record):
        return False
    turn = sql.open_turn(record.inbound, lease_s=0)
    if record.inbound.external_user_id not in (None, record.inbound.user_id):
        turn = sql.link(turn)
    if turn.state is TurnState.OURS and record.reply and record.change:
        sql.close_turn(turn, record.change, record.reply)
    return True


def _was_erased_since(sql: SqlMemoryStore, record: TurnRecord) -> bool:
    """Whether the writer was erased after the turn, by somebody who could not reach this spool."""
    stones = sql.erasures.of([record.inbound.user_id])
    return any(stone.erased_at >= record.inbound.received_at for stone in stones.values())


def _bring_back_until_empty(app: Flask) -> None:
    """What is spooled after the last look, and before the flag falls, is seen by looking again."""
    storage: Storage = app.extensions["storage"]
    try:
        while not _nothing_waits(storage):
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
        return _nothing_waits(current_storage())


def _nothing_waits(storage: Storage) -> bool:
    return storage.spool.is_empty() and storage.backlog.is_empty()
