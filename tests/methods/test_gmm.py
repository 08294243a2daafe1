"""The density of a mixture of Gaussians."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.mixture import GaussianMixture

from bench.errors import BenchError
from bench.extraction.outputs import Outputs
from bench.fitting.data import Facts, FitData
from bench.method_contract import METHODS
from bench.metrics import auroc
from bench.seeds import derived_seed
from tests.methods.oracles.gmm import scores

METHOD = METHODS.get("gmm")


@pytest.mark.parametrize("covariance", ["full", "tied"])
def test_it_is_the_definition(case: Any, covariance: Any) -> None:
    method = METHOD(covariance=covariance).fit(case.data)
    for outputs in (case.id, case.ood):
        assert method.score(outputs) == pytest.approx(scores(method, case.data, outputs), rel=1e-9)
    assert auroc(method.score(case.id), method.score(case.ood)) > 0.95


def test_it_is_pytorch_oods(case: Any) -> None:
    peer = pytest.importorskip("pytorch_ood.detector").GMM(None)
    peer.fit_features(torch.from_numpy(case.data.features), torch.from_numpy(case.data.labels))
    theirs = -peer.predict_features(torch.from_numpy(case.id.features)).numpy()
    assert METHOD().fit(case.data).score(case.id) == pytest.approx(theirs, rel=1e-7)


@pytest.mark.parametrize("covariance", ["full", "tied"])
def test_several_gaussians_of_one_class_are_scikit_learns(case: Any, covariance: Any) -> None:
    """Fitted and scored by it on one class, with the same seed."""
    data = FitData(None, case.data.train.take(np.flatnonzero(case.data.labels == 1)))
    method = METHOD(components=3, covariance=covariance).fit(data)
    theirs = GaussianMixture(3, covariance_type=covariance, random_state=derived_seed(0, "gmm", 1) % 2**32)
    theirs.fit(data.features.astype(np.float64))
    expected = theirs.score_samples(case.id.features.astype(np.float64))
    assert method.score(case.id) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("covariance", ["full", "tied"])
def test_several_gaussians_per_class_fit_the_training_images_better(case: Any, covariance: Any) -> None:
    fitted = [METHOD(components=c, covariance=covariance).fit(case.data).score(case.data.train).mean() for c in (1, 3)]
    assert fitted[1] > fitted[0]


def with_features(features: Any, labels: Any = None) -> Outputs:
    return Outputs(np.zeros((len(features), 3), np.float32), features, None, labels)


def test_it_is_a_density() -> None:
    """It integrates to 1 over a plane."""
    stream = np.random.default_rng(0)
    features = stream.normal(0, 1, (90, 2)).astype(np.float32) * np.array([1, 2], np.float32)
    train = with_features(features, np.arange(90) % 3)
    ticks = np.linspace(-14, 14, 281)
    plane = np.stack(np.meshgrid(ticks, ticks), -1).reshape(-1, 2).astype(np.float32)
    for covariance in ("full", "tied"):
        method = METHOD(covariance=covariance).fit(FitData(None, train))
        assert np.exp(method.score(with_features(plane))).sum() * 0.1**2 == pytest.approx(1, rel=1e-6)


def test_an_absent_class_is_left_out(case: Any) -> None:
    data = FitData(None, case.data.train.take(np.flatnonzero(case.data.labels != 2)))
    method = METHOD().fit(data)
    assert method.score(case.id) == pytest.approx(scores(method, data, case.id), rel=1e-9)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"covariance": "x"}, "gmm: covariance must be full or tied, got 'x'"),
        ({"components": 0}, "gmm: components must be at least 1 and ridge above 0, got 0 and 1e-06"),
        ({"ridge": 0.0}, "gmm: components must be at least 1 and ridge above 0, got 1 and 0.0"),
    ],
)
def test_values_without_meaning_are_refused(parameters: Any, message: str) -> None:
    with pytest.raises(BenchError, match=message):
        METHOD(**parameters)


def test_refusals(case: Any) -> None:
    with pytest.raises(BenchError, match="gmm: each class needs at least 3 training images, one per Gaussian"):
        METHOD(components=3).check(Facts(3, 4, np.array([3, 0, 2])))
    METHOD(components=3).check(Facts(3, 4, np.array([3, 0, 4])))
    many = Facts(1000, 2048, np.full(1000, 100))
    METHOD(covariance="tied").check(many)
    with pytest.raises(BenchError, match=r"gmm would need 1000 covariances of 2048 x 2048 .*; use covariance=tied"):
        METHOD().check(many)
    flat = replace(case.data.train, features=np.repeat(1e9 * case.data.features[:, :1], 16, axis=1))
    with pytest.raises(BenchError, match="gmm: a covariance is not positive definite; raise ridge, 1e-06"):
        METHOD().fit(FitData(None, flat))
