"""The linear model over features and rules: one weight for each feature and intent."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from bot.models.understanding import Intent

MODEL_FILE = Path(__file__).parents[2] / "data" / "intents" / "model.npz"
INTENTS = tuple(Intent)

Evidence = Mapping[Intent, float]


@dataclass(frozen=True, slots=True, eq=False)
class LinearModel:
    """Weights for n known features and 18 intents, in the order of :data:`INTENTS`.

    ``hashes`` (n, sorted, uint32) are the features and ``rarity`` (n) their inverse document
    frequency; ``weights`` (n × 18, int8) times ``scale`` (18) are the weights; ``rules``
    (18 × 18) weighs the rule book's score of one intent for another. Decision values divided by
    ``temperature`` are log-odds (Guo et al. 2017, "On Calibration of Modern Neural Networks").
    """

    hashes: NDArray[np.uint32]
    rarity: NDArray[np.float32]
    weights: NDArray[np.int8]
    scale: NDArray[np.float32]
    rules: NDArray[np.float32]
    bias: NDArray[np.float32]
    temperature: float

    def probabilities(self, features: Collection[int], evidence: Evidence) -> NDArray[np.float64]:
        """How likely each of the 18 intents is; they sum to 1."""
        value = self.bias.astype(np.float64)
        places = self._places(features)
        if len(places):
            share = self.rarity[places] / np.linalg.norm(self.rarity[places])
            value += (self.weights[places] * share[:, None]).sum(axis=0) * self.scale
        for intent, score in evidence.items():
            value += self.rules[INTENTS.index(intent)] * score
        odds = np.exp((value - value.max()) / self.temperature)
        return odds / odds.sum()

    def _places(self, features: Collection[int]) -> NDArray[np.intp]:
        """Where the known ones of ``features`` are."""
        wanted = np.fromiter(features, dtype=np.uint32, count=len(features))
        places = np.minimum(np.searchsorted(self.hashes, wanted), len(self.hashes) - 1)
        return places[self.hashes[places] == wanted]

    def save(self, path: Path) -> None:
        """Write the model; the same model makes the same bytes."""
        arrays = {name: getattr(self, name) for name in self.__slots__}
        np.savez_compressed(path, **arrays)

    @classmethod
    def load(cls, path: Path) -> "LinearModel":
        """The model in ``path``.

        Raises:
            OSError, ValueError, KeyError: when there is none, or none of this form.
        """
        try:
            with path.open("rb") as file, np.load(file, allow_pickle=False) as kept:
                arrays: dict[str, Any] = {name: kept[name] for name in cls.__slots__}
        except (EOFError, BadZipFile) as error:
            raise ValueError(f"{path} is no model: run flask intents train") from error
        arrays["temperature"] = float(arrays["temperature"])
        return cls(**arrays)


@cache
def shipped_model() -> LinearModel:
    """The model that comes with the package; ``make intents`` makes it anew."""
    return LinearModel.load(MODEL_FILE)
