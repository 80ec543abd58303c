"""The environment, read once: every bad value is named at start, and empty means not set."""

import os
import subprocess
import sys
from base64 import b64encode, urlsafe_b64encode
from decimal import Decimal
from pathlib import Path

import pytest

from config import ROOT, Config, ConfigError

DATABASE = "postgresql://user:password@localhost:5432/brenda"
KEYS = b"\xfb" * 32, b"\xff" * 32
KEY, OTHER_KEY = (b64encode(key).decode() for key in KEYS)
URL_SAFE_KEY = urlsafe_b64encode(KEYS[0]).decode()


def read(**environment: str) -> Config:
    return Config.from_environment(environment)


GOOD = [
    ("DATABASE_URL", "embedded", "database_url", "embedded"),
    ("DATABASE_URL", DATABASE, "database_url", DATABASE),
    ("DATABASE_URL", "postgres://u:p@h/d", "database_url", "postgres://u:p@h/d"),
    ("DATABASE_URL", "postgresql+psycopg2://h/d", "database_url", "postgresql+psycopg2://h/d"),
    ("DATABASE_URL", "postgresql://u:p#@h/d?sslmode=require", "has_database", True),
    ("MEMORY_JSON_BACKUP", "true", "memory_json_backup", True),
    ("MEMORY_JSON_BACKUP", "0", "memory_json_backup", False),
    ("MEMORY_ENCRYPTION_KEYS", KEY, "memory_encryption_keys", KEYS[:1]),
    ("MEMORY_ENCRYPTION_KEYS", URL_SAFE_KEY, "memory_encryption_keys", KEYS[:1]),
    ("MEMORY_ENCRYPTION_KEYS", f"{KEY} , {OTHER_KEY},", "memory_encryption_keys", KEYS),
    ("MEMORY_ENCRYPTION_KEYS", f"{OTHER_KEY},{KEY}", "memory_encryption_keys", KEYS[::-1]),
    ("RETENTION_DAYS", "0", "retention_days", 0),
    ("RETENTION_DAYS", "36500", "retention_days", 36500),
    ("TWILIO_AUTH_TOKEN", "  token\n", "twilio_auth_token", "token"),
    ("TWILIO_VALIDATE_SIGNATURE", "false", "twilio_validate_signature", False),
    ("TWILIO_VALIDATE_SIGNATURE", "No", "twilio_validate_signature", False),
    ("TWILIO_VALIDATE_SIGNATURE", "1", "twilio_validate_signature", True),
    ("PUBLIC_BASE_URL", "https://bot.example.com/", "public_base_url", "https://bot.example.com"),
    ("PUBLIC_BASE_URL", "HTTPS://h:8443/x/", "public_base_url", "HTTPS://h:8443/x"),
    ("TRUSTED_PROXIES", "2", "trusted_proxies", 2),
    ("OPENAI_BASE_URL", "http://127.0.0.1:1/v1", "openai_base_url", "http://127.0.0.1:1/v1"),
    ("OPENAI_TIMEOUT_S", "0.5", "openai_timeout_s", 0.5),
    ("OPENAI_TIMEOUT_S", "12", "openai_timeout_s", 12.0),
    ("OPENAI_INTENTS", "exploration , OFF_TOPIC", "openai_intents", {"EXPLORATION", "OFF_TOPIC"}),
    (
        "OPENAI_PRICES",
        "a=1/0.5/2; b = 0.006 ;",
        "openai_prices",
        {"a": (Decimal(1), Decimal("0.5"), Decimal(2)), "b": (Decimal("0.006"),)},
    ),
    ("OPENAI_USD_PER_DAY", "0", "openai_usd_per_day", 0.0),
    ("OPENAI_MAX_INPUT_TOKENS", "4000", "openai_max_input_tokens", 4000),
    (
        "TWILIO_API_BASE_URL",
        "http://127.0.0.1:4110/",
        "twilio_api_base_url",
        "http://127.0.0.1:4110",
    ),
    ("DATABASE_POOL_SIZE", "1", "database_pool_size", 1),
    ("SIMULATOR", "on", "simulator", True),
    ("API_CORS_ORIGINS", "https://a.example", "api_cors_origins", ("https://a.example",)),
    (
        "API_CORS_ORIGINS",
        " http://localhost:3000 ,, HTTPS://Tools.example.com:8443,",
        "api_cors_origins",
        ("http://localhost:3000", "HTTPS://Tools.example.com:8443"),
    ),
    ("API_RATE_LIMIT", "10/second; 1000 per hour", "api_rate_limit", "10/second; 1000 per hour"),
    ("RATELIMIT_ENABLED", "false", "ratelimit_enabled", False),
    ("RATELIMIT_STORAGE_URI", "memory://", "ratelimit_storage_uri", "memory://"),
    (
        "RATELIMIT_STORAGE_URI",
        "redis://:secret@127.0.0.1:1/0",
        "ratelimit_storage_uri",
        "redis://:secret@127.0.0.1:1/0",
    ),
    ("SECRET_KEY", "s3cret", "secret_key", "s3cret"),
    ("PORT", "65535", "port", 65535),
    ("LOG_LEVEL", "debug", "log_level", "DEBUG"),
    ("LOG_FORMAT", "json", "log_format", "json"),
    ("INSTANCE_DIR", "/tmp/x", "instance_dir", Path("/tmp/x")),
    ("INSTANCE_DIR", "elsewhere", "instance_dir", ROOT / "elsewhere"),
    ("INSTANCE_DIR", "elsewhere", "memory_dir", ROOT / "elsewhere" / "memory"),
    ("MEMORY_DIR", "leads", "memory_dir", ROOT / "leads"),
    ("SOMETHING_ELSE", "x", "storage_mode", "json"),
]
BAD = [
    ("DATABASE_URL", "mysql://h/d"),
    ("DATABASE_URL", "sqlite:///x.db"),
    ("DATABASE_URL", "postgresql:brenda"),
    ("DATABASE_URL", "localhost:5432/brenda"),
    ("DATABASE_URL", "postgresql://u:p@h:port/d"),
    ("DATABASE_URL", "embeded"),
    ("STORAGE_MODE", "redis"),
    ("STORAGE_MODE", "JSON"),
    ("MEMORY_JSON_BACKUP", "perhaps"),
    ("MEMORY_MOVE", "quick"),
    ("MEMORY_MOVE", "DUAL"),
    ("MEMORY_ENCRYPTION_KEYS", "secret"),
    ("MEMORY_ENCRYPTION_KEYS", "clave segura"),
    ("MEMORY_ENCRYPTION_KEYS", "ñ" * 44),
    ("MEMORY_ENCRYPTION_KEYS", ","),
    ("MEMORY_ENCRYPTION_KEYS", KEY.rstrip("=")),
    ("MEMORY_ENCRYPTION_KEYS", KEYS[0].hex()),
    ("MEMORY_ENCRYPTION_KEYS", b64encode(KEYS[0][:31]).decode()),
    ("MEMORY_ENCRYPTION_KEYS", b64encode(KEYS[0] + b"x").decode()),
    ("MEMORY_ENCRYPTION_KEYS", f"{KEY},{KEY}"),
    ("MEMORY_ENCRYPTION_KEYS", f"{KEY},{URL_SAFE_KEY}"),
    ("MEMORY_ENCRYPTION_KEYS", f"{KEY};{OTHER_KEY}"),
    ("RETENTION_DAYS", "-1"),
    ("RETENTION_DAYS", "36501"),
    ("RETENTION_DAYS", "1.5"),
    ("RETENTION_DAYS", "never"),
    ("TWILIO_VALIDATE_SIGNATURE", "never"),
    ("PUBLIC_BASE_URL", "bot.example.com"),
    ("PUBLIC_BASE_URL", "ftp://bot.example.com"),
    ("PUBLIC_BASE_URL", "https://"),
    ("PUBLIC_BASE_URL", "https:///path"),
    ("PUBLIC_BASE_URL", "http://[::1"),
    ("PUBLIC_BASE_URL", "https://h:port"),
    ("PUBLIC_BASE_URL", "https://h:99999"),
    ("TRUSTED_PROXIES", "-1"),
    ("TRUSTED_PROXIES", "11"),
    ("TRUSTED_PROXIES", "yes"),
    ("OPENAI_BASE_URL", "api.openai.com/v1"),
    ("OPENAI_INTENTS", "EXPLORATION, COURTESY"),
    ("OPENAI_INTENTS", "opt_out"),
    ("OPENAI_PRICES", "gpt-4o-mini"),
    ("OPENAI_PRICES", "gpt-4o-mini=1/2"),
    ("OPENAI_PRICES", "gpt-4o-mini=1/2/x"),
    ("OPENAI_PRICES", "gpt-4o-mini=1/2/-3"),
    ("OPENAI_USD_PER_DAY", "-1"),
    ("OPENAI_USD_PER_PERSON_DAY", "much"),
    ("OPENAI_MAX_INPUT_TOKENS", "100"),
    ("OPENAI_MAX_OUTPUT_TOKENS", "0"),
    ("TWILIO_API_BASE_URL", "api.twilio.com"),
    ("DATABASE_POOL_SIZE", "0"),
    ("OPENAI_TIMEOUT_S", "0"),
    ("OPENAI_TIMEOUT_S", "13"),
    ("OPENAI_TIMEOUT_S", "nan"),
    ("OPENAI_TIMEOUT_S", "inf"),
    ("OPENAI_TIMEOUT_S", "8 s"),
    ("PRIVACY_URL", "aviso de privacidad"),
    ("SIMULATOR", "maybe"),
    ("API_CORS_ORIGINS", "*"),
    ("API_CORS_ORIGINS", "tools.example.com"),
    ("API_CORS_ORIGINS", "https://tools.example.com/"),
    ("API_CORS_ORIGINS", "https://a.example, https://*.example.com"),
    ("API_CORS_ORIGINS", "https://a.example https://b.example"),
    ("API_CORS_ORIGINS", "https://a.example:99999"),
    ("API_RATE_LIMIT", "300"),
    ("API_RATE_LIMIT", "300 per fortnight"),
    ("API_RATE_LIMIT", "-1 per minute"),
    ("API_RATE_LIMIT", "0 per minute"),
    ("API_RATE_LIMIT", "5/second; 0/hour"),
    ("API_RATE_LIMIT", "unlimited"),
    ("RATELIMIT_ENABLED", "perhaps"),
    ("RATELIMIT_STORAGE_URI", "redis"),
    ("RATELIMIT_STORAGE_URI", "postgresql://h/d"),
    ("RATELIMIT_STORAGE_URI", "redis://h:port"),
    ("RATELIMIT_STORAGE_URI", "redis://h:99999"),
    ("PORT", "0"),
    ("PORT", "65536"),
    ("PORT", "80.5"),
    ("LOG_LEVEL", "LOUD"),
    ("LOG_FORMAT", "xml"),
]


