"""Files that are either wholly there or not, and locks that hold between processes."""

import contextlib
import json
import os
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import uuid4
from zlib import crc32

import structlog
from filelock import FileLock, Timeout

from bot.errors import StoreUnavailable

log = structlog.get_logger(__name__)

LOCK_WAIT_S = 5.0
_LOCKS = 256
_LONGEST_KEY = 180


def file_key(user_id: str) -> str:
    """A file-name part that stands for ``user_id`` alone and cannot leave its folder."""
    key = quote(user_id, safe="")  # never writes "="
    if len(key) <= _LONGEST_KEY:
        return key
    return f"{key[:100]}={sha256(user_id.encode()).hexdigest()}"


def write_atomically(path: Path, value: Any, durable: bool = True) -> None:
    """Write ``value`` as JSON so that a reader, or a crash, sees the old file or the new one.

    What need not outlive a power cut is not waited for to reach the disk.
    """
    write_text_atomically(path, json.dumps(value, ensure_ascii=False), durable)


def write_text_atomically(path: Path, content: str, durable: bool = True) -> None:
    """The same for a text."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name[:100]}.{uuid4().hex}.tmp")
    try:
        with temporary.open("w", encoding="utf-8") as file:
            file.write(content)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        temporary.replace(path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
    if durable:
        _sync_folder(path.parent)


@contextmanager
def locked(folder: Path, *keys: str) -> Generator[None]:
    """Hold the locks of ``keys``, which share a fixed number of lock files.

    Raises:
        StoreUnavailable: when somebody else holds one for longer than ``LOCK_WAIT_S``.
    """
    locks = folder / ".locks"
    locks.mkdir(parents=True, exist_ok=True)
    names = {f"{crc32(key.encode()) % _LOCKS:02x}.lock" for key in keys}
    try:
        with ExitStack() as stack:
            # In one order, so that two who want the same ones do not wait for each other.
            for name in sorted(names):
                lock = FileLock(locks / name, timeout=LOCK_WAIT_S, poll_interval=0.005)
                stack.enter_context(lock)
            yield
    except Timeout as error:
        raise StoreUnavailable(f"The lock {error.lock_file} is held for too long.") from error


def read_json(path: Path) -> Any:
    """The document in ``path``; a byte order mark before it does not matter.

    Raises:
        FileNotFoundError: when there is no file.
        ValueError: when it holds no JSON, or JSON that nests deeper than Python reads.
    """
    return parse_json(path.read_text(encoding="utf-8-sig"))


def parse_json(text: str) -> Any:
    """The document that ``text`` is.

    Raises:
        ValueError: when it is no JSON, or JSON that nests deeper than Python reads.
    """
    try:
        return json.loads(text)
    except RecursionError as error:
        raise ValueError("The document nests too deep.") from error


def delete_with_leftovers(path: Path) -> None:
    """Delete a file, what was set aside of it, and what a crash left half written."""
    for pattern in (f"{_literal(path.name)}*", f".{_literal(path.name[:100])}.*"):
        for each in path.parent.glob(pattern):
            each.unlink(missing_ok=True)


def set_aside(path: Path) -> None:
    """Keep a damaged file for a person to look at, out of the way of the next write."""
    kept = path.with_name(f"{path.name}.damaged-{datetime.now(UTC):%Y%m%dT%H%M%S%f}")
    with contextlib.suppress(FileNotFoundError):  # somebody else was faster
        path.replace(kept)
        log.error("damaged_file_set_aside", kept_as=kept.name)


def _literal(name: str) -> str:
    """A file name as a pattern that means just it."""
    return "".join(f"[{sign}]" if sign in "*?[" else sign for sign in name)


def _sync_folder(folder: Path) -> None:
    """Make a rename durable: it lives in the folder, not in the file."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
