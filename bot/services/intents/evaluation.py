"""How well messages are understood: accuracy, F1, and what is taken for what.

scikit-learn and matplotlib are imported only here and in ``training``.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bot.models.understanding import Intent, Reading
from bot.services.intents.examples import Example
from bot.services.intents.linear import INTENTS
from bot.services.intents.reading import Reader
from bot.services.intents.rules import rule_book
from bot.services.intents.training import Trainer

_BINS = 10


@dataclass(frozen=True, slots=True)
class IntentScore:
    """Precision, recall and F1 of one intent, each from 0 to 1, and how many messages have it."""

    intent: Intent
    precision: float
    recall: float
    f1: float
    messages: int


@dataclass(frozen=True, slots=True, eq=False)
class Evaluation:
    """The figures of one set of messages.

    ``confusion`` (18 × 18) counts messages: the row is the true intent, the column the one that
    was read, both in the order of :data:`INTENTS`. ``calibration_error`` is the mean distance of
    confidence from accuracy over ten bins (Guo et al. 2017).
    """

    accuracy: float
    macro_f1: float
    calibration_error: float
    intents: tuple[IntentScore, ...]
    confusion: NDArray[np.intp]

    def score_of(self, intent: Intent) -> IntentScore:
        """The figures of one intent."""
        return self.intents[INTENTS.index(intent)]


def evaluate(examples: Sequence[Example], read: Callable[[str], Reading]) -> Evaluation:
    """How well ``read`` understands ``examples``, of which there must be at least one."""
    return _evaluation(examples, [read(example.text) for example in examples])


def cross_validate(examples: Sequence[Example]) -> Evaluation:
    """The figures when each fifth of ``examples`` is read by a model that has not seen it."""
    trainer = Trainer(examples)
    readings: dict[int, Reading] = {}
    for learnt, held_back in trainer.folds():
        reader = Reader(trainer.train(learnt), rule_book())
        rows: list[int] = held_back.tolist()
        readings |= {row: reader.read(examples[row].text) for row in rows}
    return _evaluation(examples, [readings[row] for row in range(len(examples))])


def plot_confusion(evaluation: Evaluation, path: Path) -> None:
    """Draw the confusion matrix, each row as shares of its intent, into a PNG file."""
    from matplotlib.figure import Figure

    counts = evaluation.confusion
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    figure = Figure(figsize=(11, 10), layout="constrained")
    axes = figure.subplots()
    image = axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    axes.set_xticks(range(len(INTENTS)), INTENTS, rotation=90)
    axes.set_yticks(range(len(INTENTS)), INTENTS)
    axes.set_xlabel("read as")
    axes.set_ylabel("is")
    axes.set_title(f"accuracy {evaluation.accuracy:.3f}, macro-F1 {evaluation.macro_f1:.3f}")
    for row, column in zip(*np.nonzero(counts), strict=True):
        colour = "white" if shares[row, column] > 0.5 else "black"
        axes.text(column, row, str(counts[row, column]), ha="center", va="center", color=colour)
    figure.colorbar(image, shrink=0.7, label="share of the intent")
    figure.savefig(path, format="png", dpi=110)


def _evaluation(examples: Sequence[Example], readings: Sequence[Reading]) -> Evaluation:
    from sklearn.metrics import accuracy_score, confusion_matrix, precision_recall_fscore_support

    labels = [intent.value for intent in INTENTS]
    truth = [example.intent.value for example in examples]
    read = [reading.intent.value for reading in readings]
    figures = precision_recall_fscore_support(truth, read, labels=labels, zero_division=0)
    precision, recall, f1, support = figures
    present = np.asarray(support) > 0
    scores = zip(INTENTS, precision, recall, f1, support, strict=True)
    return Evaluation(
        accuracy=float(accuracy_score(truth, read)),
        macro_f1=float(np.asarray(f1)[present].mean()),
        calibration_error=_calibration_error(examples, readings),
        intents=tuple(
            IntentScore(intent, float(p), float(r), float(f), int(n))
            for intent, p, r, f, n in scores
        ),
        confusion=np.asarray(confusion_matrix(truth, read, labels=labels)),
    )


def _calibration_error(examples: Sequence[Example], readings: Sequence[Reading]) -> float:
    confidence = np.array([reading.confidence for reading in readings])
    pairs = zip(examples, readings, strict=True)
    right = np.array([example.intent is reading.intent for example, reading in pairs])
    return sum(
        len(inside) / len(right) * abs(confidence[inside].mean() - right[inside].mean())
        for inside in _bins(confidence)
    )


def _bins(confidence: NDArray[np.float64]) -> Iterator[NDArray[np.intp]]:
    places = np.minimum((confidence * _BINS).astype(int), _BINS - 1)
    for place in range(_BINS):
        inside = np.flatnonzero(places == place)
        if len(inside):
            yield inside
