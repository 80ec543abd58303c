"""Keys that internal tools present to the API."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, DateTime, Identity, LargeBinary, String, func
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from bot.models.base import Model


class Scope(StrEnum):
    """What a key may do; ``admin`` stands for all the others."""

    COURSES_READ = "courses:read"
    COURSES_WRITE = "courses:write"
    LEADS_READ = "leads:read"
    USERS_READ = "users:read"
    USERS_WRITE = "users:write"
    ADMIN = "admin"


class ApiKey(Model):
    """One key. Only the SHA-256 of its secret half is kept."""

    __tablename__ = "api_keys"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    name: Mapped[str] = mapped_column(String(255))
    secret_hash: Mapped[bytes] = mapped_column(LargeBinary)
    scopes: Mapped[list[str]] = mapped_column(ARRAY(String))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    revoked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    def allows(self, scope: Scope) -> bool:
        """Whether the key carries ``scope``, or ``admin``."""
        return scope in self.scopes or Scope.ADMIN in self.scopes
