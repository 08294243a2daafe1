"""What one pass of a checkpoint over a data set yields."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Outputs:
    """Arrays over N images, in the data set's order; they may be memory-mapped.

    `logits` `(N, K)` and `features` `(N, D)` are float32; `confidence_logit` `(N,)` float32 is the input of the
    confidence branch's sigmoid, or None without the branch; `labels` `(N,)` int64 are class indices, or None.
    """

    logits: Floats
    features: Floats
    confidence_logit: Floats | None = None
    labels: NDArray[np.int64] | None = None

    def __len__(self) -> int:
        return len(self.logits)

    @property
    def confidence(self) -> NDArray[np.float64]:
        """The learned confidence `(N,)` in (0, 1), in float64 so that it does not saturate and tie."""
        if self.confidence_logit is None:
            raise ValueError("the network has no confidence branch")
        confidence: NDArray[np.float64] = np.exp(-np.logaddexp(0.0, -self.confidence_logit.astype(np.float64)))
        return confidence

    @property
    def predictions(self) -> NDArray[np.int64]:
        """The class with the largest logit `(N,)`."""
        predictions: NDArray[np.int64] = np.argmax(self.logits, axis=1)
        return predictions

    @property
    def correct(self) -> NDArray[np.bool_]:
        """Whether each prediction is right `(N,)`; raises `ValueError` without labels."""
        if self.labels is None:
            raise ValueError("these images have no labels")
        correct: NDArray[np.bool_] = self.predictions == self.labels
        return correct

    def take(self, chosen: slice | NDArray[np.intp]) -> Outputs:
        """The outputs of some of the images."""
        return Outputs(
            self.logits[chosen],
            self.features[chosen],
            None if self.confidence_logit is None else self.confidence_logit[chosen],
            None if self.labels is None else self.labels[chosen],
        )
