"""Distances to decision boundaries."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from bench.errors import BenchError
from bench.fitting.data import FitData, Head
from bench.method_contract import METHODS
from bench.metrics import auroc
from tests.methods.oracles.fdbd import scores

METHOD = METHODS.get("fdbd")


@pytest.mark.parametrize("normalizer", METHOD.search["normalizer"])
def test_it_is_the_definition(case: Any, normalizer: Any) -> None:
    method = METHOD(normalizer=normalizer).fit(case.data)
    for outputs in (case.id, case.ood):
        assert method.score(outputs) == pytest.approx(scores(method, case.data, outputs), rel=1e-9)
    assert auroc(method.score(case.id), method.score(case.ood)) > 0.95


def test_it_is_pytorch_oods(case: Any) -> None:
    head = nn.Linear(16, 5)
    with torch.no_grad():
        head.weight.copy_(torch.from_numpy(case.data.head.weight))
        head.bias.copy_(torch.from_numpy(case.data.head.bias))
    peer = pytest.importorskip("pytorch_ood.detector").fDBD(None, head)
    peer.fit_features(torch.from_numpy(case.data.features))
    theirs = -peer.predict_features(torch.from_numpy(case.id.features)).detach().numpy()
    assert METHOD().fit(case.data).score(case.id) == pytest.approx(theirs, rel=1e-5)


def test_two_classes_have_one_boundary(case: Any) -> None:
    head = Head(case.data.head.weight[:2], case.data.head.bias[:2])
    train, tested = (replace(one, logits=one.logits[:, :2]) for one in (case.data.train, case.id))
    data = FitData(head, replace(train, labels=train.labels % 2))
    method = METHOD().fit(data)
    assert method.score(tested) == pytest.approx(scores(method, data, tested), rel=1e-9)


def test_classes_with_the_same_weights_and_features_at_the_mean_have_finite_scores(case: Any) -> None:
    weight = case.data.head.weight.copy()
    weight[1] = weight[0]
    method = METHOD().fit(FitData(Head(weight, case.data.head.bias), case.data.train))
    central = replace(case.id, features=np.broadcast_to(method.origin_, case.id.features.shape).astype(np.float32))
    for outputs in (case.id, central):
        assert np.isfinite(method.score(outputs)).all()


def test_a_normalizer_of_no_meaning_is_refused() -> None:
    with pytest.raises(BenchError, match="fdbd: normalizer must be deviation or length, got 'x'"):
        METHOD(normalizer="x")
