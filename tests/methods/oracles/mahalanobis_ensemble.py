"""Mahalanobis distances class by class and stage by stage, from the maps' averages and a pseudo-inverse."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import pinvh

from bench.extraction.outputs import Outputs
from bench.fitting.data import FitData


def scores(method: Any, data: FitData, outputs: Outputs) -> NDArray[np.float64]:
    total = np.zeros(len(outputs))
    for train, tested in zip(stage_features(data.train, data), stage_features(outputs, data), strict=True):
        means = {label: train[data.labels == label].mean(0) for label in np.unique(data.labels)}
        centred = train - np.array([means[label] for label in data.labels])
        precision = pinvh(centred.T @ centred / len(train))

        def confidence(row: NDArray[np.float64], means: dict[int, Any] = means, precision: Any = precision) -> float:
            return max(float(-(row - mean) @ precision @ (row - mean)) for mean in means.values())

        known = np.array([confidence(row) for row in train])
        found = np.array([confidence(row) for row in tested])
        total += (found - known.mean()) / known.std() if method.combination == "standardised" else found
    return total


def stage_features(outputs: Outputs, data: FitData) -> list[NDArray[np.float64]]:
    """The averaged maps of each stage, cut where the stages' widths say."""
    by_name = {type(probe).__name__: array for probe, array in outputs.probed.items()}
    widths = next(array for probe, array in data.train.probed.items() if type(probe).__name__ == "StageWidths")[0]
    return np.split(by_name["StageMeans"].astype(np.float64), np.cumsum(widths).astype(int)[:-1], axis=1)
