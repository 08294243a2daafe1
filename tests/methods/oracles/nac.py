"""Neuron activation coverage by going through images, neurons and the thresholds of the authors' histogram."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.extraction.outputs import Outputs
from bench.fitting.data import FitData
from bench.seeds import derived_seed


def scores(method: Any, data: FitData, outputs: Outputs) -> list[float]:
    half = np.log(np.linspace(1, np.sqrt(1000), method.bins // 2)) / np.log(1000)
    half[-1] = 0.5
    thresholds = [*half[:-1], *(1 - half[::-1])]
    thresholds[0], thresholds[-1] = -np.inf, np.inf

    def state_bin(effect: float) -> int:
        state = 1 / (1 + np.exp(-np.clip(method.alpha * effect, -700, 700)))
        return next(place for place in range(len(thresholds) - 1) if thresholds[place] <= state < thresholds[place + 1])

    train = effects(data.train)
    counts = np.zeros((train.shape[1], len(thresholds) - 1))
    for row in train[counted(data.labels, method.images)]:
        for neuron, effect in enumerate(row):
            counts[neuron, state_bin(effect)] += 1
    widths = [train.shape[1]] if method.layers == "last" else stage_widths(data)
    found = []
    for row in effects(outputs):
        covered = [min(counts[neuron, state_bin(effect)] / method.filled, 1) for neuron, effect in enumerate(row)]
        layers = np.split(np.array(covered), np.cumsum(widths)[:-1])
        found.append(float(np.mean([layer.mean() for layer in layers])))
    return found


def counted(labels: NDArray[np.int64], images: int) -> list[int]:
    """The places of the training images that are counted: those that a fixed shuffle puts first in each class."""
    classes = sorted(set(labels.tolist()))
    each = max(1, min(*(int((labels == one).sum()) for one in classes), images // len(classes)))
    chosen: list[int] = []
    for place in np.random.default_rng(derived_seed(0, "nac")).permutation(len(labels)):
        if sum(int(labels[other] == labels[place]) for other in chosen) < each:
            chosen.append(int(place))
    return chosen


def effects(outputs: Outputs) -> NDArray[np.float64]:
    return next(a for p, a in outputs.probed.items() if type(p).__name__ == "NeuronEffects").astype(np.float64)


def stage_widths(data: FitData) -> list[int]:
    probed = data.train.probed.items()
    return [int(one) for one in next(array for probe, array in probed if type(probe).__name__ == "StageWidths")[0]]
