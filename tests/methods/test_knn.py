"""Distance to the k-th nearest neighbour."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from bench.errors import BenchError
from bench.fitting.data import Facts, FitData
from bench.method_contract import METHODS
from bench.metrics import auroc
from bench.shared import Shared
from tests.methods.oracles.knn import scores

METHOD = METHODS.get("knn")


@pytest.mark.parametrize("k", [1, 7, 50, 200, 400])
def test_it_is_the_definition(case: Any, k: int) -> None:
    method = METHOD(k=k).fit(case.data)
    for outputs in (case.id, case.ood):
        assert method.score(outputs) == pytest.approx(scores(method, case.data, outputs), rel=1e-9)


def test_outliers_are_far_from_their_neighbours(case: Any) -> None:
    method = METHOD().fit(case.data)
    assert auroc(method.score(case.id), method.score(case.ood)) > 0.95


def test_it_is_pytorch_oods(case: Any) -> None:
    peer = pytest.importorskip("pytorch_ood.detector").KNN(None, k=50)
    peer.fit_features(torch.from_numpy(case.data.features), torch.from_numpy(case.data.labels))
    theirs = -peer.predict_features(torch.from_numpy(case.id.features)).numpy()
    assert METHOD().fit(case.data).score(case.id) == pytest.approx(theirs, rel=1e-5)


def test_all_numbers_of_neighbours_share_one_search(case: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    METHOD(k=200).fit(case.data).score(case.id)
    monkeypatch.delattr("bench.fitting.neighbours.search")
    found = [METHOD(k=k).fit(case.data).score(case.id) for k in METHOD.search["k"]]
    assert (np.diff(found, axis=0) < 0).all()


def test_features_of_zeros_lie_in_the_middle(case: Any) -> None:
    emptied = case.data.features.copy()
    emptied[:3] = 0
    data = FitData(None, replace(case.data.train, features=emptied))
    for k in (1, 3, 4, 5):
        method = METHOD(k=k).fit(data)
        for factor in (1, -1, 0):
            outputs = replace(case.id, features=factor * case.id.features, shared=Shared())
            assert method.score(outputs) == pytest.approx(scores(method, data, outputs), rel=1e-9)


def test_an_image_of_the_bank_is_its_own_neighbour(case: Any) -> None:
    assert METHOD(k=1).fit(case.data).score(case.data.train) == pytest.approx(0, abs=1e-7)


def test_refusals() -> None:
    with pytest.raises(BenchError, match="knn: k must be at least 1, got 0"):
        METHOD(k=0)
    with pytest.raises(BenchError, match="knn: k must be at most the number of training images, 49, got 50"):
        METHOD().check(Facts(2, 4, np.array([40, 9])))
    METHOD().check(Facts(2, 4, np.array([40, 10])))
