"""Mahalanobis distances: coordinates in which a covariance is the unit matrix."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.extraction.outputs import Outputs

from .data import FitData
from .moments import moments
from .rowwise import rowwise

Matrix = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Whitening:
    """What maps features less `centre` `(D,)` to coordinates whose covariance is the unit matrix: `axes` `(D, R)`.

    R is the covariance's rank. Along the other directions the training features do not vary, as those behind a ReLU
    that is always silent, and nothing is measured; squared lengths are those of the pseudo-inverse.
    """

    centre: NDArray[np.float64]
    axes: Matrix

    @classmethod
    def of(cls, centre: NDArray[np.float64], covariance: Matrix) -> Whitening:
        """For a covariance `(D, D)`; eigenvalues below D times the precision of the largest one count as 0."""
        values, vectors = np.linalg.eigh(covariance)
        kept = values > values.max(initial=0) * len(values) * np.finfo(np.float64).eps
        return cls(centre, vectors[:, kept] / np.sqrt(values[kept]))

    def __call__(self, features: NDArray[Any]) -> Matrix:
        """Features `(N, D)` in these coordinates, `(N, R)`."""
        white: Matrix = (features.astype(np.float64) - self.centre) @ self.axes
        return white

    def squared_lengths(self, outputs: Outputs) -> NDArray[np.float64]:
        """The squared Mahalanobis distance of each image's feature to `centre` `(N,)`, computed once."""

        def lengths(block: slice) -> NDArray[np.float64]:
            return squares(self(outputs.features[block]))

        width = sum(self.axes.shape)
        return outputs.once(("squared lengths", self), lambda: rowwise(len(outputs), width, lengths))


@dataclass(frozen=True, eq=False)
class ClassMeans:
    """Class means `(K', R)` in the coordinates of `whitening`."""

    whitening: Whitening
    means: Matrix

    def nearest(self, outputs: Outputs) -> NDArray[np.float64]:
        """The smallest squared Mahalanobis distance of each image's feature to a class mean `(N,)`, computed once.

        ||u - m||^2 = ||u||^2 - 2 u.m + ||m||^2 around a centre near all of them, in float64: one matrix product for
        all classes, and no cancellation to speak of.
        """
        offsets = squares(self.means)

        def distances(block: slice) -> NDArray[np.float64]:
            white = self.whitening(outputs.features[block])
            smallest: NDArray[np.float64] = squares(white) + (offsets - 2 * white @ self.means.T).min(axis=1)
            return smallest

        width = sum(self.whitening.axes.shape) + 2 * len(self.means)
        return outputs.once(("nearest class mean", self), lambda: rowwise(len(outputs), width, distances))


def class_whitening(data: FitData) -> ClassMeans:
    """The means of the classes that have training images, whitened by the covariance within classes, computed once."""

    def compute() -> ClassMeans:
        known = moments(data)
        whitening = Whitening.of(known.mean, known.within_covariance)
        return ClassMeans(whitening, whitening(known.class_means))

    return data.once("class whitening", compute)


def total_whitening(data: FitData) -> Whitening:
    """The whitening by the covariance of all training features around their mean, computed once."""
    return data.once("total whitening", lambda: Whitening.of(moments(data).mean, moments(data).covariance))


def squares(rows: Matrix) -> NDArray[np.float64]:
    """The squared length of each row."""
    found: NDArray[np.float64] = np.einsum("ij,ij->i", rows, rows)
    return found
