"""Coordinates in which a covariance is the unit matrix."""

from typing import Any

import numpy as np
import pytest
from scipy.linalg import pinvh
from scipy.spatial.distance import cdist

from bench.extraction.outputs import Outputs
from bench.fitting import blocks
from bench.fitting.data import FitData
from bench.fitting.whitening import Whitening, class_whitening, squares, total_whitening


def some_data(rank: int = 6, count: int = 90) -> FitData:
    """Features of 6 dimensions in a plane of that rank, far from the origin, with very different spreads."""
    stream = np.random.default_rng(rank)
    flat = stream.normal(0, 1, (count, rank)) * 10.0 ** (-np.arange(rank) / 2)
    features: Any = flat @ np.linalg.qr(stream.normal(0, 1, (6, rank)))[0].T + 1
    return FitData(None, Outputs(np.zeros((count, 4), np.float32), features, None, np.arange(count) % 3))


@pytest.mark.parametrize("rank", [6, 4, 1])
def test_whitened_training_features_have_the_unit_covariance(rank: int) -> None:
    data = some_data(rank)
    whitening = total_whitening(data)
    white = whitening(data.features)
    assert white.shape == (90, rank)
    assert np.cov(white.T, bias=True) == pytest.approx(np.eye(rank) if rank > 1 else 1, abs=1e-8)
    assert white.mean(0) == pytest.approx(0, abs=1e-8)


@pytest.mark.parametrize("rank", [6, 4])
def test_squared_lengths_are_those_of_the_pseudo_inverse(rank: int) -> None:
    data = some_data(rank)
    stray = np.random.default_rng(0).normal(0, 1, (20, 6))
    covariance = np.cov(data.features.T, bias=True)
    away = stray - data.features.mean(0)
    expected = np.einsum("ij,jk,ik->i", away, pinvh(covariance), away)
    found = total_whitening(data).squared_lengths(Outputs(np.zeros((20, 4), np.float32), stray.astype(np.float32)))
    assert found == pytest.approx(expected, rel=1e-5)


def test_the_nearest_class_mean_is_that_of_scipys_distances(monkeypatch: pytest.MonkeyPatch) -> None:
    data = some_data()
    means = np.array([data.features[data.labels == c].mean(0) for c in range(3)])
    within = data.features - means[data.labels]
    inverse = np.linalg.inv(within.T @ within / 90)
    expected = cdist(data.features, means, "mahalanobis", VI=inverse).min(1) ** 2
    assert class_whitening(data).nearest(data.train) == pytest.approx(expected, rel=1e-7)
    monkeypatch.setattr(blocks, "BLOCK_ELEMENTS", 50)
    assert class_whitening(some_data()).nearest(some_data().train) == pytest.approx(expected, rel=1e-7)


def test_all_is_computed_once() -> None:
    data = some_data()
    assert class_whitening(data) is class_whitening(data)
    assert total_whitening(data) is total_whitening(data)
    assert class_whitening(data).nearest(data.train) is class_whitening(data).nearest(data.train)
    assert total_whitening(data).squared_lengths(data.train) is total_whitening(data).squared_lengths(data.train)
    other = class_whitening(some_data(4))
    assert not np.array_equal(other.nearest(data.train), class_whitening(data).nearest(data.train))


def test_without_any_spread_nothing_is_measured() -> None:
    whitening = Whitening.of(np.zeros(3), np.zeros((3, 3)))
    assert whitening(np.ones((2, 3))).shape == (2, 0)
    assert squares(whitening(np.ones((2, 3)))).tolist() == [0, 0]
