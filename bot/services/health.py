"""The state of every part, for probes, for operators and for the person who deploys."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from alembic.config import Config as AlembicConfig
from alembic.script import ScriptDirectory
from sqlalchemy import text

from bot.clients.llm import current_model
from bot.clients.twilio_media import current_media
from bot.errors import StoreUnavailable
from bot.extensions import db, settings
from bot.models.messages import ServiceLevel
from bot.services import database, encryption, spending
from bot.services.conversation import service_level
from bot.stores import courses
from bot.stores.storage import current_storage
from config import ROOT


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the service. ``ok`` is None when it is not configured.

    ``cause`` may name hosts and users: it is for operators, not for whoever asks for ``/readyz``.
    """

    name: str
    ok: bool | None
    detail: str
    mend: str = ""
    cause: str = ""


def parts() -> list[Part]:
    """Every part, checked now; at most a few short queries."""
    return [_database(), _schema(), _catalogue(), _memory(), _twilio(), _openai()]


def level(parts: Sequence[Part]) -> ServiceLevel:
    """The level of service that these parts allow."""
    by_name = {part.name: part.ok for part in parts}
    return service_level(bool(by_name["database"] and by_name["schema"]))


def _database() -> Part:
    if not settings().has_database:
        return Part("database", None, "not configured: memory lives in files, no catalogue")
    mend = "Check DATABASE_URL, and that the server runs and accepts this user."
    return _asking("database", mend, lambda: str(db.session.scalar(text("SHOW server_version"))))


def _schema() -> Part:
    if not settings().has_database:
        return Part("schema", None, "no database")
    mend = "Run: flask db upgrade"
    current = text("SELECT version_num FROM alembic_version")
    part = _asking("schema", mend, lambda: str(db.session.scalar(current)))
    newest = ScriptDirectory.from_config(AlembicConfig(ROOT / "alembic.ini")).get_current_head()
    if part.ok and part.detail != newest:
        return Part("schema", False, f"at {part.detail}, newest is {newest}", mend)
    return part


def _catalogue() -> Part:
    if not settings().has_database:
        return Part("catalogue", None, "no database")
    mend = "Run: flask catalog demo, or fill ai_courses."
    part = _asking("catalogue", mend, lambda: f"{courses.count()} courses")
    return Part("catalogue", False, "no courses", mend) if part.detail == "0 courses" else part


def _memory() -> Part:
    storage, config = current_storage(), settings()
    folder = config.memory_dir if storage.sql is None else config.instance_dir
    mend = f"Make the folder {folder} writable for this user."
    if not _is_writable(folder):
        return Part("memory", False, f"{folder} cannot be written", mend)
    missing = encryption.missing_keys()
    if missing:
        lacks = f"MEMORY_ENCRYPTION_KEYS lacks {', '.join(missing)}"
        return Part("memory", False, lacks, encryption.ADD_THE_KEY)
    waiting = "" if storage.spool.is_empty() else ", turns wait in the spool"
    return Part("memory", True, f"{config.storage_mode}{waiting}")


def _twilio() -> Part:
    config = settings()
    if not config.twilio_validate_signature:
        mend = "Remove TWILIO_VALIDATE_SIGNATURE=false before anybody else can reach this."
        return Part("twilio", None, "signatures are NOT checked", mend)
    if not config.twilio_auth_token:
        mend = "Set TWILIO_AUTH_TOKEN from Twilio's console."
        return Part("twilio", None, "no auth token: every webhook is refused", mend)
    return Part("twilio", True, f"signatures checked against {_signed_address()}")


def _signed_address() -> str:
    return settings().public_base_url or "the request's own address"


def _openai() -> Part:
    config = settings()
    if not config.openai_api_key:
        return Part("openai", None, "not configured: templates answer")
    if not current_model().is_up:
        mend = "Check OPENAI_API_KEY, OPENAI_BASE_URL and the provider's status."
        return Part("openai", False, "failed several times in a row", mend)
    most = config.openai_usd_per_day
    spent = f"{spending.spent_today():.4f}{f' of {most:g}' if most else ''} USD spent today"
    detail = f"{config.openai_model}, {config.openai_timeout_s:g} s a reply"
    hears = current_media().is_configured
    mend = "" if hears else "Set TWILIO_ACCOUNT_SID so that voice notes are heard."
    return Part("openai", True, detail, mend, cause=spent)


def _asking(name: str, mend: str, question: Callable[[], str]) -> Part:
    try:
        return Part(name, True, database.read(question))
    except StoreUnavailable as error:
        cause = str(error.__cause__ or error).splitlines()[0]
        return Part(name, False, "cannot be read", mend, cause)


def _is_writable(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / f".probe-{uuid4().hex}"
        probe.touch()
        probe.unlink()
    except OSError:
        return False
    return os.access(folder, os.R_OK)
