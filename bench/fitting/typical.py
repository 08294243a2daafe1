"""How far a number is from what is usual among the training images."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Typical:
    """The `mean` of a statistic over the training images, and its `spread`, the standard deviation."""

    mean: float
    spread: float

    @classmethod
    def of(cls, values: NDArray[Any]) -> Self:
        """Of the training images' values `(N,)`; where they are all equal the spread is 1, the statistic's unit."""
        numbers = values.astype(np.float64)
        return cls(float(numbers.mean()), float(numbers.std()) or 1.0)

    def above(self, values: NDArray[Any]) -> NDArray[np.float64]:
        """How many spreads each of the values `(N,)` lies above the mean."""
        above: NDArray[np.float64] = (values.astype(np.float64) - self.mean) / self.spread
        return above
