"""Every worker under gunicorn learns of a course that another tool adds."""

import json
import os
import re
import signal
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import pytest

from bot.models.access import Scope
from bot.services import access
from tests.support.gunicorn import Gunicorn
from tests.support.patience import eventually
from tests.support.searched_courses import SearchedCourses

WORKERS = 3


@pytest.fixture
def courses(new_database: Callable[[], str], tmp_path: Path) -> Iterator[SearchedCourses]:
    with SearchedCourses.open(new_database(), tmp_path / "tool") as courses:
        courses.add("Cerámica")
        yield courses


@pytest.fixture
def deployed(courses: SearchedCourses, tmp_path: Path) -> Iterator[Gunicorn]:
    url = courses.app.extensions["config"].database_url
    server = Gunicorn(tmp_path, DATABASE_URL=url, WEB_CONCURRENCY=str(WORKERS))
    yield server
    server.stop()


@pytest.fixture
def found(courses: SearchedCourses, deployed: Gunicorn) -> Callable[[str], list[str]]:
    """The names of the courses that a text finds over HTTP."""
    with courses.app.app_context():
        token = access.create_key("test", [Scope.COURSES_READ])

    def found(text: str) -> list[str]:
        request = urllib.request.Request(
            f"{deployed.url}/api/v1/courses/search?q={quote(text)}",
            headers={"Authorization": f"Bearer {token}"},
        )
        with urllib.request.urlopen(request, timeout=10) as response:
            return [each["course"]["name"] for each in json.load(response)]

    return found


def test_every_worker_finds_a_new_course_by_a_misspelt_word_within_seconds(
    courses: SearchedCourses, deployed: Gunicorn, found: Callable[[str], list[str]]
) -> None:
    pids = workers(deployed)
    for pid in pids:
        with alone(pid, pids):
            assert found("seramica") == ["Cerámica"]
    courses.add("Fotografía")
    for pid in pids:
        with alone(pid, pids):
            eventually(lambda: found("fotogarfia") == ["Fotografía"])


def workers(server: Gunicorn) -> list[int]:
    pids: list[str] = []
    while len(pids) < WORKERS:
        pids = re.findall(r"Booting worker with pid: (\d+)", server.log())
        time.sleep(0.05)
    return [int(pid) for pid in pids]


@contextmanager
def alone(pid: int, pids: list[int]) -> Iterator[None]:
    """While the others stand still, one worker answers everything."""
    others = [other for other in pids if other != pid]
    for other in others:
        os.kill(other, signal.SIGSTOP)
    try:
        yield
    finally:
        for other in others:
            os.kill(other, signal.SIGCONT)
