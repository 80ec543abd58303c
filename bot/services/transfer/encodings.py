"""Which encoding a text file is in: UTF-8, UTF-16 with its mark, or Windows-1252 from Excel."""

import codecs
from pathlib import Path

from bot.services.transfer.errors import UnreadableFile

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CHUNK = 1 << 20
_WINDOWS = "cp1252"


def encoding_of(path: Path) -> str:
    """``utf-8``, ``utf-8-sig``, ``utf-16`` or ``cp1252``; reads the file once, in pieces.

    Raises:
        UnreadableFile: when it is none of them, or is empty.
        OSError: when it cannot be opened.
    """
    with path.open("rb") as file:
        start = file.read(4)
    if not start:
        raise UnreadableFile(f"{path.name} is empty.")
    if start.startswith(b"PK\x03\x04"):
        raise UnreadableFile(f"{path.name} is an Excel or ZIP file; an Excel file ends in .xlsx.")
    encoding = next((name for mark, name in _MARKS if start.startswith(mark)), "utf-8")
    wrong_line = _first_undecodable_line(path, encoding)
    if not wrong_line:
        return encoding
    if encoding == "utf-8" and _is_from_windows(path):
        return _WINDOWS
    raise UnreadableFile(
        f"{path.name} is not UTF-8: line {wrong_line} cannot be decoded. Save it as UTF-8."
    )


def notice_of(path: Path, encoding: str) -> str:
    """What to tell the user about the encoding; empty when there is nothing to tell."""
    if encoding != _WINDOWS:
        return ""
    return f"{path.name} is not UTF-8; it was read as Windows-1252, as Excel writes it."


def _first_undecodable_line(path: Path, encoding: str) -> int:
    """Its number, or 0 when every line can be decoded."""
    decoder = codecs.getincrementaldecoder(encoding)()
    line = 1
    with path.open("rb") as file:
        chunk = b"-"
        while chunk:
            chunk = file.read(_CHUNK)
            try:
                decoder.decode(chunk, final=not chunk)
            except UnicodeDecodeError as error:
                # What the decoder kept back from the last chunk is at most three bytes, no line.
                return line + error.object[: error.start].count(b"\n")
            line += chunk.count(b"\n")
    return 0


def _is_from_windows(path: Path) -> bool:
    """Whether the bytes beyond ASCII are Windows-1252 rather than UTF-8 with damage.

    In Spanish text of Windows-1252 hardly any two bytes make a UTF-8 character by chance.
    """
    as_utf8 = codecs.getincrementaldecoder("utf-8")("replace")
    as_windows = codecs.getincrementaldecoder(_WINDOWS)()
    good = bad = 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            try:
                as_windows.decode(chunk)
            except UnicodeDecodeError:
                return False
            if b"\x00" in chunk:
                return False
            decoded = as_utf8.decode(chunk)
            damaged = decoded.count("\ufffd")
            bad += damaged
            good += sum(not char.isascii() for char in decoded) - damaged
    return bad > good
