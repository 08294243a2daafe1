"""Mahalanobis distances in torch: the twins of `bench.fitting.whitening`."""

from __future__ import annotations

from torch import Tensor

from bench.fitting.whitening import ClassMeans, Whitening

from .constants import constant


class TensorWhitening:
    """Coordinates in which a covariance is the unit matrix, in torch."""

    def __init__(self, whitening: Whitening) -> None:
        self.centre, self.axes = constant(whitening.centre), constant(whitening.axes)

    def __call__(self, features: Tensor) -> Tensor:
        """Features `(N, D)` in these coordinates, `(N, R)`."""
        return (features - self.centre) @ self.axes

    def squared_lengths(self, features: Tensor) -> Tensor:
        """The squared Mahalanobis distance of each feature to the centre `(N,)`."""
        return self(features).square().sum(1)


class TensorClassMeans:
    """Class means in whitened coordinates, in torch."""

    def __init__(self, classes: ClassMeans) -> None:
        self.whitening, self.means = TensorWhitening(classes.whitening), constant(classes.means)

    def nearest(self, features: Tensor) -> Tensor:
        """The smallest squared Mahalanobis distance of each feature to a class mean `(N,)`."""
        return squared_distances(self.whitening(features), self.means).amin(1)


def squared_distances(rows: Tensor, points: Tensor) -> Tensor:
    """The squared distance of each of `rows` `(N, R)` to each of `points` `(K, R)`, `(N, K)`."""
    return rows.square().sum(1, keepdim=True) - 2 * rows @ points.T + points.square().sum(1)
