"""Simplified Hopfield energy."""

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
from tests.methods.oracles.she import scores

METHOD = METHODS.get("she")


def mislabelled(data: FitData) -> FitData:
    """The data with every seventh label moved on, so that these images are not correctly classified."""
    labels = np.where(np.arange(len(data.labels)) % 7 == 0, (data.labels + 1) % 5, data.labels)
    return FitData(data.head, replace(data.train, labels=labels))


@pytest.mark.parametrize("metric", METHOD.search["metric"])
def test_it_is_the_definition(case: Any, metric: Any) -> None:
    for data in (case.data, mislabelled(case.data)):
        method = METHOD(metric=metric).fit(data)
        for outputs in (case.id, case.ood):
            assert method.score(outputs) == pytest.approx(scores(method, data, outputs), rel=1e-9)
        assert auroc(method.score(case.id), method.score(case.ood)) > 0.95


def test_it_is_pytorch_oods(case: Any) -> None:
    head = nn.Linear(16, 5)
    with torch.no_grad():
        head.weight.copy_(torch.from_numpy(case.data.head.weight))
        head.bias.copy_(torch.from_numpy(case.data.head.bias))
    data = mislabelled(case.data)
    peer = pytest.importorskip("pytorch_ood.detector").SHE(None, head)
    peer.fit_features(torch.from_numpy(data.features), torch.from_numpy(data.labels))
    theirs = -peer.predict_features(torch.from_numpy(case.id.features)).detach().numpy()
    assert METHOD().fit(data).score(case.id) == pytest.approx(theirs, rel=1e-5)


def test_a_class_that_is_never_recognised_has_the_mean_of_its_images(case: Any) -> None:
    logits = case.data.train.logits.copy()
    logits[case.data.labels == 3, 4] += 100
    data = FitData(None, replace(case.data.train, logits=logits))
    method = METHOD().fit(data)
    assert method.score(case.id) == pytest.approx(scores(method, data, case.id), rel=1e-9)


def test_refusals() -> None:
    with pytest.raises(BenchError, match="she: metric must be inner-product, euclidean or cosine, got 'x'"):
        METHOD(metric="x")
    with pytest.raises(BenchError, match="she needs a training image of every class, and class 1 has none"):
        METHOD().check(Facts(3, 4, np.array([2, 0, 0])))
