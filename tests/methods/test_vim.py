"""ViM and the residual."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from scipy.stats import spearmanr

from bench.errors import BenchError
from bench.extraction.outputs import Outputs
from bench.fitting.data import Facts, FitData, Head
from bench.method_contract import METHODS
from bench.metrics import auroc
from tests.methods.oracles import residual, vim

ORACLES = {"vim": vim, "residual": residual}
both = pytest.mark.parametrize("name", ORACLES)


@both
@pytest.mark.parametrize("dim", [0, 1, 5, 15])
def test_it_is_the_papers_formula(case: Any, name: str, dim: int) -> None:
    method = METHODS.get(name)(dim=dim).fit(case.data)
    for outputs in (case.id, case.ood):
        assert method.score(outputs) == pytest.approx(ORACLES[name].scores(method, case.data, outputs), rel=1e-9)


@both
def test_outliers_score_lower(case: Any, name: str) -> None:
    method = METHODS.get(name)().fit(case.data)
    assert auroc(method.score(case.id), method.score(case.ood)) > 0.95


@pytest.mark.parametrize("dim", [4, 8])
def test_vim_is_pytorch_oods_with_the_sign_turned(case: Any, dim: int) -> None:
    weight, bias = (torch.from_numpy(value) for value in (case.data.head.weight, case.data.head.bias))
    peer = pytest.importorskip("pytorch_ood.detector").ViM(None, dim, weight, bias)
    peer.fit_features(torch.from_numpy(case.data.features), torch.from_numpy(case.data.labels))
    method = METHODS.get("vim")(dim=dim).fit(case.data)
    for outputs in (case.id, case.ood):
        theirs = -peer.predict_features(torch.from_numpy(outputs.features)).numpy()
        assert method.score(outputs) == pytest.approx(theirs, rel=1e-3, abs=1e-3), "theirs is in float32"
        assert spearmanr(method.score(outputs), theirs).statistic > 0.9999


def test_on_training_images_the_virtual_logit_is_as_large_as_the_largest_one(case: Any) -> None:
    method = METHODS.get("vim")().fit(case.data)
    virtual = method.alpha_ * -METHODS.get("residual")().fit(case.data).score(case.data.train)
    assert virtual.mean() == pytest.approx(case.data.train.logits.max(1).mean(dtype=float), rel=1e-12)


@both
def test_the_dimension_changes_the_scores(case: Any, name: str) -> None:
    method = METHODS.get(name)
    assert len({method(dim=dim).fit(case.data).score(case.id).tobytes() for dim in (0, 3, 4, 7)}) == 4
    assert np.array_equal(method().fit(case.data).score(case.id), method(dim=8).fit(case.data).score(case.id))


@both
def test_refusals(case: Any, name: str) -> None:
    with pytest.raises(BenchError, match=f"{name}: dim must be at least 0, got -1"):
        METHODS.get(name)(dim=-1)
    with pytest.raises(BenchError, match="dim must be below the number of features, 16, got 16"):
        METHODS.get(name)(dim=16).check(case.facts)
    METHODS.get(name)(dim=15).check(case.facts)


@both
def test_directions_need_more_training_images(name: str) -> None:
    with pytest.raises(BenchError, match=f"{name}: 8 principal directions need more training images than 8"):
        METHODS.get(name)(dim=8).check(Facts(5, 16, np.array([4, 4, 0, 0, 0])))
    METHODS.get(name)(dim=8).check(Facts(5, 16, np.array([4, 5, 0, 0, 0])))


def test_a_virtual_logit_needs_training_images_outside_the_directions(case: Any) -> None:
    method = METHODS.get("vim")(dim=8)
    flat = np.zeros((20, 16), np.float32)
    flat[:, 0] = np.arange(20)
    head = Head(case.data.head.weight, np.zeros(5))
    train = Outputs(head.logits(flat).astype(np.float32), flat, None, np.arange(20) % 5)
    with pytest.raises(BenchError, match="choose a lower dim"):
        method.fit(FitData(head, train))


@both
def test_it_forgets_an_earlier_fit(case: Any, make_case: Any, name: str) -> None:
    other = make_case(1)
    again = METHODS.get(name)().fit(other.data).fit(case.data).score(case.id)
    assert np.array_equal(again, METHODS.get(name)().fit(case.data).score(replace(case.id, logits=case.id.logits)))
