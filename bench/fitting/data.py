"""What `fit` is given: the last layer and the training images' outputs; ID data only."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from bench.extraction.outputs import Floats, Outputs
from bench.shared import Shared

T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class Head:
    """The last linear layer: logits = features @ weight.T + bias; `weight` `(K, D)` and `bias` `(K,)` are float64."""

    weight: NDArray[np.float64]
    bias: NDArray[np.float64]

    def logits(self, features: NDArray[np.floating]) -> NDArray[np.float64]:
        """The logits `(N, K)` of features `(N, D)`, in float64."""
        logits: NDArray[np.float64] = features.astype(np.float64, copy=False) @ self.weight.T + self.bias
        return logits


@dataclass(frozen=True)
class Facts:
    """What is known of a network and its training images before any of them is run.

    `num_features` is D. `class_counts` `(K,)` says how many training images each class has; it is None where there are
    no labelled training images. `lacks` names what a method may need and will not get, with the reason.
    """

    num_classes: int
    num_features: int
    class_counts: NDArray[np.int64] | None
    lacks: dict[str, str] = field(default_factory=dict)

    @property
    def num_train(self) -> int:
        """The number of training images; 0 where there are none."""
        return 0 if self.class_counts is None else int(self.class_counts.sum())


@dataclass(frozen=True)
class FitData:
    """The last layer and the training images' outputs, each where the method needs it and the network has it.

    The outputs have labels. `once` shares what several methods compute from them.
    """

    given_head: Head | None = None
    given_train: Outputs | None = None
    shared: Shared = field(default_factory=Shared, repr=False, compare=False)

    @property
    def head(self) -> Head:
        """The last layer; `ValueError` for a method that did not say that it needs it."""
        if self.given_head is None:
            raise ValueError("the last layer was not asked for: add 'head' to the method's needs")
        return self.given_head

    @property
    def train(self) -> Outputs:
        """The training images' outputs; `ValueError` for a method that did not say that it needs them."""
        if self.given_train is None:
            raise ValueError("training outputs were not asked for: add 'training' to the method's needs")
        return self.given_train

    @property
    def features(self) -> Floats:
        """The training features `(N, D)`."""
        return self.train.features

    @property
    def labels(self) -> NDArray[np.int64]:
        """The training labels `(N,)`."""
        assert self.train.labels is not None
        return self.train.labels

    def once(self, key: Hashable, compute: Callable[[], T]) -> T:
        """The result of `compute`, shared by all methods that ask for the same key."""
        return self.shared.once(key, compute)
