"""Mahalanobis distances of normalised features to clusters."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from bench.errors import BenchError
from bench.fitting.data import Facts, FitData
from bench.method_contract import METHODS
from bench.metrics import auroc
from tests.methods.oracles.ssd import scores

METHOD = METHODS.get("ssd")


@pytest.mark.parametrize("clusters", [1, 0])
def test_it_is_the_authors_algorithm(case: Any, clusters: int) -> None:
    method = METHOD(clusters=clusters).fit(case.data)
    for outputs in (case.id, case.ood):
        assert method.score(outputs) == pytest.approx(scores(method, case.data, outputs), rel=1e-9)
    assert auroc(method.score(case.id), method.score(case.ood)) > 0.95


def test_k_means_finds_the_classes_that_are_clusters(case: Any) -> None:
    found, expected = (METHOD(clusters=clusters).fit(case.data).score(case.id) for clusters in (5, 0))
    assert found == pytest.approx(expected, rel=1e-6)
    assert np.array_equal(METHOD(clusters=5).fit(FitData(None, case.data.train)).score(case.id), found)


def test_lengths_do_not_count(case: Any) -> None:
    method = METHOD().fit(case.data)
    longer = replace(case.id, features=case.id.features * np.float32(8))
    assert method.score(longer) == pytest.approx(method.score(case.id), rel=1e-12)


def test_silent_features_count_for_nothing_but_in_the_length(case: Any) -> None:
    wider = replace(case.data.train, features=np.pad(case.data.features, ((0, 0), (2, 0))))
    tested = replace(case.id, features=np.pad(case.id.features, ((0, 0), (2, 0))))
    for clusters in (1, 0):
        expected = METHOD(clusters=clusters).fit(case.data).score(case.id)
        method = METHOD(clusters=clusters).fit(FitData(None, wider))
        assert method.score(tested) == pytest.approx(expected, rel=1e-9)
        tested.features[:, 0] = 1e-3
        assert np.abs(method.score(tested)).max() < 2 * np.abs(expected).max()
        tested.features[:, 0] = 0


def test_refusals() -> None:
    with pytest.raises(BenchError, match="ssd: clusters must be at least 0, got -1"):
        METHOD(clusters=-1)
    with pytest.raises(BenchError, match="ssd: clusters must be at most the 9 training images, got 10"):
        METHOD(clusters=10).check(Facts(2, 4, np.array([5, 4])))
    many = Facts(1000, 2048, np.full(1000, 100))
    METHOD().check(many)
    with pytest.raises(BenchError, match=r"ssd would need 1000 covariances of 2048 x 2048 .* 34 GB; use clusters=1"):
        METHOD(clusters=0).check(many)
