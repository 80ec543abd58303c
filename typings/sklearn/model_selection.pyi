from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

class StratifiedKFold:
    def __init__(
        self, n_splits: int = ..., *, shuffle: bool = ..., random_state: int | None = ...
    ) -> None: ...
    def split(
        self, X: NDArray[Any], y: NDArray[Any]
    ) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]: ...
