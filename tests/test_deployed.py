"""The app under gunicorn, with several workers."""

import os
import re
import signal
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.gunicorn import Gunicorn
from tests.support.webhook import text_form


@pytest.fixture
def deployed(tmp_path: Path, demo_url: str) -> Iterator[Gunicorn]:
    server = Gunicorn(tmp_path, DATABASE_URL=demo_url)
    yield server
    server.stop()


def replies_counted(server: Gunicorn) -> float:
    with urllib.request.urlopen(f"{server.url}/metrics", timeout=10) as response:
        lines = response.read().decode().splitlines()
    counted = (line for line in lines if line.startswith("brenda_replies_total{"))
    return sum(float(line.rsplit(" ", 1)[1]) for line in counted)


def workers(server: Gunicorn) -> list[int]:
    return [int(pid) for pid in re.findall(r"Booting worker with pid: (\d+)", server.log())]


def test_figures_are_summed_over_the_workers_and_outlive_one_of_them(deployed: Gunicorn) -> None:
    for number in range(12):
        deployed.post(text_form("hola", user_id=f"5215500{number:06d}"))
    assert {replies_counted(deployed) for _ in range(6)} == {12}
    victim = workers(deployed)[0]
    os.kill(victim, signal.SIGKILL)
    while len(workers(deployed)) < 3:
        time.sleep(0.05)
    assert replies_counted(deployed) == 12


def test_figures_begin_anew_with_the_server(
    deployed: Gunicorn, tmp_path: Path, demo_url: str
) -> None:
    deployed.post(text_form("hola"))
    deployed.stop()
    again = Gunicorn(tmp_path, DATABASE_URL=demo_url)
    try:
        assert replies_counted(again) == 0
    finally:
        again.stop()
