"""Seals with the newest key what is plain or sealed with an older one, a piece at a time.

Every piece is written only if nobody else wrote it since it was read: whoever did wrote it with
the newest key.
"""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from sqlalchemy import text

from bot.extensions import db
from bot.stores.files import read_json, write_atomically, write_text_atomically
from bot.stores.json_memory import JsonMemoryStore
from bot.stores.lead_batches import LeadBatches
from bot.stores.lead_files import document_of, is_current, user_id_of
from bot.stores.message_rows import BODY, opened_calls, sealed_calls
from bot.stores.sql_memory import SqlMemoryStore
from bot.stores.turn_records import TurnRecord, message_document, message_of
from bot.stores.vault import Vault

_LEADS = text("""
    SELECT user_id, name, role, interests, pain_points, message_history, additional_data
    FROM user_memory WHERE user_id > :after ORDER BY user_id LIMIT :limit
""")
_MESSAGES = text("""
    SELECT id, user_id, body, model_calls FROM messages
    WHERE id > :after ORDER BY id LIMIT :limit
""")
_REWRITE = text("""
    UPDATE messages AS said SET body = new.body, model_calls = CAST(new.calls AS jsonb)
    FROM unnest(
        CAST(:ids AS bigint[]), CAST(:bodies AS text[]), CAST(:calls AS text[]),
        CAST(:before AS text[])
    ) AS new (id, body, calls, before)
    WHERE said.id = new.id AND said.body = new.before
""")


def reseal_leads(sql: SqlMemoryStore, vault: Vault, after: str, limit: int) -> tuple[str, int]:
    """A batch of rows of ``user_memory`` after an id; where it ended, and how many it sealed.

    It ends at "" when there are no more. The caller commits.
    """
    rows = db.session.execute(_LEADS, {"after": after, "limit": limit}).mappings().all()
    stale = [row["user_id"] for row in rows if not vault.is_lead_current({**row})]
    batches = LeadBatches(sql.leads)
    if stale:
        batches.reseal(stale)
    return (rows[-1]["user_id"] if rows else ""), len(stale)


def reseal_messages(vault: Vault, after: int, limit: int) -> tuple[int, int]:
    """The same for the message log; it ends at 0."""
    rows = db.session.execute(_MESSAGES, {"after": after, "limit": limit}).mappings().all()
    stale = [row for row in rows if not _is_current(row, vault)]
    if stale:
        values = {
            "ids": [row["id"] for row in stale],
            "bodies": [_resealed(row["body"], row["user_id"], vault) for row in stale],
            "calls": [_resealed_calls(row, vault) for row in stale],
            "before": [row["body"] for row in stale],
        }
        db.session.execute(_REWRITE, values)
    return (rows[-1]["id"] if rows else 0), len(stale)


def files_of(store: JsonMemoryStore) -> Iterator[Path]:
    """Every file of a store that has something of a person in it."""
    yield from store.memory_dir.glob("memory_*.json")
    yield from store.memory_dir.glob("history_*.jsonl")
    for pattern in ("lead_*/*.json", "erasing/*.json"):
        yield from store.turns_dir.glob(pattern)
    yield from (store.turns_dir.parent / "flowed_back").glob("lead_*/*.json")


def reseal_file(path: Path, store: JsonMemoryStore) -> bool:
    """Seal one file; False when it is as it should be, is gone, or is damaged."""
    try:
        if path.suffix == ".jsonl":
            return _reseal_lines(path, store)
        raw = read_json(path)
        if path.name.startswith("memory_") and path.parent == store.memory_dir:
            return _reseal_memory(path, raw, store)
        if store.vault.is_document_current(raw):
            return False
        record = TurnRecord.read(path, store.vault)
    except (FileNotFoundError, ValueError, AttributeError):
        return False
    if record is None:
        return False
    with store.locked(record.inbound.user_id):
        again = TurnRecord.read(path, store.vault)
        if again:
            again.write(path, store.vault)
    return True


def _reseal_memory(path: Path, raw: dict[str, Any], store: JsonMemoryStore) -> bool:
    if is_current(raw, store.vault):
        return False
    user_id = user_id_of(path)
    with store.locked(user_id):
        memory, written = store.leads.read(path, user_id), path.stat()
        if memory:
            times = {name: raw[name] for name in ("created_at", "updated_at") if name in raw}
            write_atomically(path, document_of(memory, store.vault) | times)
            # Copies are kept for so long after they were written.
            os.utime(path, (written.st_atime, written.st_mtime))
    return True


def _reseal_lines(path: Path, store: JsonMemoryStore) -> bool:
    lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    if all(map(store.vault.is_document_current, lines)):
        return False
    messages = [message_of(line, store.vault) for line in lines]
    written = (json.dumps(message_document(each, store.vault)) for each in messages)
    write_text_atomically(path, "".join(f"{line}\n" for line in written))
    return True


def _is_current(row: Mapping[Any, Any], vault: Vault) -> bool:
    return vault.is_current(row["body"]) and all(map(vault.is_current, _reasons(row)))


def _reasons(row: Mapping[Any, Any]) -> Sequence[str]:
    kept = row["model_calls"]
    calls = cast(list[dict[str, Any]], kept) if isinstance(kept, list) else []
    return [reason for call in calls for reason in call.get("reasons", ())]


def _resealed(kept: str, user_id: str, vault: Vault) -> str:
    return vault.seal(vault.open(kept, user_id, BODY), user_id, BODY)


def _resealed_calls(row: Mapping[Any, Any], vault: Vault) -> str | None:
    kept, user_id = row["model_calls"], row["user_id"]
    if not isinstance(kept, list):
        return None if kept is None else json.dumps(kept)
    opened = cast(list[dict[str, Any]], opened_calls(vault, kept, user_id))
    return json.dumps(sealed_calls(vault, opened, user_id))
