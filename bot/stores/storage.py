"""Which stores this app uses, as its storage mode says."""

from dataclasses import dataclass
from functools import partial

from flask import Flask, current_app

from bot.stores.backlog import Backlog
from bot.stores.encryption_keys import FileEncryptionKeys
from bot.stores.erasures import FileErasures
from bot.stores.json_memory import JsonMemoryStore
from bot.stores.pending_media import PendingMedia
from bot.stores.person_audit import FilePersonAudit, SqlPersonAudit
from bot.stores.spool import Spool
from bot.stores.sql_memory import SqlMemoryStore
from bot.stores.vault import Vault
from config import Config


@dataclass(frozen=True, slots=True)
class Storage:
    """``database`` is there in every mode but ``json``; ``sql`` is the same where it leads.

    ``copies`` holds each lead's memory as it was last saved in the database: in ``files`` when a
    JSON backup is wanted, else in ``known``, a folder from which an outage starts. ``mirror`` is
    the database that follows the files in the first phase of the move, ``backlog`` what it has not
    followed yet; ``older`` are the files that people are moved over from in the second.
    """

    vault: Vault
    files: JsonMemoryStore
    known: JsonMemoryStore
    spool: Spool
    backlog: Backlog
    pending_media: PendingMedia
    file_audit: FilePersonAudit
    file_keys: FileEncryptionKeys
    sql_audit: SqlPersonAudit | None = None
    database: SqlMemoryStore | None = None
    sql: SqlMemoryStore | None = None
    copies: JsonMemoryStore | None = None
    mirror: SqlMemoryStore | None = None
    older: JsonMemoryStore | None = None


def init_app(app: Flask, config: Config) -> None:
    """Build the stores of ``config.storage_mode`` for ``app``."""
    vault = Vault(config.memory_encryption_keys)
    instance, memory_dir = config.instance_dir, config.memory_dir
    build = partial(JsonMemoryStore, vault=vault, erasures=FileErasures(instance / "erased"))
    files = build(memory_dir, instance / "turns")
    known = build(instance / "known", instance / "known" / "turns", durable=False)
    copies = files if config.memory_json_backup else known
    database = SqlMemoryStore(vault) if config.has_database else None
    sql = database if config.storage_mode == "postgres" else None
    app.extensions["storage"] = Storage(
        vault=vault,
        files=files,
        known=known,
        spool=Spool(
            instance / "spool" / "memory",
            instance / "spool" / "turns",
            dict.fromkeys((copies.memory_dir, memory_dir)),
            vault=vault,
            erasures=files.erasures,
        ),
        backlog=Backlog(instance / "following"),
        pending_media=PendingMedia(instance / "media_to_delete"),
        file_keys=FileEncryptionKeys(instance / "encryption_keys.json"),
        file_audit=FilePersonAudit(instance / "audit.jsonl", files.erasures.pseudonyms),
        sql_audit=SqlPersonAudit(database.erasures.pseudonyms) if database else None,
        database=database,
        sql=sql,
        copies=copies if sql else None,
        mirror=database if config.memory_move == "dual" else None,
        older=files if config.memory_move == "gradual" else None,
    )


def current_storage() -> Storage:
    """The stores of the running app."""
    return current_app.extensions["storage"]
