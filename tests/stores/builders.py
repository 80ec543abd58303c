"""Messages, changes and replies of one invented lead, and work done at the same instant."""

import os
import signal
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Barrier
from typing import Any, TypeVar
from uuid import uuid4

from bot.models.leads import LeadChange, LeadMemory
from bot.models.messages import InboundMessage, MessageKind, Reply, ReplySource, ServiceLevel
from bot.models.scores import Signal
from bot.models.understanding import Intent
from bot.stores.json_memory import JsonMemoryStore
from bot.stores.memory import MemoryStore

T = TypeVar("T")

MARIA = "5215512345678"
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
LEASE_S = 60.0


def inbound(body: str = "hola", user_id: str = MARIA, **fields: Any) -> InboundMessage:
    """A text message; its SID is new unless one is given."""
    known = {
        "message_sid": f"SM{uuid4().hex}",
        "address": f"whatsapp:+{user_id}",
        "recipient": "whatsapp:+14155238886",
        "kind": MessageKind.TEXT,
        "received_at": NOON,
    }
    return InboundMessage(user_id=user_id, body=body, **(known | fields))


def later(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def change(points: int = 1, **fields: Any) -> LeadChange:
    signals = (Signal("points", points, 100 if points > 0 else -100),) if points else ()
    return LeadChange(**({"at": NOON, "signals": signals} | fields))


def told(memory: LeadMemory) -> dict[str, Any]:
    """What is kept beside the columns, but for the ledger of the score and the ages of facts."""
    derived = {"score", "noted_at"}
    return {key: value for key, value in memory.additional_data.items() if key not in derived}


def said(text: str) -> dict[str, str]:
    return {"role": "user", "content": text, "timestamp": NOON.isoformat()}


def reply(text: str = "¡Hola! Soy Brenda.") -> Reply:
    return Reply(text, Intent.GREETING, 0.5, ReplySource.TEMPLATE, ServiceLevel.BASIC)


def close_one(store: MemoryStore, made: LeadChange | None = None, **fields: Any) -> InboundMessage:
    """Open and close one turn on a store that needs no commit."""
    message = inbound(**fields)
    store.close_turn(store.open_turn(message, LEASE_S), made or change(), reply())
    return message


def at_the_same_instant(*works: Callable[[], T]) -> list[T]:
    """Run each work in a thread of its own, all let go together; their results in order."""
    barrier = Barrier(len(works))

    def run(work: Callable[[], T]) -> T:
        barrier.wait(timeout=30)
        return work()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))


def close_and_die(folder: Path, sid: str, renames: int) -> None:
    """Close a turn and be killed when a file is to be put in place for the n-th time.

    The target of a process of its own; what it wrote up to there is on disk.
    """
    left = renames

    def kill(event: str, _arguments: tuple[Any, ...]) -> None:
        nonlocal left
        if event != "os.rename":
            return
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    store = JsonMemoryStore(folder / "memory", folder / "turns")
    turn = store.open_turn(inbound(message_sid=sid), lease_s=0)
    sys.addaudithook(kill)
    store.close_turn(turn, change(5, facts={"name": "Ana"}), reply("Perdida"))


def close_many(folder: Path, label: str, count: int) -> None:
    """Close ``count`` turns of one lead on files; the target of a process of its own."""
    store = JsonMemoryStore(folder / "memory", folder / "turns")
    for number in range(count):
        close_one(store, change(facts={f"{label}_{number}": number}, points=0))
