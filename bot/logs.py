"""Structured logs without personal data, on standard error."""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from config import Config

# What is masked, and what stays of it.
_PERSONAL = (
    # A phone number, also in a file name; digits within a SID or a UUID are left alone.
    (re.compile(r"(?<![A-Za-z0-9.-])(\+?\d{2})\d{5,}(\d{2})(?![A-Za-z0-9-])"), r"\1…\2"),
    # The id of a person without a number, such as US.1349… or US.ENT.1181….
    (
        re.compile(
            r"(?<![A-Za-z0-9.-])([A-Z]{2}\.(?:ENT\.)?[A-Za-z0-9]{2})[A-Za-z0-9]{5,}([A-Za-z0-9]{2})"
        ),
        r"\1…\2",
    ),
    # PostgreSQL repeats what it cannot read, the values of the row in the DETAIL of an error and
    # the statement with its values in the LINE; each may run over several lines.
    (
        re.compile(
            r"(?ms)(^(?:DETAIL|CONTEXT|LINE \d+)|invalid input \w+ for [^:\n]+):.*?"
            r"(?=^\[SQL|^The above exception|^During handling|\Z)"
        ),
        "\\1: (left out)\n",
    ),
)


def init_app(config: Config) -> None:
    """Send every log, also those of libraries, through one masked format."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        without_personal_data,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.ExtraAdder(), *shared],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _renderer(config.log_format),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(config.log_level)
    for library in ("alembic", "httpx2", "openai"):
        logging.getLogger(library).setLevel(max(logging.WARNING, root.level))


def without_personal_data(
    _logger: Any, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Mask phone numbers and drop row values wherever they appear in an event."""
    for key, value in event.items():
        if isinstance(value, str) and key not in ("timestamp", "message_sid"):
            event[key] = _masked(value)
    return event


def _masked(text: str) -> str:
    for pattern, remains in _PERSONAL:
        text = pattern.sub(remains, text)
    return text


def _renderer(log_format: str) -> Any:
    if log_format == "json":
        return structlog.processors.JSONRenderer(ensure_ascii=False)
    return structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
