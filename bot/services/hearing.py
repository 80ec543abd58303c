"""Voice notes: fetched from Twilio and put into words by the model, when there is one."""

import time
from dataclasses import replace

import structlog

from bot.clients.llm import ModelUnavailable, Recording, current_model
from bot.clients.twilio_media import Fetched, MediaUnavailable, current_media
from bot.extensions import settings
from bot.models.messages import Media, MessageKind, Turn
from bot.models.model_calls import ModelCall, Outcome, Purpose, Usage
from bot.services import consent, database, spending, turnstile

log = structlog.get_logger(__name__)

_LARGEST_BYTES = 4 * 1024 * 1024
"""About half an hour as WhatsApp records it."""

_LONGEST_TEXT = 4096
_SHARE_OF_THE_TIME = 0.6
"""Of the time for the whole reply; what is heard has to be answered as well."""

_EXTENSIONS = {
    "audio/ogg": "ogg",
    "audio/opus": "ogg",
    "application/ogg": "ogg",
    "audio/mpeg": "mp3",
    "audio/mp3": "mp3",
    "audio/mp4": "m4a",
    "audio/m4a": "m4a",
    "audio/x-m4a": "m4a",
    "audio/wav": "wav",
    "audio/x-wav": "wav",
    "audio/webm": "webm",
    "audio/flac": "flac",
}
"""The formats that can be transcribed, which the file's name tells:
https://platform.openai.com/docs/guides/speech-to-text"""


def heard(turn: Turn, deadline: float) -> tuple[Turn, ModelCall | None]:
    """The same turn with the words of its voice note, and the call that it took.

    What cannot be heard stays without words, and is answered by asking for a text.
    """
    media = _voice_note(turn)
    if media is None:
        return turn, None
    refused = spending.refusal(turn.memory)
    database.release()
    if refused:
        return turn, _call(refused)
    started = time.monotonic()
    until = started + _SHARE_OF_THE_TIME * (deadline - started)
    try:
        with turnstile.outside():
            fetched = current_media().fetch(media.url, _LARGEST_BYTES, until)
            transcript = current_model().transcribe(_recording(fetched), until)
    except MediaUnavailable as error:
        log.warning("voice_note_not_fetched", message_sid=turn.inbound.message_sid, why=str(error))
        return turn, _call(Outcome.MEDIA, None, started)
    except ModelUnavailable as error:
        return turn, _call(error.outcome, error.usage, started)
    inbound = replace(turn.inbound, body=transcript.text[:_LONGEST_TEXT])
    return replace(turn, inbound=inbound), _call(Outcome.USED, transcript.usage, started)


def _voice_note(turn: Turn) -> Media | None:
    """The recording of a message that may be listened to: its writer has agreed to that."""
    inbound, memory = turn.inbound, turn.memory
    is_voice = inbound.kind is MessageKind.VOICE and inbound.media and not inbound.body
    if not is_voice or not settings().openai_api_key or not current_media().is_configured:
        return None
    agreed = consent.may_reach_model(settings().consent_mode, memory) and not memory.opted_out
    return inbound.media[0] if agreed else None


def _recording(fetched: Fetched) -> Recording:
    extension = _EXTENSIONS.get(fetched.content_type)
    if extension is None:
        raise MediaUnavailable(f"{fetched.content_type[:40]} cannot be transcribed.")
    return Recording(fetched.content, f"voice.{extension}")


def _call(outcome: Outcome, usage: Usage | None = None, started: float | None = None) -> ModelCall:
    model = settings().openai_transcription_model
    seconds = round(time.monotonic() - started, 3) if started else 0.0
    return ModelCall(
        Purpose.TRANSCRIPTION, model, outcome, (), usage, spending.cost(model, usage), seconds
    )
