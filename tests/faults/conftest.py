"""A database server of one test's own, to be taken away and given back."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from flask_migrate import upgrade

from bot.clients.embedded_postgres import EmbeddedPostgres
from bot.services.demo import load_demo_catalogue
from tests.support.apps import AppMaker


class Database:
    """A migrated database with the demo catalogue on a server that can be stopped."""

    def __init__(self, home: Path, make_app: AppMaker) -> None:
        self._home = home
        self._server = EmbeddedPostgres(home)
        self.url = self._server.join()
        with make_app(DATABASE_URL=self.url).app_context():
            upgrade()
            load_demo_catalogue()
        make_app.close()

    def stop(self) -> None:
        self._server.leave()
        assert not self._server.is_running()

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Every process of the server stands still: connections stay up, nothing answers."""
        master = int((self._home / "data" / "postmaster.pid").read_text().split()[0])
        children = Path(f"/proc/{master}/task/{master}/children").read_text().split()
        processes = [master, *map(int, children)]
        for process in processes:
            os.kill(process, signal.SIGSTOP)
        try:
            yield
        finally:
            for process in processes:
                os.kill(process, signal.SIGCONT)

    def start(self) -> None:
        assert self._server.join() == self.url


@pytest.fixture
def database(tmp_path: Path, make_app: AppMaker) -> Iterator[Database]:
    database = Database(tmp_path / "postgres", make_app)
    yield database
    database.stop()
