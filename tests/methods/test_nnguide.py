"""Nearest neighbour guidance."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from bench.errors import BenchError
from bench.fitting.data import Facts, FitData
from bench.method_contract import METHODS
from bench.metrics import auroc
from tests.methods.oracles.nnguide import scores

METHOD = METHODS.get("nnguide")


@pytest.mark.parametrize(("k", "alpha"), [(1, 1.0), (10, 0.01), (3, 0.3), (400, 1.0)])
def test_it_is_the_definition(case: Any, k: int, alpha: float) -> None:
    method = METHOD(k=k, alpha=alpha).fit(case.data)
    for outputs in (case.id, case.ood):
        assert method.score(outputs) == pytest.approx(scores(method, case.data, outputs), rel=1e-9)


def test_outliers_score_lower(case: Any) -> None:
    method = METHOD().fit(case.data)
    assert auroc(method.score(case.id), method.score(case.ood)) > 0.95


def test_with_all_images_it_is_pytorch_oods(case: Any) -> None:
    head = nn.Linear(16, 5)
    with torch.no_grad():
        head.weight.copy_(torch.from_numpy(case.data.head.weight))
        head.bias.copy_(torch.from_numpy(case.data.head.bias))
    peer = pytest.importorskip("pytorch_ood.detector").NNGuide(None, head, k=10)
    peer.fit_features(torch.from_numpy(case.data.features), torch.from_numpy(case.data.labels))
    theirs = -peer.predict_features(torch.from_numpy(case.id.features)).numpy()
    assert METHOD(alpha=1.0).fit(case.data).score(case.id) == pytest.approx(theirs, rel=1e-5)


def test_larger_banks_hold_smaller_ones_and_at_least_k_images(case: Any) -> None:
    banks = [METHOD(k=10, alpha=alpha).fit(case.data).bank_ for alpha in (0.001, 0.05, 0.5)]
    assert [len(bank) for bank in banks] == [10, 20, 200]
    rows = [{row.tobytes() for row in bank.features} for bank in banks]
    assert rows[0] < rows[1] < rows[2]


@pytest.mark.parametrize("size", [1e-3, 1e4])
def test_energies_of_any_size_and_sign(case: Any, size: float) -> None:
    def moved(outputs: Any) -> Any:
        return replace(outputs, logits=(-size * outputs.logits).astype(np.float32))

    data = FitData(None, moved(case.data.train))
    method = METHOD(alpha=1.0).fit(data)
    assert method.score(moved(case.id)) == pytest.approx(scores(method, data, moved(case.id)), rel=1e-9)


@pytest.mark.parametrize("parameters", [{"k": 0}, {"alpha": 0.0}, {"alpha": 1.1}])
def test_values_without_meaning_are_refused(parameters: Any) -> None:
    with pytest.raises(BenchError, match="nnguide: k must be at least 1 and alpha above 0, at most 1, got"):
        METHOD(**parameters)


def test_more_neighbours_than_images_are_refused() -> None:
    with pytest.raises(BenchError, match="nnguide: k must be at most the number of training images, 9, got 10"):
        METHOD().check(Facts(2, 4, np.array([9, 0])))
