"""Training: labelled messages → the linear model. scikit-learn is imported only here.

The same examples and rules always give the same model: nothing is drawn at random but the order
in which the solver visits the examples, and its seed is fixed.
"""

from collections import Counter
from collections.abc import Sequence
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.models.understanding import Intent
from bot.services.intents.examples import Example
from bot.services.intents.features import features
from bot.services.intents.linear import INTENTS, LinearModel
from bot.services.intents.rules import rule_book
from bot.services.patterns import padded

LEAST_MESSAGES = 2
"""A feature of fewer messages tells nothing of others."""

_RULES_WEIGHT = 0.02
_STRENGTH = 2.0
_FOLDS = 5
_SEED = 4
_TEMPERATURES = np.geomspace(0.05, 2, 120)

Matrix = Any
"""A sparse matrix of SciPy: a row a message, a column a feature; the last 18 are the rules'."""


class Trainer:
    """Holds ``examples`` as numbers, so that several models can learn from parts of them."""

    def __init__(self, examples: Sequence[Example]) -> None:
        self.labels = np.array([INTENTS.index(example.intent) for example in examples])
        self._found = [_read(example.text) for example in examples]

    def train(self, chosen: NDArray[np.intp] | None = None) -> LinearModel:
        """A model that has learnt from the ``chosen`` examples, else from all."""
        rows = np.arange(len(self.labels)) if chosen is None else chosen
        hashes, rarity = self._known(rows)
        table = self._table(rows, hashes, rarity)
        labels = self.labels[rows]
        temperature = _temperature(self._unseen_values(table, labels), labels)
        coefficients, bias = _fit(table, labels)
        weights, scale = _rounded(coefficients[: len(hashes)])
        rules = coefficients[len(hashes) :] * _RULES_WEIGHT
        return LinearModel(
            hashes, rarity, weights, scale, rules.astype(np.float32), bias, temperature
        )

    def folds(self) -> list[tuple[NDArray[np.intp], NDArray[np.intp]]]:
        """Which examples are learnt from and which are held back, in each of five turns."""
        return _folds(self.labels)

    def _known(self, rows: NDArray[np.intp]) -> tuple[NDArray[np.uint32], NDArray[np.float32]]:
        """The features of several of the messages, sorted, and how telling each is."""
        counts = Counter(chain.from_iterable(self._found[row][0] for row in _numbers(rows)))
        kept = sorted(name for name, count in counts.items() if count >= LEAST_MESSAGES)
        rarity = np.log(len(rows) / np.array([counts[name] for name in kept])) + 1
        return np.array(kept, dtype=np.uint32), rarity.astype(np.float32)

    def _table(
        self, rows: NDArray[np.intp], hashes: NDArray[np.uint32], rarity: NDArray[np.float32]
    ) -> Matrix:
        from scipy.sparse import csr_matrix

        places = {name: place for place, name in enumerate(hashes.tolist())}
        values: list[float] = []
        columns: list[int] = []
        ends = [0]
        for row in _numbers(rows):
            found, evidence = self._found[row]
            known = sorted(places[name] for name in found if name in places)
            length = float(np.linalg.norm(rarity[known])) or 1.0
            values += (rarity[known] / length).tolist()
            columns += known
            values += [score * _RULES_WEIGHT for score in evidence.values()]
            columns += [len(hashes) + INTENTS.index(intent) for intent in evidence]
            ends.append(len(columns))
        shape = (len(rows), len(hashes) + len(INTENTS))
        return csr_matrix((values, columns, ends), shape=shape)

    def _unseen_values(self, table: Matrix, labels: NDArray[np.intp]) -> NDArray[np.float64]:
        """What models say of the examples that they have not learnt from."""
        values = np.empty((len(labels), len(INTENTS)))
        for learnt, held_back in _folds(labels):
            coefficients, bias = _fit(table[learnt], labels[learnt])
            values[held_back] = table[held_back] @ coefficients + bias
        return values


def _numbers(rows: NDArray[np.intp]) -> list[int]:
    return rows.tolist()


def _read(text: str) -> tuple[set[int], dict[Intent, float]]:
    plain = padded(text)
    return features(text, plain), rule_book().scores(plain)


def _fit(table: Matrix, labels: NDArray[np.intp]) -> tuple[NDArray[np.float64], NDArray[Any]]:
    """Weights (features × 18) and bias (18) of a linear support vector machine."""
    from sklearn.svm import LinearSVC

    machine = LinearSVC(C=_STRENGTH, random_state=_SEED).fit(table, labels)
    return machine.coef_.T, machine.intercept_.astype(np.float32)


def _folds(labels: NDArray[np.intp]) -> list[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    from sklearn.model_selection import StratifiedKFold

    return list(StratifiedKFold(_FOLDS, shuffle=True, random_state=_SEED).split(labels, labels))


def _temperature(values: NDArray[np.float64], labels: NDArray[np.intp]) -> float:
    """The temperature under which the right intents were the likeliest."""

    def surprise(temperature: float) -> float:
        scaled = values / temperature
        highest = scaled.max(axis=1, keepdims=True)
        total = np.log(np.exp(scaled - highest).sum(axis=1)) + highest[:, 0]
        return float((total - scaled[np.arange(len(labels)), labels]).mean())

    return float(min(_TEMPERATURES, key=surprise))


def _rounded(coefficients: NDArray[np.float64]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """The weights in 8 bits each, and the value of one step of each intent."""
    scale = np.asarray(np.abs(coefficients).max(axis=0) / 127, dtype=np.float32)
    return np.asarray(np.round(coefficients / scale), dtype=np.int8), scale
