"""What one pass of a checkpoint over one data set yields."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self, TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from bench.shared import Shared

from .probe import Probe
from .took import Took
from .view import View

Floats = NDArray[np.float32]

Name = str | Probe
"""An array of a view: `logits`, `features`, `confidence_logit`, or what a probe gives."""

T = TypeVar("T")


@dataclass(frozen=True)
class Outputs:
    """Arrays over N images, in the data set's order; they may be memory-mapped.

    `logits` `(N, K)` and `features` `(N, D)` are float32; `confidence_logit` `(N,)` float32 is the input of the
    confidence branch's sigmoid, or None without the branch; `labels` `(N,)` int64 are class indices, or None. `probed`
    holds an array `(N, …)` for each probe of the pass, `beside` what the network says of further views of the images.
    `took` says what the view took beyond one forward pass (`logits`), and each probe; the plain view's also has what
    that one forward pass took (`forward`).
    """

    logits: Floats
    features: Floats
    confidence_logit: Floats | None = None
    labels: NDArray[np.int64] | None = None
    probed: Mapping[Probe, Floats] = field(default_factory=dict)
    beside: Mapping[View, Outputs] = field(default_factory=dict)
    took: Mapping[Name, Took] = field(default_factory=dict, compare=False)
    shared: Shared = field(default_factory=Shared, repr=False, compare=False)

    @classmethod
    def of(cls, arrays: Mapping[Name, Floats], labels: NDArray[np.int64] | None, took: Mapping[Name, Took]) -> Self:
        """Outputs from arrays by name."""
        probed = {name: array for name, array in arrays.items() if isinstance(name, Probe)}
        confidence = arrays.get("confidence_logit")
        return cls(arrays["logits"], arrays["features"], confidence, labels, probed, took=took)

    def __len__(self) -> int:
        return len(self.logits)

    def once(self, key: Hashable, compute: Callable[[], T]) -> T:
        """The result of `compute`, shared by all methods that ask for the same key of these outputs."""
        return self.shared.once(key, compute)

    @property
    def confidence(self) -> NDArray[np.float64]:
        """The learned confidence `(N,)` in (0, 1), in float64 so that it does not saturate and tie."""
        if self.confidence_logit is None:
            raise ValueError("the network has no confidence branch")
        confidence: NDArray[np.float64] = expit(self.confidence_logit.astype(np.float64))
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
        """The outputs of some of the images; nothing that was shared goes along."""

        def rows(array: NDArray[Any] | None) -> Any:
            return None if array is None else array[chosen]

        return Outputs(
            rows(self.logits),
            rows(self.features),
            rows(self.confidence_logit),
            rows(self.labels),
            {probe: rows(array) for probe, array in self.probed.items()},
            {view: outputs.take(chosen) for view, outputs in self.beside.items()},
        )
