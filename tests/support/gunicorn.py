"""The app as it is deployed: gunicorn in a process of its own."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

from twilio.request_validator import RequestValidator

from tests.support.apps import AUTH_TOKEN
from tests.support.webhook import PATH, messages

ROOT = Path(__file__).parents[2]
START_S = 30


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Gunicorn:
    """`gunicorn wsgi:app` on loopback, until :meth:`stop`."""

    def __init__(self, folder: Path, app: str = "wsgi:app", **environment: str) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._log = (folder / "gunicorn.log").open("ab")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", app],
            cwd=ROOT,
            stdout=self._log,
            stderr=self._log,
            env={
                "PATH": os.environ["PATH"],
                "PORT": str(self.port),
                "INSTANCE_DIR": str(folder / "instance"),
                "TWILIO_AUTH_TOKEN": AUTH_TOKEN,
                "SCHOOL_NAME": "Aprende y Aplica IA",
                **environment,
            },
        )
        self._wait_until_alive()

    def post(self, form: dict[str, str]) -> list[str]:
        """Send one signed message; return the texts that Twilio would send."""
        url = f"{self.url}{PATH}"
        signature = RequestValidator(AUTH_TOKEN).compute_signature(url, form)
        request = urllib.request.Request(
            url,
            data=urllib.parse.urlencode(form).encode(),
            headers={"X-Twilio-Signature": signature},
        )
        with urllib.request.urlopen(request, timeout=20) as response:
            assert response.status == 200
            return messages(response.read().decode())

    def log(self) -> str:
        return (self.folder / "gunicorn.log").read_text("utf-8")

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        if self.process.poll() is None:
            self.process.send_signal(how)
        self.process.wait(timeout=30)
        self._log.close()

    def _wait_until_alive(self) -> None:
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                with urllib.request.urlopen(f"{self.url}/healthz", timeout=2):
                    return
            except OSError:
                time.sleep(0.05)
        raise AssertionError(f"gunicorn did not come up:\n{self.log()}")
