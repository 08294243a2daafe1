"""GradNorm's closed form against gradients."""

from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from bench.errors import BenchError
from bench.extraction.outputs import Outputs
from bench.method_contract import METHODS
from bench.metrics import auroc
from tests.methods.oracles.gradnorm import scores

METHOD = METHODS.get("gradnorm")


@pytest.mark.parametrize("temperature", METHOD.search["temperature"])
def test_it_is_the_norm_of_the_gradient(case: Any, temperature: float) -> None:
    method = METHOD(temperature=temperature)
    for outputs in (case.id, case.ood):
        assert method.score(outputs) == pytest.approx(scores(method, case.data, outputs), rel=1e-10)


def test_outliers_score_lower(case: Any) -> None:
    assert auroc(METHOD().score(case.id), METHOD().score(case.ood)) > 0.95


def test_the_released_code_has_it_times_the_number_of_classes(case: Any) -> None:
    layer = nn.Linear(16, 5).double()
    layer.weight.data, layer.bias.data = (torch.from_numpy(v) for v in (case.data.head.weight, case.data.head.bias))
    released = []
    for z in torch.from_numpy(case.id.features).double():
        layer.zero_grad()
        (-layer(z[None]).log_softmax(1)).sum(1).mean().backward()
        assert layer.weight.grad is not None
        released.append(float(layer.weight.grad.abs().sum()))
    assert METHOD().score(case.id) * 5 == pytest.approx(released, rel=1e-5)


@pytest.mark.parametrize("temperature", [1.0, 2.0])
def test_it_is_pytorch_oods_on_the_last_layers_weight(case: Any, temperature: float) -> None:
    layer = nn.Linear(16, 5)
    layer.weight.data, layer.bias.data = (
        torch.from_numpy(v).float() for v in (case.data.head.weight, case.data.head.bias)
    )
    peers = pytest.importorskip("pytorch_ood.detector")
    peer = peers.GradNorm(layer, param_filter=lambda name: name == "weight", temperature=temperature)
    theirs = -peer.predict(torch.from_numpy(case.ood.features)).numpy()
    assert METHOD(temperature=temperature).score(case.ood) == pytest.approx(theirs, rel=1e-4)


def test_extreme_logits() -> None:
    logits = np.array([[1e4, -1e4, 0], [1e4, 1e4, 1e4], [-1e4, -1e4, -1e4]], np.float32)
    found = METHOD().score(Outputs(logits, np.full((3, 4), -0.5, np.float32)))
    assert found == pytest.approx([2 * 4 / 3, 0, 0], abs=1e-12)


def test_a_temperature_that_makes_no_sense_is_refused() -> None:
    with pytest.raises(BenchError, match="gradnorm: temperature must be positive, got 0"):
        METHOD(temperature=0.0)
