"""What was asked of the language model, what became of it, and what it cost."""

from dataclasses import dataclass
from enum import StrEnum


class Purpose(StrEnum):
    """What a call is for."""

    REPLY = "reply"
    TRANSCRIPTION = "transcription"


class Outcome(StrEnum):
    """What became of a call, or why none was made. Each is a label of the metrics.

    ``USED`` is the only good one. ``GATE`` means that the text said something that the facts do
    not. ``RESTING`` to ``NO_TIME`` are calls that were not made.
    """

    USED = "used"
    GATE = "gate"
    INTENT = "intent"
    TIMEOUT = "timeout"
    CONNECTION = "connection"
    UNAUTHORIZED = "unauthorized"
    RATE_LIMITED = "rate_limited"
    QUOTA = "quota"
    SERVER_ERROR = "server_error"
    REJECTED = "rejected"
    MALFORMED = "malformed"
    EMPTY = "empty"
    CONTENT_FILTER = "content_filter"
    REFUSAL = "refusal"
    TOO_LONG = "too_long"
    MEDIA = "media"
    RESTING = "resting"
    BUSY = "busy"
    NO_TIME = "no_time"
    PERSON_CAP = "person_cap"
    DAY_CAP = "day_cap"


@dataclass(frozen=True, slots=True)
class Usage:
    """What a call used, as the provider counts it: tokens, or seconds of audio.

    ``cached_tokens`` are those of ``input_tokens`` that the provider had read before.
    ``is_estimate`` holds for a call whose answer never came: it may cost so much.
    """

    input_tokens: int = 0
    cached_tokens: int = 0
    output_tokens: int = 0
    audio_s: float = 0.0
    is_estimate: bool = False


@dataclass(frozen=True, slots=True)
class ModelCall:
    """One call, as it is stored with the reply that it was for.

    ``reasons`` tell what the gate refused, such as ``price: $199 USD``. ``usd`` is None when the
    model has no price in the configuration; ``seconds`` is how long it was waited for.
    """

    purpose: Purpose
    model: str
    outcome: Outcome
    reasons: tuple[str, ...] = ()
    usage: Usage | None = None
    usd: float | None = None
    seconds: float = 0.0
