"""The largest cosine with a class's weights."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from bench.fitting.data import FitData, Head
from bench.method_contract import METHODS
from bench.metrics import auroc
from tests.methods.oracles.max_cosine import scores

METHOD = METHODS.get("max-cosine")


def test_it_is_the_definition(case: Any) -> None:
    method = METHOD().fit(case.data)
    for outputs in (case.id, case.ood):
        assert method.score(outputs) == pytest.approx(scores(method, case.data, outputs), rel=1e-12)
    assert auroc(method.score(case.id), method.score(case.ood)) > 0.95


def test_with_class_means_for_weights_it_is_detectors(case: Any) -> None:
    """Its score, written out: the largest cosine with a class's mean training features."""
    features, labels = case.data.features.astype(np.float64), case.data.labels
    means = np.array([features[labels == label].mean(0) for label in range(5)])
    shown = case.id.features.astype(np.float64)
    lengths = np.linalg.norm(shown, axis=1)[:, None] * np.linalg.norm(means, axis=1)
    theirs = (shown @ means.T / (lengths + 1e-7)).max(1)
    assert METHOD().fit(FitData(Head(means, np.zeros(5)))).score(case.id) == pytest.approx(theirs, abs=1e-7)


def test_lengths_and_biases_do_not_count(case: Any) -> None:
    scaled = Head(case.data.head.weight * np.arange(1, 6)[:, None], case.data.head.bias + 3)
    longer = replace(case.id, features=case.id.features * np.float32(8))
    expected = METHOD().fit(case.data).score(case.id)
    assert METHOD().fit(FitData(scaled)).score(longer) == pytest.approx(expected, rel=1e-12)


def test_features_of_length_zero_are_at_right_angles(case: Any) -> None:
    nothing = replace(case.id, features=np.zeros_like(case.id.features))
    assert METHOD().fit(case.data).score(nothing).tolist() == [0.0] * len(nothing)
