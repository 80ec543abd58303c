"""Types of the parts of XlsxWriter that are used here; the package ships none."""

from types import TracebackType
from typing import BinaryIO

from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

class Workbook:
    def __init__(self, filename: BinaryIO, options: dict[str, object] | None = None) -> None: ...
    def __enter__(self) -> Workbook: ...
    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...
    def add_format(self, properties: dict[str, object]) -> Format: ...
    def add_worksheet(self, name: str) -> Worksheet: ...
