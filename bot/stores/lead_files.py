"""Files of leads, ``memory_<user_id>.json`` each, in the older bot's format.

A file holds the fields of ``user_memory`` and, beside them, whatever has no column there.
"""

import contextlib
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import reduce
from pathlib import Path
from typing import Any, cast
from urllib.parse import unquote

from bot.models.leads import LeadMemory, number_variants
from bot.models.merging import merged
from bot.stores.files import delete_with_leftovers, file_key, read_json, set_aside, write_atomically
from bot.stores.found_memory import lead_memory
from bot.stores.vault import Vault

_COLUMNS = (
    "user_id",
    "name",
    "role",
    "interests",
    "pain_points",
    "lead_score",
    "interaction_count",
    "first_interaction_at",
    "last_interaction_at",
    "last_interaction",
    "message_history",
    "additional_data",
    "updated_at",
)


class LeadFiles:
    """The leads of one folder, sealed and opened by ``vault``.

    What is not ``durable`` may be lost in a power cut, and costs no waiting for the disk.
    """

    def __init__(self, folder: Path, vault: Vault, durable: bool = True) -> None:
        self.folder = folder
        self.durable = durable
        self._vault = vault

    def find(self, user_id: str) -> LeadMemory | None:
        """The memory of a lead under all variants of the number; None when unknown."""
        variants = number_variants(user_id)
        found = [self.read(memory_file(self.folder, variant), variant) for variant in variants]
        known = [memory for memory in found if memory]
        return reduce(merged, known) if known else None

    def read(self, path: Path, user_id: str) -> LeadMemory | None:
        """The memory in a file; None when there is none, and when it is damaged and set aside.

        Raises:
            Undecipherable: when it is sealed, and not with a key at hand.
        """
        try:
            return memory_of(read_json(path), user_id, self._vault)
        except FileNotFoundError:
            return None
        except (ValueError, TypeError, AttributeError, OverflowError):
            set_aside(path)
            return None

    def save(self, memory: LeadMemory) -> None:
        """Write one lead's file; there is none under another variant of the number afterwards."""
        path = memory_file(self.folder, memory.user_id)
        write_atomically(path, document_of(memory, self._vault), self.durable)
        for variant in number_variants(memory.user_id)[1:]:
            memory_file(self.folder, variant).unlink(missing_ok=True)

    def all(self) -> Iterator[LeadMemory]:
        """Every lead, in no order."""
        for path in self.folder.glob("memory_*.json"):
            memory = self.read(path, user_id_of(path))
            if memory:
                yield memory

    def written_at(self, user_id: str) -> float | None:
        """When a lead's file was written, as ``time.time`` counts; None when there is none."""
        times: list[float] = []
        for variant in number_variants(user_id):
            with contextlib.suppress(FileNotFoundError):
                times.append(memory_file(self.folder, variant).stat().st_mtime)
        return max(times, default=None)

    def delete(self, ids: Iterable[str]) -> None:
        """Delete all that these people have here, also what was damaged or left half written."""
        for user_id in ids:
            delete_with_leftovers(memory_file(self.folder, user_id))

    def forget_older_than(self, seconds: float) -> None:
        """Delete the files of leads that were not written for so long."""
        oldest = time.time() - seconds
        for path in self.folder.glob("memory_*.json"):
            with contextlib.suppress(FileNotFoundError):
                if path.stat().st_mtime < oldest:
                    path.unlink()


def memory_file(folder: Path, user_id: str) -> Path:
    """Where a lead's memory is, exactly under ``user_id``."""
    return folder / f"memory_{file_key(user_id)}.json"


def user_id_of(path: Path) -> str:
    """Whose memory a file holds; a name that was too long tells it inside."""
    key = path.stem.removeprefix("memory_")
    if "=" not in key:
        return unquote(key)
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        return str(read_json(path)["user_id"])
    return key


def document_of(memory: LeadMemory, vault: Vault) -> dict[str, Any]:
    """A lead as the JSON document of its file."""
    columns = vault.seal_lead(
        {name: getattr(memory, name) for name in memory.__slots__}, memory.user_id
    )
    facts = columns.pop("additional_data")
    extra = {name: value for name, value in facts.items() if name not in _COLUMNS}
    # A fact that is called like a field of the file has a place of its own.
    if hidden := {name: value for name, value in facts.items() if name in _COLUMNS}:
        extra["additional_data"] = hidden
    times = {
        key: value.isoformat() for key, value in columns.items() if isinstance(value, datetime)
    }
    return {
        "created_at": times.get("first_interaction_at"),
        **extra,
        **columns,
        **times,
        "last_interaction": times.get("last_interaction_at"),
        "updated_at": datetime.now(UTC).isoformat(),
    }


def memory_of(raw: dict[str, Any], user_id: str, vault: Vault) -> LeadMemory:
    """The memory in a file's document.

    Keys without a column are facts; so are those of an ``additional_data`` object.

    Raises:
        AttributeError: when the document is no object.
        Undecipherable: when it is sealed, and not with a key at hand.
    """
    found, extra = _columns(raw)
    memory = lead_memory(vault.open_lead(found, user_id), user_id)
    return replace(memory, additional_data={**memory.additional_data, **extra})


def is_current(raw: dict[str, Any], vault: Vault) -> bool:
    """Whether a file's document is sealed as it would be today."""
    return vault.is_lead_current(_columns(raw)[0])


def _columns(raw: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """A document by columns, and facts that found no place in them."""
    first, last = raw.get("first_interaction_at"), raw.get("last_interaction_at")
    known: set[str] = set(_COLUMNS)
    if raw.get("created_at") == first:
        known.add("created_at")
    found = {name: value for name, value in raw.items() if name in known}
    found["first_interaction_at"] = first or raw.get("created_at")
    found["last_interaction_at"] = last or raw.get("last_interaction")
    extra = {name: value for name, value in raw.items() if name not in known}
    kept: Any = found.get("additional_data") or {}
    if not isinstance(kept, dict):
        return found, extra
    found["additional_data"] = {**cast(dict[str, Any], kept), **extra}
    return found, {}
