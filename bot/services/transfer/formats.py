"""Which format a file is in, by the end of its name."""

from collections.abc import Callable, Generator, Iterable
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.services.transfer import csv_format, json_format, xlsx_format
from bot.services.transfer.errors import UnreadableFile, UnwritableFile
from bot.services.transfer.kinds import Batch, Kind
from bot.services.transfer.sources import Source


@dataclass(frozen=True, slots=True)
class Format:
    """How one format is read and written, and which kinds of rows it has room for."""

    read: Callable[[Path], AbstractContextManager[Source]]
    write: Callable[[Path, Iterable[Batch]], None]
    kinds: tuple[Kind, ...]


_FORMATS = {
    ".csv": Format(csv_format.read, csv_format.write, csv_format.KINDS),
    ".xlsx": Format(xlsx_format.read, xlsx_format.write, xlsx_format.KINDS),
    ".json": Format(json_format.read, json_format.write, json_format.KINDS),
}


@contextmanager
def open_source(path: Path) -> Generator[Source]:
    """Open a catalogue file for reading.

    Raises:
        UnreadableFile: when it is not there, has no known ending, or is not what its ending says.
    """
    chosen = _FORMATS.get(path.suffix.lower())
    if chosen is None:
        raise UnreadableFile(_unknown(path))
    try:
        with chosen.read(path) as source:
            yield source
    except OSError as error:
        raise UnreadableFile(f"{path} cannot be read: {error.strerror or error}.") from error


def format_for_writing(path: Path) -> Format:
    """The format that ``path`` ends in.

    Raises:
        UnwritableFile: when there is none.
    """
    chosen = _FORMATS.get(path.suffix.lower())
    if chosen is None:
        raise UnwritableFile(_unknown(path))
    return chosen


def _unknown(path: Path) -> str:
    return f"{path.name} has no known ending; use one of {', '.join(_FORMATS)}."
