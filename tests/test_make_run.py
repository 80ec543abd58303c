"""The first look: what `make run` starts, prints and leaves behind."""

import json
import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bot.clients.embedded_postgres import EmbeddedPostgres
from tests.support.gunicorn import ROOT, free_port
from tests.support.webhook import messages

START_S = 60


class MakeRun:
    """`make run` without the installation, in a process group of its own like a terminal's."""

    def __init__(self, folder: Path) -> None:
        self.instance = folder / "instance"
        self.port = free_port()
        self._output = folder / f"output-{self.port}"
        with self._output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "bot.cli.local"],
                cwd=ROOT,
                start_new_session=True,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={
                    "PATH": os.environ["PATH"],
                    "PORT": str(self.port),
                    "INSTANCE_DIR": str(self.instance),
                },
            )

    def lines(self) -> list[str]:
        return self._output.read_text("utf-8").splitlines()

    def command(self, beginning: str) -> str:
        """Run the printed curl line of that kind, as a person would paste it."""
        deadline = time.monotonic() + START_S
        while not any("Booting worker" in line for line in self.lines()):
            assert time.monotonic() < deadline, "\n".join(self.lines())
            time.sleep(0.1)
        lines = self.lines()
        place = next(place for place, line in enumerate(lines) if line.startswith(beginning))
        line = shlex.split(lines[place + 1])
        done = subprocess.run(
            [*line, "--retry", "5", "--retry-connrefused"],
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout

    def press_ctrl_c(self) -> None:
        """Send what a terminal sends, to every process at once."""
        os.killpg(self.process.pid, signal.SIGINT)
        self.process.wait(timeout=40)
        assert not any("SIGKILL" in line for line in self.lines())


@pytest.mark.parametrize("how", ["ctrl-c", "terminate"])
def test_a_first_look_answers_its_own_printed_lines_and_leaves_nothing_running(
    how: str, tmp_path: Path
) -> None:
    run = MakeRun(tmp_path)
    try:
        [reply] = messages(run.command("Send a signed webhook"))
        assert "María" in reply
        assert "*1. 📚" in reply
        courses = json.loads(run.command("Ask the API for courses"))
        assert len(courses) == 3
    finally:
        if how == "terminate":
            run.process.terminate()
            run.process.wait(timeout=30)
        else:
            run.press_ctrl_c()
    assert not EmbeddedPostgres(run.instance / "postgres").is_running()


def test_a_second_run_keeps_what_the_first_one_learnt(tmp_path: Path) -> None:
    first = MakeRun(tmp_path)
    first.command("Send a signed webhook")
    first.press_ctrl_c()
    second = MakeRun(tmp_path)
    try:
        assert "María" in messages(second.command("Send a signed webhook"))[0]
        assert not any("demo courses loaded" in line for line in second.lines())
    finally:
        second.press_ctrl_c()
