"""Structured logs without personal data, on standard error."""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from config import Config

# A phone number or an opaque WhatsApp id; digits within a SID or another word are left alone.
_NUMBER = re.compile(r"(?<![\w.-])(\+?[A-Z]{0,2}\.?\d{2})\d{5,}(\d{2})(?![\w-])")
# PostgreSQL repeats the values of the row in the DETAIL of an error.
_ROW_VALUES = re.compile(r"(?m)^(DETAIL|CONTEXT):.*$")


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
            event[key] = _ROW_VALUES.sub(r"\1: (left out)", _NUMBER.sub(r"\1…\2", value))
    return event


def _renderer(log_format: str) -> Any:
    if log_format == "json":
        return structlog.processors.JSONRenderer(ensure_ascii=False)
    return structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
