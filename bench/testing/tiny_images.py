"""Two small sets of made images that differ in every respect a method may look at."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from bench.data.images import ArrayImages

CLASSES, SIDE, TRAIN, COUNT = 5, 32, 400, 60


@cache
def tiny_images() -> dict[str, ArrayImages]:
    """Images `(32, 32, 3)` by name: `train` and `id` (five smooth patterns), `ood` (bright noise) and `blank`.

    OOD images are noisier, brighter and more colourful than ID ones. Blank ones are black, grey and white: what a
    method must not stumble over.
    """
    stream = np.random.default_rng([2026, 7])
    ood = stream.normal(0.6, 0.06, (COUNT, SIDE, SIDE, 3)) + stream.normal(0, 0.02, (COUNT, 1, 1, 3))
    ood += np.array([0.06, 0.0, -0.06])
    shades = np.array([0, 128, 255], np.uint8)
    blank = np.broadcast_to(shades[:, None, None, None], (3, SIDE, SIDE, 3)).copy()
    return {
        "train": _inside(stream, TRAIN),
        "id": _inside(stream, COUNT),
        "ood": ArrayImages(_pixels(ood)),
        "blank": ArrayImages(blank),
    }


def _inside(stream: np.random.Generator, count: int) -> ArrayImages:
    labels = stream.permutation(np.arange(count) % CLASSES)
    waves = _waves()[labels] * stream.uniform(0.6, 1, (count, 1, 1))
    tint = stream.normal(0, 0.01, (count, 1, 1, 3))
    shades = 0.45 + 0.25 * waves[..., None] + tint + stream.normal(0, 0.04, (count, SIDE, SIDE, 3))
    return ArrayImages(_pixels(shades), labels, classes=[f"pattern {label}" for label in range(CLASSES)])


def _waves() -> NDArray[np.float64]:
    """A smooth pattern for each class `(5, 32, 32)`, in [-1, 1]."""
    grid = np.linspace(0, 1, SIDE)
    frequencies = ((1, 0, 0.1), (0, 1, 0.3), (1, 1, 0.6), (2, 1, 0.2), (2, -1, 0.8))
    return np.stack([np.cos(2 * np.pi * (a * grid[:, None] + b * grid + phase)) for a, b, phase in frequencies])


def _pixels(shades: NDArray[np.float64]) -> NDArray[np.uint8]:
    return np.asarray(np.round(255 * shades.clip(0, 1)), np.uint8)
