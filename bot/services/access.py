"""API keys: made, checked, ended.

A key reads ``brenda_<id>_<secret>``. The secret is 256 random bits, so one round of SHA-256 is
enough to keep it from being read back: slow hashes protect secrets that people choose.
"""

import hmac
import re
import secrets
from collections.abc import Sequence
from hashlib import sha256

from bot.errors import NotFound
from bot.models.access import ApiKey, Scope
from bot.services import database
from bot.stores import api_keys as store

_TOKEN = re.compile(r"brenda_(\d{1,18})_([A-Za-z0-9_-]{43})")


def create_key(name: str, scopes: Sequence[Scope]) -> str:
    """Make a key and return its token, which is not kept and cannot be shown again."""
    secret = secrets.token_urlsafe(32)
    key = ApiKey(name=name, secret_hash=_hash(secret), scopes=[str(scope) for scope in scopes])
    return f"brenda_{database.write(lambda: store.add(key)).id}_{secret}"


def authenticate(token: str) -> ApiKey | None:
    """The key in force that ``token`` belongs to, compared in constant time."""
    parts = _TOKEN.fullmatch(token)
    if not parts:
        return None
    key = database.read(lambda: store.find(int(parts[1])))
    if key is None or not hmac.compare_digest(key.secret_hash, _hash(parts[2])):
        return None
    return key


def list_keys() -> Sequence[ApiKey]:
    """Every key ever made, oldest first."""
    return database.read(store.every)


def revoke_key(key_id: int) -> None:
    """End a key for good.

    Raises:
        NotFound: when no key in force has this id.
    """
    if not database.write(lambda: store.revoke(key_id)):
        raise NotFound(f"No API key in force has the id {key_id}; see 'flask api-keys list'.")


def _hash(secret: str) -> bytes:
    return sha256(secret.encode()).digest()
