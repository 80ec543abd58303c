"""What is wanted of courses, as conditions on the tables of a snapshot."""

import re
import sqlite3
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from bot.stores.courses import CourseFilter

Condition = tuple[str, Sequence[Any]]
"""A piece of SQL and the values of its question marks."""

_TOKEN = re.compile(r"'((?:[^']|'')*)'|(<\d+>|&)|([|()])")


def select(
    file: sqlite3.Connection,
    what: str,
    conditions: Sequence[Condition],
    order: str = "",
    *order_values: Any,
) -> sqlite3.Cursor:
    """The rows of ``SELECT what`` that meet all conditions."""
    where, values = all_of(conditions)
    statement = f"SELECT {what} WHERE {where} {order}"
    return file.execute(statement, [*values, *order_values])


def all_of(conditions: Sequence[Condition]) -> tuple[str, list[Any]]:
    """One condition for all; of none, one that always holds."""
    sql = " AND ".join(condition for condition, _ in conditions)
    return sql or "1", [value for _, values in conditions for value in values]


def one_of(column: str, values: Sequence[Any]) -> list[Condition]:
    """The column has one of the values; no condition without values."""
    marks = ", ".join("?" for _ in values)
    return [(f"{column} IN ({marks})", values)] if values else []


def on_offer() -> Condition:
    """The course has not ended. What is left out by its status is not in the file."""
    return "(ends IS NULL OR ends >= ?)", [now()]


def fits(wanted: CourseFilter) -> list[Condition]:
    """What is wanted of a course apart from its level."""
    conditions = [
        *one_of("modality", wanted.modalities),
        *one_of("language", wanted.languages),
        *(_or_free(condition) for condition in one_of("currency", wanted.currencies)),
    ]
    if wanted.min_price is not None:
        conditions.append(("amount >= ?", [float(wanted.min_price)]))
    if wanted.max_price is not None:
        conditions.append(("amount <= ?", [float(wanted.max_price)]))
    return conditions


def _or_free(condition: Condition) -> Condition:
    """What is free is so in any currency, if none is named."""
    sql, values = condition
    return f"({sql} OR amount = 0 AND currency IS NULL)", values


def meets(wanted: CourseFilter) -> list[Condition]:
    """Everything that is wanted of a course."""
    conditions = [
        *fits(wanted),
        *one_of("level", wanted.levels),
        *one_of("status", [wanted.status] if wanted.status else ()),
        *one_of("audience", [wanted.audience] if wanted.audience else ()),
    ]
    if wanted.words:
        sql, values = says(wanted.words)
        conditions.append((f"id IN (SELECT rowid FROM said WHERE {sql})", values))  # noqa: S608
    return conditions


def says(tsquery: str) -> Condition:
    """The course has the lexemes of a tsquery; those of a phrase may stand apart."""
    query = " ".join(map(_operand, _TOKEN.finditer(tsquery)))
    return ("said MATCH ?", [query]) if query else ("0", [])


def lexemes(tsquery: str) -> list[str]:
    """The lexemes of a tsquery, in order."""
    return [_unquoted(found[1]) for found in _TOKEN.finditer(tsquery) if found[1]]


def now() -> float:
    """As PostgreSQL compares it with the school's local times: its sessions are in UTC."""
    return datetime.now(UTC).timestamp()


def _operand(token: re.Match[str]) -> str:
    lexeme, conjunction, other = token.groups()
    if lexeme is None:
        return "AND" if conjunction else "OR" if other == "|" else other
    return '"{}"'.format(_unquoted(lexeme).replace('"', '""'))


def _unquoted(lexeme: str) -> str:
    return lexeme.replace("''", "'")
