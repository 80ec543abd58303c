"""The demo catalogue: 24 invented courses of an invented school."""

from pathlib import Path

from bot.services import database
from bot.services.transfer.formats import open_source
from bot.services.transfer.importing import save_rows
from bot.services.transfer.runs import By, Run
from bot.stores import courses as store

_FILE = Path(__file__).parents[1] / "data" / "demo_catalog.json"


def load_demo_catalogue() -> int:
    """Add the demo courses that are not there yet, and everything that belongs to them.

    Returns:
        How many courses were added; the ones that are there stay untouched.

    Raises:
        StoreUnavailable: when the database is away.
    """

    def add_missing() -> int:
        known = store.known_ids()
        run = Run(By.ID)
        with open_source(_FILE) as source:
            new = [row for row in source.rows if str((row.course or row).file_id) not in known]
        save_rows(new, run)
        return run.report.courses.new

    return database.write(add_missing)


def catalogue_has_courses() -> bool:
    """Whether the school's tables hold any course."""
    return database.read(store.count) > 0
