"""Class means and covariances of the training features, in one pass over them, in float64."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from .blocks import blocks
from .data import FitData

Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class Moments:
    """`counts` `(K,)` per class, `sums` `(K, D)` of the features around `origin` `(D,)`, and their scatter `(D, D)`.

    The origin is a point near the data, so that differences of large numbers lose nothing.
    """

    counts: NDArray[np.int64]
    origin: NDArray[np.float64]
    sums: Matrix
    scatter: Matrix

    @property
    def total(self) -> int:
        """N, the number of images."""
        return int(self.counts.sum())

    @cached_property
    def present(self) -> NDArray[np.intp]:
        """The classes that have a training image, ascending."""
        return np.flatnonzero(self.counts)

    @cached_property
    def class_means(self) -> Matrix:
        """The means `(K', D)` of the classes in `present`, in that order."""
        means: Matrix = self.sums[self.present] / self.counts[self.present, None] + self.origin
        return means

    @cached_property
    def mean(self) -> NDArray[np.float64]:
        """The mean `(D,)` of all features."""
        mean: NDArray[np.float64] = self.sums.sum(0) / self.total + self.origin
        return mean

    @cached_property
    def covariance(self) -> Matrix:
        """The covariance `(D, D)` of all features around their mean, divided by N."""
        shift = self.mean - self.origin
        covariance: Matrix = self.scatter / self.total - np.outer(shift, shift)
        return covariance

    @cached_property
    def within_covariance(self) -> Matrix:
        """The covariance `(D, D)` around each image's class mean, shared by all classes, divided by N."""
        shifts = self.class_means - self.origin
        covariance: Matrix = (self.scatter - shifts.T @ (self.counts[self.present, None] * shifts)) / self.total
        return covariance


def moments(data: FitData) -> Moments:
    """The moments of the training features, computed once for all methods that ask."""
    return data.once("moments", lambda: moments_of(data.features, data.labels, data.train.logits.shape[1]))


def moments_of(features: NDArray[np.floating], labels: NDArray[np.int64], num_classes: int) -> Moments:
    """The moments of features `(N, D)` with class indices `(N,)` below `num_classes`."""
    width = features.shape[1]
    origin = features[: min(len(features), 4096)].astype(np.float64).mean(0)
    sums, scatter = np.zeros((num_classes, width)), np.zeros((width, width))
    for block in blocks(len(features), width + num_classes):
        centred = features[block].astype(np.float64) - origin
        members = (labels[block, None] == np.arange(num_classes)).astype(np.float64)
        sums += members.T @ centred
        scatter += centred.T @ centred
    return Moments(np.bincount(labels, minlength=num_classes), origin, sums, scatter)
