"""The part of the features that the principal directions of the training features do not explain (Wang et al. 2022)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.errors import BenchError
from bench.extraction.outputs import Outputs

from .data import Facts, FitData, Head
from .moments import moments
from .rowwise import rowwise

Matrix = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class ResidualSpace:
    """An `origin` `(D,)`, and orthonormal directions `(D, R)` that the training features vary least along from it."""

    origin: NDArray[np.float64]
    directions: Matrix

    def norms(self, outputs: Outputs) -> NDArray[np.float64]:
        """How long the part of each image's feature in this space is, `(N,)`."""

        def lengths(block: slice) -> NDArray[np.float64]:
            inside = (outputs.features[block].astype(np.float64) - self.origin) @ self.directions
            found: NDArray[np.float64] = np.sqrt(np.einsum("ij,ij->i", inside, inside))
            return found

        width = sum(self.directions.shape)
        return outputs.once(("residual norms", self), lambda: rowwise(len(outputs), width, lengths))


def principal_dim(dim: int, num_features: int) -> int:
    """`dim`, or where it is 0 the number of principal directions that ViM's authors use for so many features.

    Their code has 1000 from 2,048 features on, and 512 below; half of the features where that would leave too few.
    """
    if dim:
        return dim
    return 1000 if num_features >= 2048 else 512 if num_features >= 768 else num_features // 2


def require_residual(name: str, dim: int, facts: Facts) -> None:
    """Raise `BenchError` for directions that leave no feature over, or that so few training images cannot tell."""
    dim = principal_dim(dim, facts.num_features)
    if dim >= facts.num_features:
        raise BenchError(f"{name}: dim must be below the number of features, {facts.num_features}, got {dim}.")
    if dim >= facts.num_train:
        raise BenchError(f"{name}: {dim} principal directions need more training images than {facts.num_train}.")


def residual_space(data: FitData, dim: int) -> ResidualSpace:
    """What is left of the features beside `dim` principal directions, around the origin o = -W⁺ b."""
    origin, directions = data.once("directions around the head's origin", lambda: _directions(data))
    left = directions.shape[1] - dim
    return data.once(("residual space", dim), lambda: ResidualSpace(origin, directions[:, :left]))


def head_origin(head: Head) -> NDArray[np.float64]:
    """The shortest feature `(D,)` whose logits are as near 0 as can be: o = -W⁺ b."""
    origin: NDArray[np.float64] = -np.linalg.pinv(head.weight) @ head.bias
    return origin


def _directions(data: FitData) -> tuple[NDArray[np.float64], Matrix]:
    """The origin, and the eigenvectors of (1 / N) sum_i (z_i - o)(z_i - o)ᵀ, those of the least variance first."""
    origin, known = head_origin(data.head), moments(data)
    shift = known.mean - origin
    return origin, np.linalg.eigh(known.covariance + np.outer(shift, shift)).eigenvectors
