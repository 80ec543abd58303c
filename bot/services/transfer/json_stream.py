"""Reads the items of a long JSON list one by one, with the line where the file breaks.

The parser is Python's own. ijson 3.6 crashes the process on a number of 5,000 digits, writes "?"
for half a character, and does not say where an error is.
"""

import json
import re
from collections.abc import Iterator
from typing import Any, NoReturn, TextIO

_CHUNK = 1 << 18
_GOES_ON = ("", *".eE0123456789+-")
_SPACE = re.compile(r"[ \t\n\r]*")
# The longest token that may be cut in two at the end of what is read so far, strings aside.
_LONGEST_TOKEN = 400


class BrokenJson(ValueError):
    """The text is no JSON, or another shape than was asked for; the message has the line."""


def items(file: TextIO, key: str) -> Iterator[Any]:
    """The items of a list: the one at the top, or the one under ``key`` of an object.

    Whole numbers become int, others stay the text they are. Memory does not grow with the list.

    Raises:
        BrokenJson: when the file is broken, while reading it.
        UnicodeDecodeError: when ``file`` cannot be decoded.
    """
    stream = _Stream(file)
    if stream.takes("["):
        yield from stream.rest_of_list()
    elif stream.takes("{"):
        yield from _items_under(stream, key)
    else:
        stream.fail(f'must hold a list or {{"{key}": [...]}}')
    if stream.next_character():
        stream.fail("goes on after its end")


def _items_under(stream: "_Stream", key: str) -> Iterator[Any]:
    found = False
    for name in stream.names():
        if name == key and not found and stream.takes("["):
            found = True
            yield from stream.rest_of_list()
        else:
            stream.value()
    if not found:
        raise BrokenJson(f"it has no list under {key!r}")


class _Stream:
    """JSON text, of which a piece is in memory."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._text = ""
        self._at = 0
        self._line = 1
        self._is_all = False
        # Floats stay text, so that a price of 299.00 is not 299.0.
        self._decoder = json.JSONDecoder(parse_float=str, parse_constant=self._refuse_constant)

    def next_character(self) -> str:
        """The next one that is no space; empty at the end."""
        while True:
            spaces = _SPACE.match(self._text, self._at)
            self._at = spaces.end() if spaces else self._at
            if self._at < len(self._text):
                return self._text[self._at]
            if self._is_all:
                return ""
            self._fill()

    def takes(self, character: str) -> bool:
        """Go past ``character`` when it is the next one."""
        is_next = self.next_character() == character
        self._at += is_next
        return is_next

    def rest_of_list(self) -> Iterator[Any]:
        """The items of a list whose bracket was taken, and its end."""
        if self.takes("]"):
            return
        while True:
            yield self.value()
            if self.takes("]"):
                return
            if not self.takes(","):
                self.fail("has no ',' or ']' after an item")

    def names(self) -> Iterator[str]:
        """The keys of an object whose brace was taken; the caller takes each value."""
        if self.takes("}"):
            return
        while True:
            name = self.value() if self.next_character() == '"' else None
            if name is None or not self.takes(":"):
                self.fail('has no "name": where one should be')
            yield name
            if self.takes("}"):
                return
            if not self.takes(","):
                self.fail("has no ',' or '}' after a value")

    def value(self) -> Any:
        """The next value."""
        self.next_character()
        while True:
            try:
                value, end = self._decoder.raw_decode(self._text, self._at)
            except json.JSONDecodeError as error:
                if self._is_all or not self._is_cut(error):
                    self._line += self._text.count("\n", 0, error.pos)
                    raise BrokenJson(f"line {self._line} is broken: {error.msg}") from error
            except RecursionError:
                self.fail("nests too deep")
            except ValueError as error:
                self.fail(str(error))
            else:
                # What looks like the whole of a number may be its beginning.
                if self._is_all or self._text[end : end + 1] not in _GOES_ON:
                    self._at = end
                    return value
            self._fill()

    def fail(self, wrong: str) -> NoReturn:
        """Raise BrokenJson for what begins here."""
        line = self._line + self._text.count("\n", 0, self._at)
        raise BrokenJson(f"line {line} {wrong}")

    def _is_cut(self, error: json.JSONDecodeError) -> bool:
        """Whether more text may mend it."""
        is_in_string = error.msg.startswith("Unterminated string")
        return is_in_string or error.pos > len(self._text) - _LONGEST_TOKEN

    def _fill(self) -> None:
        """Read as much again as is left over, at least, so that long items cost no square."""
        self._line += self._text.count("\n", 0, self._at)
        rest = self._text[self._at :]
        more = self._file.read(max(_CHUNK, len(rest)))
        self._is_all = not more
        self._text, self._at = rest + more, 0

    def _refuse_constant(self, name: str) -> NoReturn:
        raise ValueError(f"holds {name}, which is no JSON")
