"""Which stores this app uses, as its storage mode says."""

from dataclasses import dataclass
from pathlib import Path

from flask import Flask, current_app

from bot.stores.json_memory import JsonMemoryStore
from bot.stores.spool import Spool
from bot.stores.sql_memory import SqlMemoryStore
from config import Config


@dataclass(frozen=True, slots=True)
class Storage:
    """``sql`` and ``copies`` are None when memory lives in files.

    ``copies`` holds each lead's memory as it was last saved in the database: the JSON backup when
    one is wanted, else a folder from which an outage starts.
    """

    files: JsonMemoryStore
    sql: SqlMemoryStore | None
    spool: Spool
    copies: JsonMemoryStore | None


def init_app(app: Flask, config: Config) -> None:
    """Build the stores of ``config.storage_mode`` for ``app``."""
    turns_dir = config.instance_dir / "turns"
    spool_dir = config.instance_dir / "spool"
    in_sql = config.storage_mode == "postgres"
    copies_dir = config.memory_dir if config.memory_json_backup else config.instance_dir / "known"
    app.extensions["storage"] = Storage(
        files=JsonMemoryStore(config.memory_dir, turns_dir),
        sql=SqlMemoryStore() if in_sql else None,
        spool=Spool(spool_dir / "memory", spool_dir / "turns", older_dir=copies_dir),
        copies=_copies(config, copies_dir) if in_sql else None,
    )


def _copies(config: Config, folder: Path) -> JsonMemoryStore:
    turns_dir = config.instance_dir / "turns"
    return JsonMemoryStore(folder, turns_dir, durable=config.memory_json_backup)


def current_storage() -> Storage:
    """The stores of the running app."""
    return current_app.extensions["storage"]
