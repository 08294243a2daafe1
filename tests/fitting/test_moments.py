"""Means and covariances against numpy's, far from the origin and with absent classes."""

import numpy as np
import pytest

from bench.extraction.outputs import Outputs
from bench.fitting import blocks
from bench.fitting.data import FitData
from bench.fitting.moments import moments, moments_of


@pytest.mark.parametrize("offset", [0.0, 1e4])
@pytest.mark.parametrize("elements", [50, 2**22])
def test_they_are_numpys(offset: float, elements: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "BLOCK_ELEMENTS", elements)
    stream = np.random.default_rng(0)
    labels = stream.choice([0, 1, 3], 200)
    features = (stream.normal(0, 1, (200, 6)) + labels[:, None] + offset).astype(np.float32)
    found, exact = moments_of(features, labels, 5), features.astype(np.float64)
    assert found.present.tolist() == [0, 1, 3]
    assert found.counts.tolist() == np.bincount(labels, minlength=5).tolist()
    means = np.stack([exact[labels == label].mean(0) for label in (0, 1, 3)])
    assert found.class_means == pytest.approx(means, rel=1e-12)
    assert found.mean == pytest.approx(exact.mean(0), rel=1e-12)
    assert found.covariance == pytest.approx(np.cov(exact.T, bias=True), rel=1e-9, abs=1e-9)
    around = exact - means[np.searchsorted([0, 1, 3], labels)]
    assert found.within_covariance == pytest.approx(around.T @ around / 200, rel=1e-9, abs=1e-9)


def test_they_are_computed_once_for_all_who_ask() -> None:
    features = np.ones((4, 2), np.float32)
    data = FitData(None, Outputs(features, features, labels=np.array([0, 1, 0, 1])))
    assert moments(data) is moments(data)
