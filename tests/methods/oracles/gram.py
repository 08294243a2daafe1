"""Gram matrices, one image and order at a time, from the network's input in float64."""

from itertools import accumulate
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from bench.extraction.outputs import Outputs
from bench.fitting.data import FitData
from tests.methods.raw_maps import network_and_input

Layers = list[NDArray[np.float64]]


def scores(method: Any, data: FitData, outputs: Outputs) -> list[float]:
    bounds: dict[int, tuple[Layers, Layers]] = {}
    met: dict[int, int] = {}
    held: list[tuple[Layers, int, float]] = []
    for sums, label, confidence in described(data.train, method.orders):
        met[label] = met.get(label, 0) + 1
        if met[label] % method.held_out == 0:
            held.append((sums, label, confidence))
        elif label in bounds:
            lower, upper = bounds[label]
            bounds[label] = list(map(np.minimum, lower, sums)), list(map(np.maximum, upper, sums))
        else:
            bounds[label] = sums, sums

    def deviations(sums: Layers, label: int, confidence: float) -> NDArray[np.float64]:
        known = [bounds[label]] if label in bounds else list(bounds.values())
        found = []
        for layer, values in enumerate(sums):
            low = np.min([lower[layer] for lower, _ in known], axis=0)
            high = np.max([upper[layer] for _, upper in known], axis=0)
            below = np.where(values < low, (low - values) / np.abs(low + 1e-6), 0)
            above = np.where(values > high, (values - high) / np.abs(high + 1e-6), 0)
            found.append((below + above).sum() / (confidence if method.by_confidence else 1))
        return np.array(found)

    expected = np.mean([deviations(*one) for one in held], axis=0) + 1e-7
    return [-float((deviations(*one) / expected).sum()) for one in described(outputs, method.orders)]


def described(outputs: Outputs, orders: int) -> list[tuple[Layers, int, float]]:
    """Of each image the row sums `(orders, C)` of every stage, the predicted class and its probability."""
    network, images = network_and_input(outputs)
    with torch.no_grad():
        stages, output = network.forward_stages(images)
    probabilities = output.logits.softmax(1)
    found = []
    for index in range(len(images)):
        layers = []
        for maps in stages:
            matrix = maps[index].flatten(1).numpy()
            powers = list(accumulate([matrix] * orders, np.multiply))  # a tenth of the time of matrix**p
            rows = [(power @ power.T).sum(1) for power in powers]
            layers.append(np.array([np.sign(row) * np.abs(row) ** (1 / p) for p, row in enumerate(rows, 1)]))
        found.append((layers, int(probabilities[index].argmax()), float(probabilities[index].max())))
    return found
