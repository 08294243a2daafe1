"""DICE."""

from typing import Any

import numpy as np
import pytest
import torch

from bench.errors import BenchError
from bench.method_contract import METHODS
from bench.metrics import auroc
from tests.methods.oracles.dice import scores

METHOD = METHODS.get("dice")


@pytest.mark.parametrize("percentile", METHOD.search["percentile"])
def test_it_is_the_papers_formula(case: Any, percentile: float) -> None:
    method = METHOD(percentile=percentile).fit(case.data)
    for outputs in (case.id, case.ood):
        assert method.score(outputs) == pytest.approx(scores(method, case.data, outputs), rel=1e-10)
    assert auroc(method.score(case.id), method.score(case.ood)) > 0.95


@pytest.mark.parametrize("percentile", [50.0, 90.0])
def test_it_is_pytorch_oods_with_the_sign_turned(case: Any, percentile: float) -> None:
    weight, bias = (torch.from_numpy(value) for value in (case.data.head.weight, case.data.head.bias))
    peer = pytest.importorskip("pytorch_ood.detector").DICE(None, weight, bias, percentile / 100)
    peer.fit_features(torch.from_numpy(case.data.features), torch.from_numpy(case.data.labels))
    method = METHOD(percentile=percentile).fit(case.data)
    for outputs in (case.id, case.ood):
        theirs = -peer.predict_features(torch.from_numpy(outputs.features).double()).numpy()
        assert method.score(outputs) == pytest.approx(theirs, rel=1e-5)


def test_it_keeps_the_asked_share_of_the_weights_and_changes_none_of_them(case: Any) -> None:
    method, weight = METHOD(percentile=90.0).fit(case.data), case.data.head.weight
    kept = method.head_.weight != 0
    assert kept.sum() == round(0.1 * weight.size)
    assert np.array_equal(method.head_.weight[kept], weight[kept])
    assert np.array_equal(method.head_.bias, case.data.head.bias)


def test_the_percentile_changes_the_scores(case: Any) -> None:
    values = METHOD.search["percentile"]
    assert len({METHOD(percentile=value).fit(case.data).score(case.id).tobytes() for value in values}) == len(values)


@pytest.mark.parametrize("value", [-1.0, 100.0])
def test_refusals(value: float) -> None:
    with pytest.raises(BenchError, match=r"dice: percentile must be between 0 and 99\.9, got"):
        METHOD(percentile=value)