@pytest.mark.parametrize(("name", "value", "field", "expected"), GOOD)
def test_a_good_value_is_read_with_its_type(name, value, field, expected):
    assert getattr(read(**{name: value}), field) == expected


@pytest.mark.parametrize(("name", "value"), BAD)
def test_a_bad_value_stops_the_boot_with_the_variables_name(name, value):
    with pytest.raises(ConfigError) as caught:
        read(**{name: value})
    assert name in caught.value.message


def test_several_bad_values_are_named_at_once():
    with pytest.raises(ConfigError) as caught:
        read(PORT="x", LOG_LEVEL="LOUD", OPENAI_TIMEOUT_S="99", DATABASE_URL=DATABASE)
    named = ("PORT", "LOG_LEVEL", "OPENAI_TIMEOUT_S")
    assert all(name in caught.value.message for name in named)
    assert "DATABASE_URL" not in caught.value.message


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "mysql://root:s3cret@h/d"),
        ("RATELIMIT_STORAGE_URI", "redis://:s3cret@h:port"),
        ("RATELIMIT_STORAGE_URI", "rediss+x://:s3cret@h"),
        ("MEMORY_ENCRYPTION_KEYS", f"{KEY},s3cret"),
    ],
)
def test_a_bad_value_is_not_repeated_in_the_error(name, value):
    with pytest.raises(ConfigError) as caught:
        read(**{name: value})
    assert "s3cret" not in caught.value.message


