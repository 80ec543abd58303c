from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

def accuracy_score(y_true: Sequence[str], y_pred: Sequence[str]) -> float: ...
def confusion_matrix(
    y_true: Sequence[str], y_pred: Sequence[str], *, labels: Sequence[str]
) -> NDArray[np.intp]: ...
def precision_recall_fscore_support(
    y_true: Sequence[str],
    y_pred: Sequence[str],
    *,
    labels: Sequence[str],
    zero_division: float = ...,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.intp]]: ...
