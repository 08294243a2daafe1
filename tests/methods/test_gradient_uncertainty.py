from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from scipy.stats import spearmanr
from torch import nn

from bench.data.images import ArrayImages
from bench.data.transform import InputTransform
from bench.errors import BenchError
from bench.extraction.extract import extract
from bench.extraction.view import CLEAN
from bench.method_contract import METHODS
from bench.metrics import auroc
from bench.networks.adapt import adapt
from bench.shared import Shared
from tests.methods.oracles.gradient_uncertainty import scores
from tests.methods.raw_maps import LogitsOnly, as_it_ran

UNCERTAINTY: Any = METHODS.get("gradient-uncertainty")
LayerCase = Callable[[Any], Any]


@pytest.mark.parametrize("layers", ["all", "last"])
def test_the_score_is_the_oracles_in_float64_up_to_the_passes_float32(layers: str, layer_case: LayerCase) -> None:
    method = UNCERTAINTY(layers=layers)
    case = layer_case(method)
    for outputs in (case.id, case.ood):
        assert method.score(outputs) == pytest.approx(scores(method, case.data, outputs), rel=1e-4)


@pytest.mark.parametrize(("layers", "part"), [("all", ""), ("last", "classifier")])
def test_the_scores_are_pytorch_oods(layers: str, part: str, layer_case: LayerCase) -> None:
    peers = pytest.importorskip("pytorch_ood.detector")
    method = UNCERTAINTY(layers=layers)
    case = layer_case(method)
    network, images = as_it_ran(case.id)
    peer = peers.GradUncertainty(LogitsOnly(network).eval(), lambda name: name.startswith(part))
    theirs = -peer.to("cpu").predict(images).double().numpy()
    assert method.score(case.id) == pytest.approx(theirs, rel=1e-4)
    assert spearmanr(method.score(case.id), theirs).statistic > 0.999


def test_sure_images_score_higher(layer_case: LayerCase) -> None:
    method = UNCERTAINTY(layers="last")
    case = layer_case(method)
    assert auroc(method.score(case.id), method.score(case.ood)) > 0.7  # the outliers of the case have large features
    uniform = replace(case.id, logits=np.ones_like(case.id.logits), shared=Shared())
    assert method.score(uniform) == pytest.approx(np.zeros(len(uniform)), abs=1e-20)


def test_logits_without_bounds_give_finite_scores(layer_case: LayerCase) -> None:
    method = UNCERTAINTY(layers="last")
    outputs = layer_case(method).id
    logits = np.array([[1e4, 0, 0, 0, 0], [-1e4, 0, 0, 0, 0], [1e4, 1e4, -1e4, 0, 0]], dtype=np.float32)
    features = np.zeros((3, 64), dtype=np.float32)
    found = method.score(replace(outputs, logits=logits, features=features, shared=Shared()))
    assert found == pytest.approx([20, 1.25, 7.5])


def test_the_network_is_left_as_it_was(layer_case: LayerCase) -> None:
    network, _ = as_it_ran(layer_case(UNCERTAINTY(layers="last")).id)
    before = {name: one.clone() for name, one in network.state_dict().items()}
    network.requires_grad_(True)
    try:
        layer_case(UNCERTAINTY())
        assert all(one.requires_grad and one.grad is None for one in network.parameters())
    finally:
        network.requires_grad_(False)
    assert not network.training
    assert all(torch.equal(one, before[name]) for name, one in network.state_dict().items())


def test_a_foreign_network_is_differentiated_too(layer_case: LayerCase) -> None:
    method = UNCERTAINTY()
    case = layer_case(method)
    network, images = as_it_ran(case.ood)
    model = adapt(LogitsOnly(network), example=images[:2])
    assert isinstance(model, nn.Module)
    transform = InputTransform(32, 32, 1, (0.5,), (0.25,))
    probes = {CLEAN: method.probes()}
    pixels = (255 * (images[:, 0] * 0.25 + 0.5)).round().to(torch.uint8).numpy()
    found = extract(model, ArrayImages(pixels), transform, [CLEAN], device=torch.device("cpu"), probes=probes)[CLEAN]
    assert method.score(found) == pytest.approx(method.score(case.ood), rel=1e-4)


def test_other_layers_are_refused() -> None:
    with pytest.raises(BenchError, match="layers must be all or last, got 'first'"):
        UNCERTAINTY(layers="first")
