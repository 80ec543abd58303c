"""Which stores this app uses, as its storage mode says."""

from dataclasses import dataclass

from flask import Flask, current_app

from bot.stores.json_memory import JsonMemoryStore
from bot.stores.spool import Spool
from bot.stores.sql_memory import SqlMemoryStore
from config import Config


@dataclass(frozen=True, slots=True)
class Storage:
    """``sql`` is None when memory lives in files; ``backup`` when none is kept beside it."""

    files: JsonMemoryStore
    sql: SqlMemoryStore | None
    spool: Spool
    backup: JsonMemoryStore | None


def init_app(app: Flask, config: Config) -> None:
    """Build the stores of ``config.storage_mode`` for ``app``."""
    files = JsonMemoryStore(config.memory_dir, config.instance_dir / "turns")
    in_sql = config.storage_mode == "postgres"
    keeps_backup = in_sql and config.memory_json_backup
    app.extensions["storage"] = Storage(
        files=files,
        sql=SqlMemoryStore() if in_sql else None,
        spool=Spool(
            config.instance_dir / "spool" / "memory",
            config.instance_dir / "spool" / "turns",
            older_dir=config.memory_dir if keeps_backup else None,
        ),
        backup=files if keeps_backup else None,
    )


def current_storage() -> Storage:
    """The stores of the running app."""
    return current_app.extensions["storage"]
