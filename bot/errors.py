"""The errors this package raises; a class's docstring is the message people read.

``status`` is the HTTP status that an error becomes when it reaches the edge.
"""

from typing import ClassVar

Problems = dict[str, list[str]]
"""What is wrong with which field."""


class BotError(Exception):
    """Something went wrong."""

    status: ClassVar[int] = 500

    def __init__(self, message: str | None = None, problems: Problems | None = None) -> None:
        super().__init__(message or " ".join((type(self).__doc__ or "").split()))
        self.problems = problems


class NotFound(BotError):
    """There is nothing under that id."""

    status = 404


class Unauthorized(BotError):
    """Send an API key as 'Authorization: Bearer KEY'; make one with 'flask api-keys create'."""

    status = 401


class Forbidden(BotError):
    """The key does not carry the scope that the call needs."""

    status = 403


class InvalidSignature(BotError):
    """X-Twilio-Signature is missing or does not match this request.

    Check TWILIO_AUTH_TOKEN, and PUBLIC_BASE_URL behind a proxy.
    """

    status = 403


class Conflict(BotError):
    """What is there already does not allow this."""

    status = 409


class Unusable(BotError):
    """Some values cannot be used; see errors."""

    status = 422


class Undecipherable(BotError):
    """Something is encrypted in a way that the keys at hand do not open.

    Look at MEMORY_ENCRYPTION_KEYS: it must hold every key that data was encrypted with.
    """


class StoreUnavailable(BotError):
    """The database cannot be reached at the moment; try again shortly."""

    status = 503


class StoreBusy(StoreUnavailable):
    """The database answers, but could not do this; look at its locks and run 'flask doctor'."""
