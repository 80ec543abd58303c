"""A folder of memory files that is imported into a database, and what is there then."""

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

from click.testing import Result
from flask import Flask
from sqlalchemy import text

from bot.extensions import db
from bot.models.leads import LeadMemory
from bot.services import leads, people
from tests.stores.builders import NOON
from tests.support.people import TESTER


def at(days: int) -> str:
    return (NOON + timedelta(days=days)).isoformat()


class Folder:
    """A folder of memory files, imported into the database of ``app``."""

    def __init__(self, app: Flask, path: Path) -> None:
        self.app = app
        self.path = path
        path.mkdir()

    def put(self, user_id: str, **fields: Any) -> None:
        self.put_as(f"memory_{user_id}.json", {"user_id": user_id, **fields})

    def put_as(self, name: str, content: Any) -> None:
        written = content if isinstance(content, bytes) else json.dumps(content).encode()
        (self.path / name).write_bytes(written)

    def run(self, *args: str) -> Result:
        command = ["memory", "import-json", str(self.path), *args]
        return self.app.test_cli_runner().invoke(args=command)

    def imported(self, *args: str) -> dict[str, int]:
        """Import, which must go well; what became of how many, by the words of the report."""
        result = self.run(*args)
        assert result.exit_code == 0, result.output + repr(result.exception)
        found = re.findall(r"^ *(\d+) (?!.*in the folder)(.+)$", result.stdout, re.M)
        return {what: int(number) for number, what in found}

    def files(self) -> dict[str, tuple[bytes, int]]:
        found = [path for path in self.path.rglob("*") if path.is_file()]
        return {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in found}

    def memory(self, user_id: str) -> LeadMemory:
        with self.app.app_context():
            return leads.get_memory(user_id)

    def messages(self, user_id: str) -> list[tuple[str, str]]:
        with self.app.app_context():
            found = people.export(user_id, TESTER)["messages"]
        return [(each["direction"], each["body"]) for each in found]

    def rows(self) -> list[Any]:
        return rows_of(self.app)


def rows_of(app: Flask, *left_out: str) -> list[Any]:
    """Every column of the leads and the messages, but for numbers that the database gives."""
    queries = (
        "SELECT to_jsonb(t) - CAST(:out AS text[]) FROM user_memory AS t ORDER BY user_id",
        "SELECT to_jsonb(t) - CAST(:out AS text[]) FROM messages AS t ORDER BY created_at, id",
        "SELECT to_jsonb(t) - CAST(:out AS text[]) FROM person_aliases AS t ORDER BY alias",
    )
    out = {"out": ["id", "in_reply_to", *left_out]}
    with app.app_context():
        return [db.session.scalars(text(query), out).all() for query in queries]


def empty(app: Flask) -> None:
    with app.app_context():
        db.session.execute(text("TRUNCATE messages, user_memory, person_aliases"))
        db.session.commit()
