"""A catalogue of one test, the files that go in and out of it, and the commands that move them."""

import csv
import io
import json
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from click.testing import Result
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import event, text
from xlsxwriter import Workbook

from bot import create_app
from bot.extensions import db
from config import Config

TABLES = ("ai_courses", "ai_course_session", "ai_tema_activity", "bond", "elements_url")


class Catalogue:
    """The tables behind ``app``, empty at first; files are made in ``folder``."""

    def __init__(self, app: Flask, folder: Path) -> None:
        self.app = app
        self.folder = folder
        self.execute(f"TRUNCATE {', '.join(TABLES)}, audit_entries")

    def run(self, *args: object) -> Result:
        result = self.app.test_cli_runner().invoke(args=["catalog", *map(str, args)])
        assert "Traceback" not in result.output
        assert result.exception is None or isinstance(result.exception, SystemExit)
        return result

    def import_csv(self, content: str, *options: str) -> Result:
        return self.run("import", self.file("cursos.csv", content), *options)

    def import_json(self, content: object, *options: str) -> Result:
        return self.run("import", self.file("cursos.json", json.dumps(content)), *options)

    def import_xlsx(self, sheets: dict[str, Sequence[Sequence[Any]]], *options: str) -> Result:
        return self.run("import", workbook(self.folder / "cursos.xlsx", sheets), *options)

    def file(self, name: str, content: str | bytes) -> Path:
        path = self.folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def execute(self, statement: str, **values: object) -> None:
        with self.app.app_context():
            db.session.execute(text(statement), values)
            db.session.commit()

    def rows(self, table: str = "ai_courses", order: str = "1") -> list[dict[str, Any]]:
        with self.app.app_context():
            found = db.session.execute(text(f"SELECT * FROM {table} ORDER BY {order}")).mappings()
            return [dict(row) for row in found]

    def everything(self) -> dict[str, list[dict[str, Any]]]:
        return {table: self.rows(table) for table in TABLES}

    def values(self, *columns: str, table: str = "ai_courses") -> list[tuple[Any, ...]]:
        """These columns of every row, in their order."""
        found = self.rows(table, ", ".join(columns))
        return [tuple(row[column] for column in columns) for row in found]

    def count_statements(self, *args: object) -> int:
        """How many statements a command sends."""
        seen: list[str] = []

        def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
            seen.append(statement)

        with self.app.app_context():
            engine = db.engine
        event.listen(engine, "before_cursor_execute", note)
        try:
            assert self.run(*args).exit_code == 0
        finally:
            event.remove(engine, "before_cursor_execute", note)
        return len(seen)


def migrated(url: str, folder: Path) -> str:
    """``url``, with the tables in it."""
    app = create_app(Config.from_environment({"DATABASE_URL": url, "INSTANCE_DIR": str(folder)}))
    with app.app_context():
        upgrade()
        db.engine.dispose()
    return url


def workbook(path: Path, sheets: dict[str, Sequence[Sequence[Any]]]) -> Path:
    """An XLSX with cells as Excel has them: texts, numbers, dates and truth values."""
    with Workbook(str(path)) as book:
        dates = book.add_format({"num_format": "dd/mm/yyyy"})
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                for column, value in enumerate(row):
                    if isinstance(value, date | datetime):
                        sheet.write_datetime(number, column, value, dates)
                    elif isinstance(value, str):
                        sheet.write_string(number, column, value)
                    elif value is not None:
                        sheet.write(number, column, value)
    return path


def csv_text(rows: Sequence[Sequence[object]], delimiter: str = ",") -> str:
    """``rows`` as CSV, the header first."""
    file = io.StringIO()
    csv.writer(file, delimiter=delimiter).writerows(rows)
    return file.getvalue()
