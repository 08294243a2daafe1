"""Made features of a last layer with five classes: what a method fits on, and what it is to tell apart."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

from bench.extraction.outputs import Outputs
from bench.fitting.data import Facts, FitData, Head

CLASSES, FEATURES, TRAIN, COUNT = 5, 16, 400, 60


@dataclass(frozen=True)
class Case:
    """Training outputs and the last layer, and the outputs of ID and OOD test images, all made from one seed.

    Features are not negative, like those behind a ReLU, and some of them are zero; the logits are the last layer's
    float32 output. ID features are large where their class is; OOD features are small there and stray where ID
    features never go. Each has confidence logits and labels (those of OOD images mean nothing).
    """

    data: FitData
    id: Outputs
    ood: Outputs
    facts: Facts


def make(seed: int = 0) -> Case:
    stream = np.random.default_rng([2026, seed])
    patterns = np.zeros((CLASSES, FEATURES))
    patterns[np.arange(CLASSES), 2 * np.arange(CLASSES)] = 4
    patterns[np.arange(CLASSES), 2 * np.arange(CLASSES) + 1] = 3
    weight = (patterns - patterns.mean(0)) / 4 + stream.normal(0, 0.05, patterns.shape)
    head = Head(weight.astype(np.float32).astype(np.float64), stream.normal(0, 0.1, CLASSES))

    def outputs(features: NDArray[np.float64], labels: NDArray[np.int64], confidence: float) -> Outputs:
        rows = features.clip(0).astype(np.float32)
        trust = stream.normal(confidence, 0.5, len(rows))
        return Outputs(head.logits(rows).astype(np.float32), rows, trust.astype(np.float32), labels)

    def inside(count: int) -> Outputs:
        labels = stream.permutation(np.arange(count) % CLASSES)
        return outputs(patterns[labels] + stream.normal(0.3, 0.35, (count, FEATURES)), labels, 3)

    train, tested = inside(TRAIN), inside(COUNT)
    stray = stream.normal(0.5, 0.5, (COUNT, FEATURES))
    stray[:, 10:] += 1.2
    ood = outputs(stray, stream.integers(0, CLASSES, COUNT), -1)
    assert train.labels is not None
    facts = Facts(CLASSES, FEATURES, np.bincount(train.labels, minlength=CLASSES))
    return Case(FitData(head, train), tested, ood, facts)


@pytest.fixture
def case() -> Case:
    """The case of seed 0, made anew for each test."""
    return make()


@pytest.fixture
def make_case() -> Callable[[int], Case]:
    """A function from a seed to a case."""
    return make