def test_the_api_is_limited_and_closed_to_other_origins_unless_told_otherwise():
    config = read()
    assert (config.ratelimit_enabled, config.ratelimit_storage_uri) == (True, "memory://")
    assert (config.api_rate_limit, config.api_cors_origins) == ("300 per minute", ())


def test_a_store_for_limits_whose_package_is_missing_stops_the_boot(monkeypatch):
    monkeypatch.setitem(sys.modules, "redis", None)
    with pytest.raises(ConfigError, match=r"RATELIMIT_STORAGE_URI.*package redis"):
        read(RATELIMIT_STORAGE_URI="redis://127.0.0.1:1/0")


@pytest.mark.parametrize("name", sorted({name for name, *_ in GOOD} - {"SECRET_KEY"}))
@pytest.mark.parametrize("empty", ["", "  "])
def test_an_empty_value_counts_as_not_set(name, empty):
    default, config = read(SECRET_KEY="x"), read(SECRET_KEY="x", **{name: empty})
    assert config == default


@pytest.mark.parametrize(
    ("environment", "mode", "has_database"),
    [
        ({}, "json", False),
        ({"DATABASE_URL": DATABASE}, "postgres", True),
        ({"DATABASE_URL": DATABASE, "STORAGE_MODE": "hybrid"}, "hybrid", True),
        ({"DATABASE_URL": DATABASE, "STORAGE_MODE": "json"}, "json", False),
    ],
)
def test_the_storage_mode_follows_the_database_unless_it_is_given(environment, mode, has_database):
    config = read(**environment)
    assert (config.storage_mode, config.has_database) == (mode, has_database)


