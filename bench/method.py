"""What a scoring method is."""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from bench.citation import Citation
from bench.extraction.outputs import Outputs
from bench.extraction.view import CLEAN, View
from bench.registry import registers, registry
from bench.settings import checked_settings

method = registers("method")
"""Class decorator that registers a scoring method under a literal name: `@method("msp")`."""

METHODS = registry("method")

Scores = NDArray[np.float64]


class Method(ABC):
    """A score per image, larger = more in-distribution.

    The constructor takes keyword hyper-parameters with the paper's values as defaults, and only stores them under
    their own names. Class data: `citation`; `objective`, the training objective of the network it is meant for;
    `needs_confidence`, whether the network must have the confidence branch; `needs_features`, whether its logits must
    be a linear function of features; `search`, the values that tuning tries for each hyper-parameter; `version`, to be
    raised when a change alters scores.
    """

    name: ClassVar[str]
    citation: ClassVar[Citation]
    objective: ClassVar[str] = "cross-entropy"
    needs_confidence: ClassVar[bool] = False
    needs_features: ClassVar[bool] = False
    search: ClassVar[Mapping[str, tuple[float, ...]]] = {}
    version: ClassVar[int] = 1

    @abstractmethod
    def score(self, outputs: Outputs) -> Scores:
        """One float64 per image `(N,)`, larger = more in-distribution, from the network's outputs for `view`."""

    def view(self) -> View:
        """How images are shown to the network before they are scored: as they are, unless overridden."""
        return CLEAN

    @classmethod
    def parameter_names(cls) -> list[str]:
        """The hyper-parameters' names, as the constructor takes them."""
        return list(inspect.signature(cls).parameters)

    def parameters(self) -> dict[str, Any]:
        """The hyper-parameters' values."""
        return {name: getattr(self, name) for name in self.parameter_names()}

    @classmethod
    def make(cls, parameters: Mapping[str, Any]) -> Self:
        """An instance with some hyper-parameters set, each in the type of its default.

        Raises `UnknownNameError` for one that it does not have, and `BenchError` for a value it cannot work with.
        """
        defaults = {name: given.default for name, given in inspect.signature(cls).parameters.items()}
        made = cls(**checked_settings(cls.name, parameters, defaults))
        made.view()  # a view that cannot be made is found here, not after hours of training
        return made
