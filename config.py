"""Every environment variable Brenda reads, typed and checked once, at start.

A bad value stops the boot with the variable's name and what it should be; several bad values
are told in one go. A variable that is set but empty counts as not set.
"""

import base64
import binascii
import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

from babel import Locale, UnknownLocaleError
from click import ClickException
from dotenv import load_dotenv
from limits import parse_many
from limits.errors import ConfigurationError
from limits.storage import storage_from_string
from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

ROOT = Path(__file__).resolve().parent

EMBEDDED = "embedded"
_POSTGRES_SCHEMES = ("postgres", "postgresql", "postgresql+psycopg2")
_WEB_URL = re.compile(r"https?://[^/?#\s]", re.IGNORECASE)
_ORIGIN = re.compile(r"https?://[a-z0-9.-]+(:\d+)?", re.IGNORECASE | re.ASCII)
_LIMIT_STORES = ("memory", "redis", "rediss")
_MODEL_PRICES = (
    "gpt-4o-mini=0.15/0.075/0.60; gpt-4.1-mini=0.40/0.10/1.60; gpt-4.1-nano=0.10/0.025/0.40; "
    "gpt-4o=2.50/1.25/10; gpt-4.1=2/0.50/8; gpt-5-nano=0.05/0.005/0.40; "
    "gpt-5-mini=0.25/0.025/2; gpt-4o-mini-transcribe=3/3/5; gpt-4o-transcribe=6/6/10; "
    "whisper-1=0.006; *=2.50/1.25/10"
)
_MODEL_INTENTS = (
    "EXPLORATION, COURSE_DETAILS, PRICE_INQUIRY, BUYING_SIGNALS, AUTOMATION_NEED, "
    "PROFESSION_CHANGE, GENERAL_QUESTION, FREE_RESOURCES, OBJECTION_PRICE, OBJECTION_TIME, "
    "OBJECTION_VALUE, OBJECTION_TRUST"
)
_NEVER_FOR_THE_MODEL = frozenset({"COURTESY", "OPT_OUT", "PRIVACY_REQUEST"})
_KEY_BYTES = 32
_URL_SAFE = str.maketrans("-_", "+/")
_MODE_OF_PHASE = {"dual": "hybrid", "gradual": "postgres"}
_LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")


