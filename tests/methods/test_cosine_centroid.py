"""The largest cosine with a class mean."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from bench.fitting.data import FitData, Head
from bench.method_contract import METHODS
from bench.metrics import auroc
from tests.methods.oracles.cosine_centroid import scores

METHOD = METHODS.get("cosine-centroid")


def test_it_is_the_definition(case: Any) -> None:
    method = METHOD().fit(case.data)
    for outputs in (case.id, case.ood):
        assert method.score(outputs) == pytest.approx(scores(method, case.data, outputs), rel=1e-12)
    assert auroc(method.score(case.id), method.score(case.ood)) > 0.95


def test_it_is_max_cosine_with_class_means_for_weights(case: Any) -> None:
    features = case.data.features.astype(np.float64)
    means = np.array([features[case.data.labels == label].mean(0) for label in range(5)])
    other = METHODS.get("max-cosine")().fit(FitData(Head(means, np.zeros(5))))
    assert METHOD().fit(case.data).score(case.id) == pytest.approx(other.score(case.id), rel=1e-12)


def test_lengths_do_not_count_and_zeros_are_at_right_angles(case: Any) -> None:
    method = METHOD().fit(case.data)
    longer = replace(case.id, features=case.id.features * np.float32(8))
    assert method.score(longer) == pytest.approx(method.score(case.id), rel=1e-12)
    nothing = replace(case.id, features=np.zeros_like(case.id.features))
    assert method.score(nothing).tolist() == [0.0] * len(nothing)


def test_an_absent_class_is_left_out(case: Any) -> None:
    data = FitData(None, case.data.train.take(np.flatnonzero(case.data.labels != 2)))
    method = METHOD().fit(data)
    assert method.directions_.shape == (4, 16)
    assert method.score(case.id) == pytest.approx(scores(method, data, case.id), rel=1e-12)
