"""Nearness to the predicted class's weights."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from bench.errors import BenchError
from bench.method_contract import METHODS
from bench.metrics import auroc
from tests.methods.oracles.nci import scores

METHOD = METHODS.get("nci")


@pytest.mark.parametrize("parameters", [{}, {"alpha": 0.1}, {"alpha": 0.1, "order": 2}, {"alpha": 0.0}])
def test_it_is_the_authors_score(case: Any, parameters: Any) -> None:
    method = METHOD(**parameters).fit(case.data)
    for outputs in (case.id, case.ood):
        assert method.score(outputs) == pytest.approx(scores(method, case.data, outputs), rel=1e-9)
    assert auroc(method.score(case.id), method.score(case.ood)) > 0.95


@pytest.mark.parametrize("alpha", [0.0, 0.01])
def test_it_is_pytorch_oods(case: Any, alpha: float) -> None:
    head = nn.Linear(16, 5)
    with torch.no_grad():
        head.weight.copy_(torch.from_numpy(case.data.head.weight))
        head.bias.copy_(torch.from_numpy(case.data.head.bias))
    peer = pytest.importorskip("pytorch_ood.detector").NCI(None, head, alpha=alpha)
    peer.fit_features(torch.from_numpy(case.data.features))
    theirs = -peer.predict_features(torch.from_numpy(case.id.features)).detach().numpy()
    assert METHOD(alpha=alpha).fit(case.data).score(case.id) == pytest.approx(theirs, rel=1e-5)


def test_a_feature_that_is_the_mean_has_no_direction(case: Any) -> None:
    method = METHOD(alpha=1.0).fit(case.data)
    method.mean_ = case.id.features[7].astype(np.float64)
    found = method.score(replace(case.id, labels=None))[7]
    assert found == pytest.approx(np.abs(case.id.features[7].astype(np.float64)).sum(), rel=1e-12)


@pytest.mark.parametrize("parameters", [{"alpha": -1.0}, {"order": 0}])
def test_values_without_meaning_are_refused(parameters: Any) -> None:
    with pytest.raises(BenchError, match="nci: alpha must be at least 0 and order at least 1, got"):
        METHOD(**parameters)
