"""The design is held by tests: layers, cycles, sizes, one line of migrations, a quick start."""

import ast
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import grimp
import pytest
from alembic.config import Config as AlembicConfig
from alembic.script import ScriptDirectory

from config import ROOT

SOURCES = sorted((ROOT / "bot").rglob("*.py"))
LONGEST_FUNCTION = 60
LONGEST_FILE = 400
SLOW_TO_IMPORT = ("openai", "twilio.rest")


def test_there_is_one_head_of_migrations() -> None:
    scripts = ScriptDirectory.from_config(AlembicConfig(ROOT / "alembic.ini"))
    assert len(scripts.get_heads()) == 1
    assert len(scripts.get_bases()) == 1


def test_layers_import_in_one_direction() -> None:
    lint_imports = Path(sys.executable).with_name("lint-imports")
    done = _run(str(lint_imports), "--no-cache")
    assert done.returncode == 0, done.stdout


def test_there_is_no_import_cycle() -> None:
    graph = grimp.build_graph("bot", cache_dir=None)
    imports = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    assert list(TopologicalSorter(imports).static_order())


def test_starting_does_not_wait_for_what_not_every_process_uses() -> None:
    program = (
        f"import sys, bot; print(*(name for name in {SLOW_TO_IMPORT!r} if name in sys.modules))"
    )
    done = _run(sys.executable, "-c", program)
    assert (done.returncode, done.stdout.split()) == (0, []), done.stderr


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: str(source.relative_to(ROOT)))
def test_files_and_functions_are_short_enough_to_read(source: Path) -> None:
    text = source.read_text("utf-8")
    assert len(text.splitlines()) <= LONGEST_FILE
    assert [name for name, length in _functions(text) if length > LONGEST_FUNCTION] == []


def _functions(text: str) -> list[tuple[str, int]]:
    return [
        (node.name, (node.end_lineno or node.lineno) - node.lineno + 1)
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]


def _run(*command: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
