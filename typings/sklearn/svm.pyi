from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

class LinearSVC:
    coef_: NDArray[np.float64]
    intercept_: NDArray[np.float64]
    def __init__(self, *, C: float = ..., random_state: int | None = ...) -> None: ...
    def fit(self, X: Any, y: NDArray[Any]) -> Self: ...
