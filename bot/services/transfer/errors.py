"""What can be wrong with a whole file; what is wrong with one row is a problem in the report."""

from bot.errors import BotError


class UnreadableFile(BotError):
    """The file cannot be read as a catalogue."""

    status = 400


class UnwritableFile(BotError):
    """The catalogue cannot be written to this file."""

    status = 400


class RefusedByDatabase(BotError):
    """The database refused a value, so nothing was written."""

    status = 422


class ImportUnderway(BotError):
    """Another import is running; nothing was written. Try again when it has ended."""

    status = 409
