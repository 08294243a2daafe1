"""Weighted energy."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from bench.errors import BenchError
from bench.fitting.data import FitData
from bench.method import METHODS
from bench.metrics import auroc
from tests.methods.oracles.weighted_energy import scores

METHOD = METHODS.get("weighted-energy")


@pytest.mark.parametrize(("sample_from", "seed"), [(10_000, 0), (1, 3)])
def test_it_is_the_least_loss_on_outliers_drawn_one_by_one(case: Any, sample_from: int, seed: int) -> None:
    method = METHOD(sample_from=sample_from, seed=seed).fit(case.data)
    assert method.score(case.id) == pytest.approx(scores(method, case.data, case.id), rel=1e-6, abs=1e-6)
    assert auroc(method.score(case.id), method.score(case.ood)) > 0.95


def test_it_is_pytorch_oods_at_the_same_weights_with_the_sign_turned(case: Any) -> None:
    method = METHOD().fit(case.data)
    weights = torch.from_numpy(np.exp(method.log_weights_))
    peer = pytest.importorskip("pytorch_ood.detector").WeightedEBO(None, weights)
    theirs = -peer.predict_logits(torch.from_numpy(case.id.logits)).numpy()
    assert method.score(case.id) == pytest.approx(theirs, rel=1e-5, abs=1e-6)


def test_the_largest_of_many_radii_is_drawn_as_if_all_were() -> None:
    """Against 300 draws of 50 samples each: the squared radius that enters the virtual outliers."""
    from scipy.special import gammainccinv
    from scipy.stats import ks_2samp

    stream = np.random.default_rng(0)
    largest = (stream.standard_normal((300, 50, 6)) ** 2).sum(2).max(1)
    at_once = 2 * gammainccinv(6 / 2, -np.expm1(np.log(stream.random(3000)) / 50))
    assert ks_2samp(largest, at_once).pvalue > 0.01


def test_a_class_whose_energies_lie_higher_gets_a_smaller_weight(case: Any) -> None:
    bias = case.data.head.bias + np.array([6.0, 0, 0, 0, 0])
    lifted = case.data.train.logits + np.array([6, 0, 0, 0, 0], np.float32)
    data = FitData(replace(case.data.head, bias=bias), replace(case.data.train, logits=lifted))
    moved = METHOD().fit(data).log_weights_ - METHOD().fit(case.data).log_weights_
    assert moved[0] - moved[1:] == pytest.approx([-6] * 4, abs=0.1)


def test_each_parameter_changes_the_scores_and_the_same_seed_does_not(case: Any) -> None:
    methods = [METHOD(), METHOD(), METHOD(seed=1), METHOD(sample_from=10)]
    tried = [method.fit(case.data).score(case.id).tobytes() for method in methods]
    assert tried[0] == tried[1]
    assert len(set(tried)) == 3


def test_an_absent_class_and_a_large_training_set(case: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = case.data.train.take(np.flatnonzero(case.data.labels != 2))
    monkeypatch.setitem(METHOD.fit.__globals__, "IMAGES", 100)
    method = METHOD().fit(FitData(case.data.head, kept))
    assert np.flatnonzero(np.abs(method.log_weights_) < 1e-12).tolist() == [2]
    assert auroc(method.score(case.id), method.score(case.ood)) > 0.95


def test_a_number_of_samples_that_makes_no_sense_is_refused() -> None:
    with pytest.raises(BenchError, match="weighted-energy: sample_from must be at least 1, got 0"):
        METHOD(sample_from=0)
