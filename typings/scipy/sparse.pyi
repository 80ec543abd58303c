from collections.abc import Sequence
from typing import Any

from numpy.typing import NDArray

class csr_matrix:
    def __init__(
        self,
        arg: tuple[Sequence[float], Sequence[int], Sequence[int]],
        shape: tuple[int, int] = ...,
    ) -> None: ...
    def __getitem__(self, rows: NDArray[Any]) -> csr_matrix: ...
    def __matmul__(self, other: NDArray[Any]) -> NDArray[Any]: ...
