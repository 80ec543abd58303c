"""``flask intents``: messages in, intents out; how well they are read; the model learnt anew."""

import csv
import re
import sys
from collections.abc import Callable
from itertools import groupby
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask

from bot.models.understanding import Intent
from bot.services.intents import Reader, classify
from bot.services.intents.examples import VALIDATION, Example, own_examples, read_labelled
from bot.services.intents.linear import LinearModel
from bot.services.intents.rules import rule_book
from tests.support.apps import AppMaker

TEXTS = ["¿cuánto cuesta?", "hola, buenas tardes", 'el de "ventas", por favor', "línea\ny otra", ""]
UNUSABLE = {
    "no column text": b"texto,intent\nhola,GREETING\n",
    "an empty file": b"",
    "other characters": "text\n¿cuánto cuesta?\n".encode("latin-1"),
    "a quotation without an end": b'text,intent\n"' + b"hola " * 30_000,
    "too few cells": b"otro,text\nhola\n",
}

Run = Callable[..., Result]


@pytest.fixture
def app(make_app: AppMaker) -> Flask:
    """An app without a database: reading messages needs none."""
    return make_app()


@pytest.fixture
def run(app: Flask) -> Run:
    def run(*args: object) -> Result:
        # Rich tables are as wide as the terminal.
        runner = app.test_cli_runner(env={"COLUMNS": "200"})
        result = runner.invoke(args=["intents", *map(str, args)])
        assert "Traceback" not in result.output
        assert result.exception is None or isinstance(result.exception, SystemExit)
        return result

    return run


def write(path: Path, rows: list[tuple[str, ...]], encoding: str = "utf-8") -> Path:
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file).writerows(rows)
    return path


def labelled(path: Path, examples: list[Example]) -> Path:
    return write(path, [("text", "intent"), *((text, str(label)) for text, label in examples)])


def figure(output: str, name: str) -> float:
    found = re.search(rf"{name} (\d\.\d+)", output)
    assert found, output
    return float(found[1])


def line_of(output: str, intent: Intent) -> list[str]:
    """The cells of the first table's row of an intent."""
    line = next(line for line in output.splitlines() if re.match(rf"\W+{intent}\b", line))
    return [cell.strip() for cell in line.strip("│┃ ").split("│")]


# predict


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_each_message_gets_its_intent_and_confidence(
    encoding: str, run: Run, tmp_path: Path
) -> None:
    source = write(tmp_path / "in.csv", [("text",), *((each,) for each in TEXTS[:4])], encoding)
    result = run("predict", source, tmp_path / "out.csv")
    assert result.exit_code == 0
    assert result.stdout.startswith("4 ")
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["text"] for row in rows] == TEXTS[:4]
    for row in rows:
        reading = classify(row["text"])
        assert (row["intent"], float(row["confidence"])) == (reading.intent, reading.confidence)


def test_the_written_columns_are_text_intent_and_confidence(run: Run, tmp_path: Path) -> None:
    source = write(tmp_path / "in.csv", [("id", "text", "note"), ("7", "hola", "x")])
    run("predict", source, tmp_path / "out.csv")
    header, row = (tmp_path / "out.csv").read_text("utf-8").splitlines()
    assert header == "text,intent,confidence"
    assert row.startswith("hola,GREETING,")


def test_a_file_with_a_header_alone_has_no_messages(run: Run, tmp_path: Path) -> None:
    result = run("predict", write(tmp_path / "in.csv", [("text",)]), tmp_path / "out.csv")
    assert result.exit_code == 0
    assert (tmp_path / "out.csv").read_text("utf-8").splitlines() == ["text,intent,confidence"]


@pytest.mark.parametrize("problem", UNUSABLE)
@pytest.mark.parametrize("action", ["predict", "evaluate"])
def test_what_is_no_such_file_is_explained_in_one_line(
    action: str, problem: str, run: Run, tmp_path: Path
) -> None:
    source = tmp_path / "in.csv"
    source.write_bytes(UNUSABLE[problem])
    result = run(action, source, *([tmp_path / "out.csv"] if action == "predict" else []))
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: ")
    assert result.stderr.count("\n") == 1
    assert result.stdout == ""
    assert not (tmp_path / "out.csv").exists()


