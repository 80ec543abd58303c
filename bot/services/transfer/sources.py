"""A catalogue file that is being read, whatever its format, and the check of its columns."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from bot.services.transfer.columns import quoted
from bot.services.transfer.errors import UnreadableFile
from bot.services.transfer.kinds import COURSE, Kind, Problem, Row, read_row

_MOST_COLUMNS_NAMED = 20


@dataclass(frozen=True, slots=True)
class Source:
    """The rows of an open file, parents before what belongs to them.

    ``progress`` is how much of the file is read, 0 to 1; ``notice`` is for the user, or empty.
    """

    rows: Iterator[Row]
    progress: Callable[[], float]
    notice: str = ""


def header_of(kind: Kind, cells: Sequence[object], where: str) -> list[str]:
    """The columns that a header names, in its order; a column without a name is empty.

    Raises:
        UnreadableFile: when it names unknown columns, one twice, or (of courses) no ``name``.
    """
    names = [str(cell).strip().lower() for cell in cells]
    check_columns(kind, [name for name in names if name], where)
    twice = sorted({name for name in names if name and names.count(name) > 1})
    if twice:
        raise UnreadableFile(f"{where} has the column {twice[0]!r} twice.")
    if kind is COURSE and "name" not in names:
        raise UnreadableFile(f"{where} has no column 'name'. Columns: {_listed(kind)}.")
    return names


def check_columns(kind: Kind, names: Sequence[str], where: str) -> None:
    """Raises UnreadableFile when ``names`` holds what is no column of ``kind``."""
    unknown = [name for name in dict.fromkeys(names) if name not in kind.readers]
    if unknown:
        shown = ", ".join(map(quoted, unknown[:_MOST_COLUMNS_NAMED]))
        alike = get_close_matches(unknown[0], kind.readers, 1)
        hint = f" Did you mean {alike[0]!r}?" if alike else ""
        plural = "s" if len(unknown) > 1 else ""
        raise UnreadableFile(
            f"{where} has the unknown column{plural} {shown}.{hint} Columns: {_listed(kind)}."
        )


def flat_row(kind: Kind, place: str, header: Sequence[str], cells: Sequence[object]) -> Row:
    """The row of ``cells`` under ``header``; a wrong number of them is the row's problem."""
    if len(cells) != len(header):
        wrong = f"has {len(cells)} cells where the header has {len(header)}"
        mend = "Look for a separator too many or too few, or put the text in quotation marks."
        return Row(kind, place, {}, [Problem(place, "", wrong, mend)])
    row = read_row(kind, place, _named(header, cells))
    if "" in header and any(cell for name, cell in zip(header, cells, strict=True) if not name):
        wrong, mend = "has a value in a column without a name", "Name the column, or empty it."
        row.problems.append(Problem(place, "", wrong, mend))
    return row


def is_blank(cells: Sequence[object]) -> bool:
    """Whether a line holds nothing at all, such as the ones that Excel leaves at the end."""
    return not any(cell != "" for cell in cells)


def _named(header: Sequence[str], cells: Sequence[object]) -> Iterator[tuple[str, object]]:
    pairs = zip(header, cells, strict=True)
    return (pair for pair in pairs if pair[0]) if "" in header else pairs


def _listed(kind: Kind) -> str:
    return ", ".join(kind.readers)
