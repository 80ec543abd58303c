"""How well people are understood: one table of figures, and what a message costs.

``make quality`` prints the table; the cost belongs to ``make bench``.
"""

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from flask_migrate import upgrade
from rich.console import Console
from rich.table import Table
from sqlalchemy.engine import make_url

from benchmarks import facts
from benchmarks.facts import DEVELOPMENT, OTHER_WRITERS, FactFigures
from bot import create_app
from bot.cli.intents import evaluate_unseen
from bot.clients.embedded_postgres import EmbeddedPostgres
from bot.models.understanding import Intent
from bot.services.demo import load_demo_catalogue
from bot.services.intents import classify
from bot.services.intents.evaluation import cross_validate
from bot.services.intents.examples import VALIDATION, own_examples, read_labelled
from bot.services.profile import extract
from config import Config
from tests.dialogues.playing import dialogues, play
from tests.support.apps import AUTH_TOKEN
from tests.support.webhook import Webhook

Row = tuple[str, str, str]
"""What is measured, the figure, and what it should be at least."""

_RIGHTS = (Intent.OPT_OUT, Intent.PRIVACY_REQUEST)
_ROUNDS = 3
_RESIDENT = """
def resident():
    pages = int(open("/proc/self/statm").read().split()[1])
    return pages * resource.getpagesize() / 2**20
"""
_NUMPY = """
before = resident()
import numpy
print(resident() - before)
"""
_MODEL_AND_PATTERNS = """
import bot
before = resident()
bot.services.intents.classify("hola, ¿qué cursos de ventas tienen?")
bot.services.profile.extract("soy Ana, contadora, y pierdo horas con los reportes")
print(resident() - before)
"""


def report(folder: Path) -> None:
    """Print every figure of quality in one table."""
    table = Table("measured", "figure", "wanted", title="How well people are understood")
    for row in (*_intents(), *_facts(), *_dialogues(folder)):
        table.add_row(*row)
    Console().print(table)


def run(_folder: Path) -> None:
    """Print the CPU time of understanding one message, and the memory that it takes."""
    texts = [example.text for example in read_labelled(VALIDATION)]
    for text in texts:
        _understand(text)
    costs = sorted(_cost_ms(text) for _ in range(_ROUNDS) for text in texts)
    p50, p95 = (costs[int(len(costs) * share)] for share in (0.5, 0.95))
    print(f"\nUnderstanding a message (intent and facts), {len(texts)} messages × {_ROUNDS}")
    print(f"{'CPU p50 / p95':<34}{p50:>9.2f} / {p95:.2f} ms")
    grown = _mebibytes(_NUMPY) + _mebibytes(_MODEL_AND_PATTERNS)
    print(f"{'memory of a process: numpy, model':<34}{grown:>9.0f} MiB")


def _understand(text: str) -> None:
    classify(text)
    extract(text)


def _cost_ms(text: str) -> float:
    started = time.process_time_ns()
    _understand(text)
    return (time.process_time_ns() - started) / 1e6


def _mebibytes(code: str) -> float:
    """What a fresh process prints that runs ``code``."""
    program = f"import resource\n{_RESIDENT}{code}"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    return float(done.stdout)


def _intents() -> Iterator[Row]:
    """The validation messages by a model that has not seen them; the examples crossed."""
    unseen = evaluate_unseen()
    yield "intents, validation: accuracy", f"{unseen.accuracy:.3f}", "0.90"
    yield "intents, validation: macro-F1", f"{unseen.macro_f1:.3f}", "0.89"
    yield "intents, validation: calibration error", f"{unseen.calibration_error:.3f}", ""
    for right in _RIGHTS:
        score = unseen.score_of(right)
        yield f"{right}: precision", f"{score.precision:.3f}", "0.98"
        yield f"{right}: recall", f"{score.recall:.3f}", "0.95"
    examples = own_examples()
    crossed = cross_validate(examples)
    yield f"intents, {len(examples)} examples crossed: accuracy", f"{crossed.accuracy:.3f}", ""
    yield f"intents, {len(examples)} examples crossed: macro-F1", f"{crossed.macro_f1:.3f}", ""


def _facts() -> Iterator[Row]:
    for name, path in (("development", DEVELOPMENT), ("other writers", OTHER_WRITERS)):
        figures = facts.measure(facts.load(path))
        yield f"facts, {name}: F1", f"{figures.f1:.3f}", "0.90"
        yield f"facts, {name}: made up in traps", str(len(figures.made_up)), "0"
        yield f"facts, {name}: by kind", _by_kind(figures), ""


def _by_kind(figures: FactFigures) -> str:
    return ", ".join(f"{kind} {counts.f1:.2f}" for kind, counts in figures.by_kind.items())


def _dialogues(folder: Path) -> Iterator[Row]:
    server = EmbeddedPostgres(folder / "postgres")
    try:
        turns, wrong = _play_all(server.join(), folder)
    finally:
        server.leave()
    yield "dialogues: turns as expected", f"{turns - wrong} of {turns}", "all"


def _play_all(url: str, folder: Path) -> tuple[int, int]:
    """How many turns were played, and how many went otherwise than expected."""
    environment = {
        "DATABASE_URL": make_url(url).render_as_string(hide_password=False),
        "INSTANCE_DIR": str(folder / "instance"),
        "TWILIO_AUTH_TOKEN": AUTH_TOKEN,
        "SCHOOL_NAME": "Aprende y Aplica IA",
        "LOG_LEVEL": "ERROR",
        "RATELIMIT_ENABLED": "false",
    }
    app = create_app(Config.from_environment(environment))
    with app.app_context():
        upgrade()
        load_demo_catalogue()
    webhook = Webhook(app.test_client(), AUTH_TOKEN)
    played = [
        turn
        for number, dialogue in enumerate(dialogues())
        for turn in play(dialogue, app, webhook, f"52155{number:08d}")
    ]
    return len(played), sum(bool(turn.problems) for turn in played)
