"""VRA and VRA+."""

from typing import Any

import numpy as np
import pytest
import torch

from bench.errors import BenchError
from bench.fitting.shaping import shaped_energy
from bench.method_contract import METHODS
from bench.metrics import auroc
from tests.methods.oracles.vra import scores

METHOD = METHODS.get("vra")


@pytest.mark.parametrize(
    ("low", "high", "gamma"), [(60, 95, 0), (60, 95, 0.6), (0, 100, 0), (50, 50, 0.2), (10, 90, 0)]
)
def test_it_is_the_papers_formula(case: Any, low: float, high: float, gamma: float) -> None:
    method = METHOD(low=float(low), high=float(high), gamma=float(gamma)).fit(case.data)
    for outputs in (case.id, case.ood):
        assert method.score(outputs) == pytest.approx(scores(method, case.data, outputs), rel=1e-12)


def test_outliers_score_lower(case: Any) -> None:
    for gamma in METHOD.search["gamma"]:
        method = METHOD(gamma=gamma).fit(case.data)
        assert auroc(method.score(case.id), method.score(case.ood)) > 0.95


@pytest.mark.parametrize(("low", "high"), [(1.0, 99.0), (15.0, 85.0)])
def test_with_low_values_raised_instead_of_removed_it_is_pytorch_oods(case: Any, low: float, high: float) -> None:
    peers, head = pytest.importorskip("pytorch_ood.detector"), case.data.head
    peer = peers.VRA(lambda x: x, lambda x: torch.from_numpy(head.logits(x.flatten(1).numpy())), low / 100, high / 100)
    peer.fit_feature_maps(torch.from_numpy(case.data.features)[..., None, None], torch.from_numpy(case.data.labels))
    method = METHOD(low=low, high=high).fit(case.data)
    assert method.alpha_ == pytest.approx(peer._lower_threshold.flatten().numpy(), rel=1e-6)
    assert method.beta_ == pytest.approx(peer._upper_threshold.flatten().numpy(), rel=1e-6)
    for outputs in (case.id, case.ood):
        theirs = -peer.predict_feature_maps(torch.from_numpy(outputs.features)[..., None, None]).numpy()
        raised = shaped_energy(head, outputs.features, lambda rows: rows.clip(method.alpha_, method.beta_))
        assert raised == pytest.approx(theirs, rel=1e-6)


def test_without_bounds_and_amplification_it_is_the_energy(case: Any) -> None:
    method = METHOD(low=0.0, high=100.0).fit(case.data)
    energy = shaped_energy(case.data.head, case.data.features, lambda rows: rows)
    assert np.array_equal(method.score(case.data.train), energy)


def test_each_parameter_changes_the_scores(case: Any) -> None:
    tried = [
        METHOD(low=low, high=high, gamma=gamma).fit(case.data).score(case.id).tobytes()
        for low in METHOD.search["low"]
        for high in METHOD.search["high"]
        for gamma in METHOD.search["gamma"]
    ]
    assert len(set(tried)) == len(tried) == 12


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"low": -1.0}, "vra: low must be between 0 and 100, got -1"),
        ({"high": 101.0}, "vra: high must be between 0 and 100, got 101"),
        ({"low": 96.0}, "vra: low must be at most high, got 96.0 and 95.0"),
        ({"gamma": -0.1}, "vra: gamma must be at least 0, got -0.1"),
    ],
)
def test_refusals(parameters: dict[str, float], message: str) -> None:
    with pytest.raises(BenchError, match=message):
        METHOD(**parameters)
