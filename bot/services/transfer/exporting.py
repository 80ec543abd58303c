"""Exporting the catalogue: course by course, as it is at one moment, to a whole file or none."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

from bot.services import database
from bot.services.transfer.errors import UnwritableFile
from bot.services.transfer.formats import format_for_writing
from bot.services.transfer.kinds import BELONGINGS, COURSE, SESSION, Batch, Kind
from bot.stores import course_rows, courses

_BATCH_ROWS = 500


class Exported(NamedTuple):
    """How many courses were written, and how many sessions the format has no room for."""

    courses: int
    sessions_left_out: int


def export_catalogue(
    path: Path, on_progress: Callable[[float], None] = lambda _done: None
) -> Exported:
    """Write all courses to ``path``, in place of what is there; the ending decides the format.

    Raises:
        UnwritableFile: when it cannot be written; then what was there stays.
        StoreUnavailable: when the database is away.
    """
    chosen = format_for_writing(path)
    temporary = path.with_name(f".{path.name[:100]}.{uuid4().hex}.tmp")

    def work() -> Exported:
        course_rows.freeze_view()
        total = courses.count()
        batches = _batches(chosen.kinds, lambda done: on_progress(done / max(total, 1)))
        chosen.write(temporary, batches)
        has_room = SESSION in chosen.kinds
        return Exported(total, 0 if has_room else course_rows.count(SESSION.table))

    database.release()
    try:
        exported = database.read(work)
        temporary.replace(path)
    except OSError as error:
        raise UnwritableFile(f"{path} cannot be written: {error.strerror or error}.") from error
    finally:
        database.release()
        with suppress(OSError):
            temporary.unlink()
    return exported


def _batches(kinds: tuple[Kind, ...], on_done: Callable[[int], None]) -> Iterator[Batch]:
    """Courses in the order of their ids with what belongs to them; five statements a batch."""
    done, last = 0, None
    while batch := course_rows.next_courses(last, _BATCH_ROWS):
        ids = [row[COURSE.key] for row in batch]
        done, last = done + len(batch), ids[-1]
        yield {COURSE: batch} | {
            kind: course_rows.belonging_to(kind.table, ids) for kind in BELONGINGS if kind in kinds
        }
        on_done(done)