class ConfigError(ClickException):
    """The configuration cannot be used; a command prints why and ends with status 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """The settings of one process. Times are in seconds, folders absolute, money in USD.

    ``memory_encryption_keys`` are 32 bytes each, the newest first. ``memory_move`` is the phase of
    the move from files to PostgreSQL, empty when there is none. ``retention_days`` of 0 is no end.

    ``storage_mode_from`` names the variable that decided the storage mode. ``openai_prices`` has
    for each model what a million tokens cost, (input, cached input, output), or, as one number,
    what a minute of audio costs; ``*`` stands for all other models. Caps of 0 stand for none.
    """

    database_url: str
    database_pool_size: int
    storage_mode: str
    storage_mode_from: str
    memory_dir: Path
    memory_json_backup: bool
    memory_move: str
    memory_encryption_keys: tuple[bytes, ...]
    retention_days: int
    instance_dir: Path
    twilio_account_sid: str
    twilio_auth_token: str
    twilio_phone_number: str
    twilio_validate_signature: bool
    twilio_api_base_url: str
    public_base_url: str
    trusted_proxies: int
    openai_api_key: str
    openai_base_url: str
    openai_model: str
    openai_timeout_s: float
    openai_transcription_model: str
    openai_intents: frozenset[str]
    openai_max_input_tokens: int
    openai_max_output_tokens: int
    openai_prices: Mapping[str, tuple[Decimal, ...]]
    openai_usd_per_day: float
    openai_usd_per_person_day: float
    school_name: str
    school_address: str
    adviser_contact: str
    adviser_hours: str
    privacy_url: str
    consent_mode: str
    simulator: bool
    api_cors_origins: tuple[str, ...]
    api_rate_limit: str
    ratelimit_enabled: bool
    ratelimit_storage_uri: str
    secret_key: str
    port: int
    web_concurrency: int
    web_threads: int
    log_level: str
    log_format: str
    locale: str

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> "Config":
        """Read and check every variable; without ``environment``, the process's own and ``.env``.

        Raises:
            ConfigError: naming each variable whose value cannot be used, and why.
        """
        if environment is None:
            load_dotenv(ROOT / ".env")
            environment = os.environ
        given = {name: value.strip() for name, value in environment.items() if value.strip()}
        try:
            values = cast(dict[str, Any], _Environment(unknown=EXCLUDE).load(given))
        except ValidationError as error:
            raise ConfigError(_explain(error.normalized_messages())) from error
        return cls(**_with_derived_defaults(values))

    @property
    def has_database(self) -> bool:
        """Whether the catalogue (and, in ``postgres`` mode, the memory) is in PostgreSQL."""
        return self.storage_mode != "json"

    def require_webhook_secret(self) -> None:
        """Refuse to serve a webhook that would have nothing to check signatures with.

        Raises:
            ConfigError: when signatures are to be checked and there is no token.
        """
        if self.twilio_validate_signature and not self.twilio_auth_token:
            raise ConfigError(
                "TWILIO_AUTH_TOKEN is empty, so no webhook could be trusted: copy it from Twilio's "
                "console (Account > API keys & tokens). Only a developer may set "
                "TWILIO_VALIDATE_SIGNATURE=false instead."
            )


def _one_of(*choices: str) -> validate.OneOf:
    return validate.OneOf(choices, error="must be one of: {choices}")


def _database_url(value: str) -> None:
    if value != EMBEDDED and _database_driver(value) not in _POSTGRES_SCHEMES:
        raise ValidationError(
            "must be 'embedded' or an address like postgresql://user:password@host:5432/name"
        )


def _database_driver(value: str) -> str | None:
    try:
        return make_url(value).drivername
    except (ArgumentError, ValueError):
        return None


def _web_url(value: str) -> None:
    if not _WEB_URL.match(value) or not _has_good_port(value):
        raise ValidationError("must be an address that begins with https:// or http://")


def _has_good_port(value: str) -> bool:
    try:
        return urlsplit(value).port != 0
    except ValueError:
        return False


def _origins(value: str) -> None:
    for origin in _parts(value):
        if not _ORIGIN.fullmatch(origin) or not _has_good_port(origin):
            raise ValidationError(
                "must be origins like https://tools.example.com, separated by commas"
            )


def _parts(value: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in value.split(",") if part.strip())


def _encryption_keys(value: str) -> None:
    try:
        keys = _read_keys(value)
    except (binascii.Error, ValueError):
        keys = ()
    if not keys or any(len(key) != _KEY_BYTES for key in keys) or len({*keys}) < len(keys):
        raise ValidationError(
            "must be different keys of 32 random bytes in base64, the newest first, separated by "
            "commas; 'openssl rand -base64 32' makes one"
        )


def _read_keys(value: str) -> tuple[bytes, ...]:
    """Keys in base64 of either alphabet."""
    texts = (part.translate(_URL_SAFE) for part in _parts(value))
    return tuple(base64.b64decode(text, validate=True) for text in texts)


def _rate_limit(value: str) -> None:
    try:
        limits = parse_many(value)
    except ValueError:
        limits = []
    if not limits or any(limit.amount < 1 for limit in limits):
        raise ValidationError("must be limits like '300 per minute' or '10/second; 1000/hour'")


def _limit_store(value: str) -> None:
    try:
        if urlsplit(value).scheme not in _LIMIT_STORES:
            raise ConfigurationError
        storage_from_string(value)
    except (ConfigurationError, ValueError):
        raise ValidationError(
            "must be memory:// or an address like redis://:password@host:6379/0, "
            "which needs the package redis"
        ) from None


def _model_intents(value: str) -> None:
    refused = _NEVER_FOR_THE_MODEL.intersection(_parts(value.upper()))
    if refused:
        raise ValidationError(f"may not name {', '.join(sorted(refused))}: templates answer those")


def _model_prices(value: str) -> None:
    try:
        prices = _read_prices(value).values()
    except (ValueError, InvalidOperation):
        prices = [()]
    if any(len(price) not in (1, 3) or min(price) < 0 for price in prices):
        raise ValidationError(
            "must be like 'gpt-4o-mini=0.15/0.075/0.60; whisper-1=0.006': USD for a million tokens "
            "of input, cached input and output, or for a minute of audio"
        )


def _read_prices(value: str) -> dict[str, tuple[Decimal, ...]]:
    pairs = (entry.split("=") for entry in value.split(";") if entry.strip())
    return {name.strip(): tuple(map(Decimal, price.split("/"))) for name, price in pairs}


def _locale(value: str) -> None:
    try:
        Locale.parse(value.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        raise ValidationError("must be a locale that Babel knows, such as es_MX") from None


def _log_level(value: str) -> None:
    _one_of(*_LOG_LEVELS)(value.upper())


class _Environment(Schema):
    """Names, types and defaults, as docs/OPERATIONS.md lists them."""

    database_url = fields.Str(load_default="", data_key="DATABASE_URL", validate=_database_url)
    database_pool_size = fields.Int(
        load_default=10, data_key="DATABASE_POOL_SIZE", validate=validate.Range(1, 100)
    )
    storage_mode = fields.Str(
        load_default="", data_key="STORAGE_MODE", validate=_one_of("json", "hybrid", "postgres")
    )
    memory_dir = fields.Str(load_default="", data_key="MEMORY_DIR")
    memory_json_backup = fields.Bool(load_default=False, data_key="MEMORY_JSON_BACKUP")
    memory_move = fields.Str(
        load_default="", data_key="MEMORY_MOVE", validate=_one_of("dual", "gradual")
    )
    memory_encryption_keys = fields.Str(
        load_default="", data_key="MEMORY_ENCRYPTION_KEYS", validate=_encryption_keys
    )
    retention_days = fields.Int(
        load_default=0, data_key="RETENTION_DAYS", validate=validate.Range(0, 36500)
    )
    instance_dir = fields.Str(load_default="instance", data_key="INSTANCE_DIR")
    twilio_account_sid = fields.Str(load_default="", data_key="TWILIO_ACCOUNT_SID")
    twilio_auth_token = fields.Str(load_default="", data_key="TWILIO_AUTH_TOKEN")
    twilio_phone_number = fields.Str(load_default="", data_key="TWILIO_PHONE_NUMBER")
    twilio_validate_signature = fields.Bool(load_default=True, data_key="TWILIO_VALIDATE_SIGNATURE")
    twilio_api_base_url = fields.Str(
        load_default="https://api.twilio.com", data_key="TWILIO_API_BASE_URL", validate=_web_url
    )
    public_base_url = fields.Str(load_default="", data_key="PUBLIC_BASE_URL", validate=_web_url)
    trusted_proxies = fields.Int(
        load_default=0, data_key="TRUSTED_PROXIES", validate=validate.Range(0, 10)
    )
    openai_api_key = fields.Str(load_default="", data_key="OPENAI_API_KEY")
    openai_base_url = fields.Str(load_default="", data_key="OPENAI_BASE_URL", validate=_web_url)
    openai_model = fields.Str(load_default="gpt-4o-mini", data_key="OPENAI_MODEL")
    openai_timeout_s = fields.Float(
        load_default=8.0,
        data_key="OPENAI_TIMEOUT_S",
        validate=validate.Range(0.1, 12, error="must be from 0.1 to 12 seconds (Twilio waits 15)"),
    )
    openai_transcription_model = fields.Str(
        load_default="gpt-4o-mini-transcribe", data_key="OPENAI_TRANSCRIPTION_MODEL"
    )
    openai_intents = fields.Str(
        load_default=_MODEL_INTENTS, data_key="OPENAI_INTENTS", validate=_model_intents
    )
    openai_max_input_tokens = fields.Int(
        load_default=5000, data_key="OPENAI_MAX_INPUT_TOKENS", validate=validate.Range(4000, 100000)
    )
    openai_max_output_tokens = fields.Int(
        load_default=600, data_key="OPENAI_MAX_OUTPUT_TOKENS", validate=validate.Range(100, 4000)
    )
    openai_prices = fields.Str(
        load_default=_MODEL_PRICES, data_key="OPENAI_PRICES", validate=_model_prices
    )
    openai_usd_per_day = fields.Float(
        load_default=10.0, data_key="OPENAI_USD_PER_DAY", validate=validate.Range(0)
    )
    openai_usd_per_person_day = fields.Float(
        load_default=0.25, data_key="OPENAI_USD_PER_PERSON_DAY", validate=validate.Range(0)
    )
    school_name = fields.Str(load_default="nuestra escuela", data_key="SCHOOL_NAME")
    school_address = fields.Str(load_default="", data_key="SCHOOL_ADDRESS")
    adviser_contact = fields.Str(load_default="", data_key="ADVISER_CONTACT")
    adviser_hours = fields.Str(load_default="", data_key="ADVISER_HOURS")
    privacy_url = fields.Str(load_default="", data_key="PRIVACY_URL", validate=_web_url)
    consent_mode = fields.Str(
        load_default="notice",
        data_key="CONSENT_MODE",
        validate=_one_of("notice", "required", "off"),
    )
    simulator = fields.Bool(load_default=False, data_key="SIMULATOR")
    api_cors_origins = fields.Str(load_default="", data_key="API_CORS_ORIGINS", validate=_origins)
    api_rate_limit = fields.Str(
        load_default="300 per minute", data_key="API_RATE_LIMIT", validate=_rate_limit
    )
    ratelimit_enabled = fields.Bool(load_default=True, data_key="RATELIMIT_ENABLED")
    ratelimit_storage_uri = fields.Str(
        load_default="memory://", data_key="RATELIMIT_STORAGE_URI", validate=_limit_store
    )
    secret_key = fields.Str(load_default="", data_key="SECRET_KEY")
    port = fields.Int(load_default=8000, data_key="PORT", validate=validate.Range(1, 65535))
    web_concurrency = fields.Int(
        load_default=2, data_key="WEB_CONCURRENCY", validate=validate.Range(1, 256)
    )
    web_threads = fields.Int(
        load_default=16, data_key="WEB_THREADS", validate=validate.Range(1, 1024)
    )
    log_level = fields.Str(load_default="INFO", data_key="LOG_LEVEL", validate=_log_level)
    log_format = fields.Str(
        load_default="console", data_key="LOG_FORMAT", validate=_one_of("console", "json")
    )
    locale = fields.Str(load_default="es_MX", data_key="LOCALE", validate=_locale)


def _with_derived_defaults(values: dict[str, Any]) -> dict[str, Any]:
    instance_dir = (ROOT / values["instance_dir"]).resolve()
    mode = values["storage_mode"] or ("postgres" if values["database_url"] else "json")
    if mode != "json" and not values["database_url"]:
        raise ConfigError(
            f"STORAGE_MODE={mode} needs a DATABASE_URL: give a postgresql:// address or "
            "'embedded', or set STORAGE_MODE=json."
        )
    needed = _MODE_OF_PHASE.get(values["memory_move"], mode)
    if mode != needed:
        raise ConfigError(
            f"MEMORY_MOVE={values['memory_move']} goes with STORAGE_MODE={needed}, which is {mode}."
        )
    return values | {
        "instance_dir": instance_dir,
        "memory_encryption_keys": _read_keys(values["memory_encryption_keys"]),
        "storage_mode": mode,
        "storage_mode_from": "STORAGE_MODE" if values["storage_mode"] else "DATABASE_URL",
        "memory_dir": (ROOT / (values["memory_dir"] or instance_dir / "memory")).resolve(),
        "twilio_api_base_url": values["twilio_api_base_url"].rstrip("/"),
        "openai_intents": frozenset(_parts(values["openai_intents"].upper())),
        "openai_prices": _read_prices(values["openai_prices"]),
        "public_base_url": values["public_base_url"].rstrip("/"),
        "api_cors_origins": _parts(values["api_cors_origins"]),
        "log_level": values["log_level"].upper(),
        "locale": str(Locale.parse(values["locale"].replace("-", "_"))),
        "secret_key": values["secret_key"] or secrets.token_urlsafe(32),
    }


def _explain(messages: Mapping[str, Any]) -> str:
    lines = (f"{name}: {' '.join(problems)}" for name, problems in sorted(messages.items()))
    return "The environment cannot be used. " + "; ".join(lines)