@pytest.mark.parametrize("mode", ["hybrid", "postgres"])
def test_a_mode_with_a_database_needs_its_address(mode):
    with pytest.raises(ConfigError, match="DATABASE_URL"):
        read(STORAGE_MODE=mode)


@pytest.mark.parametrize(
    ("move", "mode"),
    [("dual", "hybrid"), ("gradual", "postgres"), ("", "json"), ("", "hybrid")],
)
def test_each_phase_of_the_move_goes_with_a_storage_mode(move, mode):
    config = read(MEMORY_MOVE=move, STORAGE_MODE=mode, DATABASE_URL=DATABASE)
    assert (config.memory_move, config.storage_mode) == (move, mode)


@pytest.mark.parametrize(
    ("move", "mode", "needed"),
    [
        ("dual", "json", "hybrid"),
        ("dual", "postgres", "hybrid"),
        ("dual", "", "hybrid"),
        ("gradual", "json", "postgres"),
        ("gradual", "hybrid", "postgres"),
    ],
)
def test_a_phase_of_the_move_in_another_mode_stops_the_boot(move, mode, needed):
    with pytest.raises(ConfigError, match=rf"MEMORY_MOVE={move} goes with STORAGE_MODE={needed}"):
        read(MEMORY_MOVE=move, STORAGE_MODE=mode, DATABASE_URL=DATABASE)


def test_a_move_without_a_database_stops_the_boot():
    with pytest.raises(ConfigError, match=r"MEMORY_MOVE=gradual.*STORAGE_MODE=postgres"):
        read(MEMORY_MOVE="gradual")


def test_nothing_is_moved_encrypted_or_deleted_unless_told():
    config = read()
    assert (config.memory_move, config.memory_encryption_keys) == ("", ())
    assert config.retention_days == 0


def test_gradual_goes_with_the_mode_that_a_database_gives():
    assert read(MEMORY_MOVE="gradual", DATABASE_URL=DATABASE).storage_mode == "postgres"


def test_without_a_secret_key_every_process_has_a_random_one():
    assert read().secret_key != read().secret_key
    assert len(read().secret_key) >= 32


def test_a_webhook_without_a_token_is_refused_unless_a_developer_turns_the_check_off():
    with pytest.raises(ConfigError, match="TWILIO_AUTH_TOKEN"):
        read().require_webhook_secret()
    read(TWILIO_AUTH_TOKEN="x").require_webhook_secret()
    read(TWILIO_VALIDATE_SIGNATURE="false").require_webhook_secret()


def boot(folder: Path, *command: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    """A process of its own; what is empty here is not taken from a developer's ``.env``."""
    own = {
        "PATH": os.environ["PATH"],
        "INSTANCE_DIR": str(folder),
        "TMPDIR": str(folder),
        "DATABASE_URL": "",
        "STORAGE_MODE": "",
        "TWILIO_AUTH_TOKEN": "",
        "TWILIO_VALIDATE_SIGNATURE": "",
        "OPENAI_API_KEY": "",
        "PORT": "",
    }
    return subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env=own | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_wsgi_without_a_token_stops_and_names_it(tmp_path):
    done = boot(tmp_path, "-c", "import wsgi")
    assert done.returncode != 0
    assert "TWILIO_AUTH_TOKEN" in done.stderr


def test_gunicorn_accepts_its_configuration_and_the_app(tmp_path):
    check = ("-m", "gunicorn", "--check-config", "wsgi:app")
    done = boot(tmp_path, *check, TWILIO_AUTH_TOKEN="x", PORT="8123")
    assert done.returncode == 0, done.stderr


def test_gunicorn_with_a_bad_value_stops_and_names_it(tmp_path):
    done = boot(tmp_path, "-m", "gunicorn", "wsgi:app", TWILIO_AUTH_TOKEN="x", PORT="http")
    assert done.returncode != 0
    assert "PORT" in done.stderr + done.stdout
