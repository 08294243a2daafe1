"""Training images that others are compared with, one by one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.extraction.outputs import Floats

from .blocks import blocks
from .data import FitData
from .directions import inverse_lengths

Doubles = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Bank:
    """M training images, and a likeness of others to them: v_j(x) = weight_j cos(x, features_j) + lift_j.

    `features` `(M, D)` are as they came, `factors` `(M,)` are the weights divided by the features' lengths, 0 for a
    feature of zeros, and `lift` is `(M,)`. `error` is how far v can be off in float32, where the features are
    multiplied with a direction, in whatever order, and then by their factors: with u = 2^-24 and L the largest |v| it
    is (D + 16) u L, D u for the sum (Higham 2002, Accuracy and Stability of Numerical Algorithms, section 3.1) and the
    rest for the rounding of directions, factors, products, lift and comparisons.
    """

    features: Floats
    factors: Doubles
    lift: Doubles
    error: float

    @classmethod
    def of(cls, features: Floats, weights: Doubles | None = None) -> Bank:
        """A bank of `features`; without `weights` the likeness is v = 1 - d^2 / 2, so that near images are alike.

        d is the distance between two features of which each is divided by its length. A feature of zeros stays as it
        is, at a distance of 1 from all others: then v is 1/2, which is its lift.
        """
        inverse = inverse_lengths(features)
        lift = np.where(inverse == 0, 0.5, 0.0) if weights is None else np.zeros(len(features))
        largest = 1.0 if weights is None else float(np.abs(weights).max(initial=0))
        error = (features.shape[1] + 16) * 2.0**-24 * largest
        return cls(features, inverse if weights is None else weights * inverse, lift, error)

    def __len__(self) -> int:
        return len(self.features)

    def screen(self, directions: Floats, part: slice, out: Floats) -> None:
        """Write the likeness of a part of the bank, K images, to `directions` `(B, D)` into `out` `(K, B)`, in float32.

        The bank's images are the rows, as their product is then a third faster than its transpose.
        """
        np.matmul(self.features[part], directions.T, out=out)
        out *= self.factors[part, None].astype(np.float32)
        if self.lift[part].any():
            out += self.lift[part, None].astype(np.float32)

    def likeness(self, queries: Queries, images: NDArray[np.intp], places: NDArray[np.integer[Any]]) -> Doubles:
        """The likeness in float64, pair by pair, of queries `images` `(P,)` to the bank's images `places` `(P,)`."""
        found = np.empty(len(images))
        for block in blocks(len(images), 3 * self.features.shape[1]):
            pairs = (queries.features[images[block]], self.features[places[block]])
            found[block] = np.einsum("ij,ij->i", *(part.astype(np.float64) for part in pairs))
        found *= queries.inverse[images] * self.factors[places]
        found += self.lift[places]
        return found

    def likenesses(self, queries: Queries, images: NDArray[np.intp]) -> Doubles:
        """The likeness in float64 of queries `images` `(P,)` to each image of the bank, `(P, M)`."""
        asked = queries.features[images].astype(np.float64) * queries.inverse[images, None]
        found = np.empty((len(images), len(self)))
        for block in blocks(len(self), self.features.shape[1]):
            found[:, block] = asked @ self.features[block].astype(np.float64).T
        found *= self.factors
        found += self.lift
        return found


@dataclass(frozen=True, eq=False)
class Queries:
    """Features `(N, D)` of images to be compared with a bank's, and 1 / their lengths, 0 for a feature of zeros."""

    features: NDArray[Any]
    inverse: Doubles

    @classmethod
    def of(cls, features: NDArray[Any]) -> Queries:
        """The images with these features."""
        return cls(features, inverse_lengths(features))

    def directions(self, part: slice) -> Floats:
        """Some features divided by their lengths, in float32; those of zeros stay."""
        return (self.features[part] * self.inverse[part, None]).astype(np.float32)


def direction_bank(data: FitData) -> Bank:
    """The bank of all training images in which likeness is nearness of directions, computed once."""
    return data.once("direction bank", lambda: Bank.of(data.features))
