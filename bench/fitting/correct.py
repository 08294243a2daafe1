"""Class means of the training images that the network classifies correctly."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .blocks import blocks
from .data import FitData

Matrix = NDArray[np.float64]


def correct_means(data: FitData) -> Matrix:
    """The mean features `(K, D)` of each class's correctly classified training images, computed once.

    A class of which none is correct has the mean of all its images, one without images has NaN.
    """
    return data.once("correct means", lambda: _correct_means(data))


def _correct_means(data: FitData) -> Matrix:
    labels, num_classes = data.labels, data.train.logits.shape[1]
    chosen = data.train.correct.copy()
    hopeless = np.bincount(labels[chosen], minlength=num_classes) == 0
    chosen |= hopeless[labels]
    sums = np.zeros((num_classes, data.features.shape[1]))
    for block in blocks(len(labels), sum(sums.shape)):
        members = (labels[block, None] == np.arange(num_classes)) & chosen[block, None]
        sums += members.astype(np.float64).T @ data.features[block].astype(np.float64)
    counts = np.bincount(labels[chosen], minlength=num_classes).astype(np.float64)
    means: Matrix = sums / np.where(counts == 0, np.nan, counts)[:, None]
    return means
