"""Timestamps that Python cannot hold are read as none.

PostgreSQL knows years before Christ and beyond 9999, and other tools have written such dates by a
slip of the hand. psycopg2 refuses the whole result because of one; see
https://www.psycopg.org/docs/extensions.html#psycopg2.extensions.new_type.
"""

from datetime import datetime
from typing import Any

from psycopg2 import extensions

_TIMESTAMP, _TIMESTAMPTZ = 1114, 1184
"""PostgreSQL's own numbers of the types (pg_type.dat)."""


def install() -> None:
    """Let every psycopg2 connection of this process read timestamps so."""
    new_type: Any = extensions.new_type  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    for oid, name, read in (
        (_TIMESTAMP, "TIMESTAMP_OR_NONE", extensions.PYDATETIME),
        (_TIMESTAMPTZ, "TIMESTAMPTZ_OR_NONE", extensions.PYDATETIMETZ),
    ):
        extensions.register_type(new_type((oid,), name, _or_none(read)))


def _or_none(read: Any) -> Any:
    def read_or_none(value: str | None, cursor: Any) -> datetime | None:
        try:
            return read(value, cursor)
        except (ValueError, OverflowError):
            return None

    return read_or_none
