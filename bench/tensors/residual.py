"""The part of the features that principal directions do not explain, in torch; the twin of `ResidualSpace`."""

from __future__ import annotations

from torch import Tensor

from bench.fitting.residual_space import ResidualSpace

from .constants import constant
from .directions import lengths


class TensorResidualSpace:
    """An origin and the directions that training features vary least along, in torch."""

    def __init__(self, space: ResidualSpace) -> None:
        self.origin, self.directions = constant(space.origin), constant(space.directions)

    def norms(self, features: Tensor) -> Tensor:
        """How long the part of each feature `(N, D)` in this space is, `(N,)`."""
        return lengths((features - self.origin) @ self.directions)