def test_the_missing_column_is_named(run: Run, tmp_path: Path) -> None:
    source = write(tmp_path / "in.csv", [("message",), ("hola",)])
    assert "text" in run("predict", source, tmp_path / "out.csv").stderr
    assert "text, intent" in run("evaluate", source).stderr


def test_a_file_that_is_not_there_is_a_wrong_call(run: Run, tmp_path: Path) -> None:
    result = run("predict", tmp_path / "none.csv", tmp_path / "out.csv")
    assert result.exit_code == 2
    assert "none.csv" in result.stderr


# evaluate


def test_the_figures_are_those_of_the_file(run: Run, tmp_path: Path) -> None:
    examples = [
        Example("¿cuánto cuesta?", Intent.PRICE_INQUIRY),
        Example("¿qué precio tiene?", Intent.PRICE_INQUIRY),
        Example("hola", Intent.GREETING),
        Example("hola, buenas tardes", Intent.COURTESY),
    ]
    result = run("evaluate", labelled(tmp_path / "in.csv", examples))
    assert result.exit_code == 0
    assert figure(result.output, "accuracy") == 0.75
    # Of the three intents in the file, F1 is 1 for prices, 2/3 for greetings, 0 for courtesy.
    assert figure(result.output, "macro-F1") == pytest.approx(5 / 9, abs=0.001)
    assert line_of(result.output, Intent.PRICE_INQUIRY)[1:5] == ["1.000", "1.000", "1.000", "2"]
    assert line_of(result.output, Intent.GREETING)[1:5] == ["0.500", "1.000", "0.667", "1"]
    assert line_of(result.output, Intent.COURTESY)[-1] == "GREETING (1)"


def test_every_intent_has_a_row_in_the_table_and_in_the_confusion_matrix(
    run: Run, tmp_path: Path
) -> None:
    source = labelled(tmp_path / "in.csv", [Example("hola", Intent.GREETING)])
    lines = run("evaluate", source).output.splitlines()
    for intent in Intent:
        assert sum(bool(re.match(rf"\W+{intent}\b", line)) for line in lines) == 2


def test_an_intent_is_read_in_any_case(run: Run, tmp_path: Path) -> None:
    source = write(tmp_path / "in.csv", [("text", "intent"), ("hola", " greeting ")])
    assert figure(run("evaluate", source).output, "accuracy") == 1


def test_the_confusion_matrix_can_be_drawn(run: Run, tmp_path: Path) -> None:
    source = labelled(tmp_path / "in.csv", [Example("hola", Intent.GREETING)])
    result = run("evaluate", source, "--plot", tmp_path / "matrix.png")
    assert result.exit_code == 0
    assert (tmp_path / "matrix.png").read_bytes().startswith(b"\x89PNG\r\n\x1a\n")


def test_an_unknown_intent_names_its_line(run: Run, tmp_path: Path) -> None:
    rows = [("text", "intent"), ("hola", "GREETING"), ("¿cuánto cuesta?", "PRICES")]
    result = run("evaluate", write(tmp_path / "in.csv", rows))
    assert result.exit_code == 1
    assert "Line 3" in result.stderr
    assert "PRICES" in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_small_file_can_be_crossed(run: Run, tmp_path: Path) -> None:
    by_intent = groupby(own_examples(), key=lambda example: example.intent)
    few = [example for _, group in by_intent for example in list(group)[:10]]
    assert len(few) == 10 * len(Intent)
    source = labelled(tmp_path / "in.csv", few)
    first, second = (run("evaluate", source, "--cross-validate") for _ in range(2))
    assert first.exit_code == 0
    assert 0.15 < figure(first.output, "accuracy") < 1
    assert {line_of(first.output, intent)[4] for intent in Intent} == {"10"}
    assert first.output == second.output


# train


def test_the_committed_model_is_the_one_that_is_learnt_from_the_files(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.modules["bot.cli.intents"], "MODEL_FILE", tmp_path / "model.npz")
    result = run("train")
    assert result.exit_code == 0
    assert "model.npz" in result.output
    reader = Reader(LinearModel.load(tmp_path / "model.npz"), rule_book())
    texts = [example.text for example in read_labelled(VALIDATION)][:200]
    assert [reader.read(text) for text in texts] == [classify(text) for text in texts]
