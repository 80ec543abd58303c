"""OpenAI's and Twilio's own contracts, served on loopback, where they are at hand.

``CONTRACTS_DIR`` names the folder with ``contract_servers.sh``; without it, ``shared/contracts``
beside the repository is looked for. Node.js and npm are needed.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from config import ROOT
from tests.support.gunicorn import free_port

FOLDER = Path(os.environ.get("CONTRACTS_DIR") or ROOT.parent / "shared" / "contracts")
SCRIPT = FOLDER / "contract_servers.sh"
START_S = 240


@dataclass(frozen=True)
class Contracts:
    """Where the contract servers are, and what they have to say about requests."""

    twilio_url: str
    openai_url: str
    twilio_port: int

    def log(self, name: str) -> str:
        return _run("log", str(self.twilio_port), name).stdout


@pytest.fixture(scope="session")
def contracts() -> Iterator[Contracts]:
    if not SCRIPT.exists():
        pytest.skip(f"no contract servers: {SCRIPT} is not there (set CONTRACTS_DIR)")
    if not (shutil.which("node") and shutil.which("npm")):
        pytest.skip("the contract servers need Node.js and npm")
    twilio, openai = free_port(), free_port()
    started = _run("start", str(twilio), str(openai))
    assert started.returncode == 0, started.stderr
    yield Contracts(f"http://127.0.0.1:{twilio}", f"http://127.0.0.1:{openai}/v1", twilio)
    _run("stop", str(twilio))


def _run(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        ["bash", str(SCRIPT), *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=START_S,
    )
