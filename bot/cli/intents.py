"""``flask intents``: what messages ask for; how well that is understood; learning it anew."""

import csv
from pathlib import Path

import click
from flask.cli import AppGroup
from rich.console import Console
from rich.table import Table

from bot.cli.errors import told_plainly
from bot.services.intents import classify
from bot.services.intents.evaluation import Evaluation, cross_validate, evaluate, plot_confusion
from bot.services.intents.examples import VALIDATION, own_examples, read_labelled, read_rows
from bot.services.intents.linear import INTENTS, MODEL_FILE
from bot.services.intents.reading import Reader
from bot.services.intents.rules import rule_book
from bot.services.intents.training import Trainer

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_NEW_FILE = click.Path(dir_okay=False, writable=True, path_type=Path)

intents = AppGroup("intents", help="What messages ask for, and how well that is understood.")


@intents.command("predict", with_appcontext=False)
@click.argument("source", metavar="IN.csv", type=_FILE)
@click.argument("target", metavar="OUT.csv", type=_NEW_FILE)
@told_plainly
def predict(source: Path, target: Path) -> None:
    """Read the column text of IN.csv and write text,intent,confidence to OUT.csv."""
    rows = read_rows(source, ("text",))
    with target.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("text", "intent", "confidence"))
        for row in rows:
            reading = classify(row["text"])
            writer.writerow((row["text"], reading.intent, reading.confidence))
    click.echo(f"{len(rows)} messages read; the intents are in {target}.")


@intents.command("evaluate", with_appcontext=False)
@click.argument("source", metavar="[FILE.csv]", type=_FILE, required=False)
@click.option(
    "--cross-validate", "crossed", is_flag=True, help="Learn from four fifths of it, five times."
)
@click.option("--plot", metavar="FILE.png", type=_NEW_FILE, help="Draw the confusion matrix.")
@told_plainly
def evaluate_command(source: Path | None, crossed: bool, plot: Path | None) -> None:
    """How well the messages of FILE.csv (columns text,intent) are understood.

    Without a file, the validation messages are read by a model that has learnt from the examples
    alone; with --cross-validate and no file, the examples are crossed.
    """
    if crossed:
        figures = cross_validate(read_labelled(source) if source else own_examples())
    elif source:
        figures = evaluate(read_labelled(source), classify)
    else:
        figures = evaluate_unseen()
    _show(figures)
    if plot:
        plot_confusion(figures, plot)
        click.echo(f"The confusion matrix is drawn in {plot}.")


@intents.command("train", with_appcontext=False)
@told_plainly
def train() -> None:
    """Learn from the examples and the validation messages, and write the model that is used."""
    examples = [*own_examples(), *read_labelled(VALIDATION)]
    Trainer(examples).train().save(MODEL_FILE)
    size = MODEL_FILE.stat().st_size // 1024
    click.echo(f"Learnt from {len(examples)} messages; {MODEL_FILE.name} has {size} kB.")


def evaluate_unseen() -> Evaluation:
    """The validation messages, read by a model that has learnt from the examples alone."""
    reader = Reader(Trainer(own_examples()).train(), rule_book())
    return evaluate(read_labelled(VALIDATION), reader.read)


def _show(figures: Evaluation) -> None:
    console = Console()
    console.print(
        f"accuracy {figures.accuracy:.3f}   macro-F1 {figures.macro_f1:.3f}   "
        f"calibration error {figures.calibration_error:.3f}"
    )
    table = Table("intent", "precision", "recall", "F1", "messages", "most often taken for")
    for row, score in enumerate(figures.intents):
        cells = (f"{value:.3f}" for value in (score.precision, score.recall, score.f1))
        table.add_row(score.intent, *cells, str(score.messages), _mistaken(figures, row))
    console.print(table)
    matrix = Table("is \\ read as", *(name[:7] for name in INTENTS), padding=(0, 0))
    for row, intent in enumerate(INTENTS):
        matrix.add_row(intent, *(str(count or "·") for count in figures.confusion[row]))
    Console(width=max(console.width, 190)).print(matrix)


def _mistaken(figures: Evaluation, row: int) -> str:
    counts = figures.confusion[row].copy()
    counts[row] = 0
    most = int(counts.argmax())
    return f"{INTENTS[most]} ({counts[most]})" if counts[most] else ""
