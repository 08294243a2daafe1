"""ODIN's step and score against the papers' formulas, written out."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from bench.data.images import ArrayImages
from bench.data.transform import InputTransform
from bench.errors import BenchError
from bench.extraction.extract import extract
from bench.method_contract import METHODS
from bench.networks.classifier import NetworkOutput, build_network
from bench.running.tuning import candidates

ODIN = METHODS.get("odin")
TRANSFORM = InputTransform(16, 16, 3, (0.5, 0.4, 0.3), (0.25, 0.2, 0.1))


def test_the_published_parameters_are_the_defaults() -> None:
    assert ODIN().parameters() == {"temperature": 1000.0, "epsilon": 0.0014, "unit": "raw"}
    steps = [0.0002 * step for step in range(21)]
    assert ODIN.search["epsilon"] == pytest.approx(steps, abs=1e-12)
    assert set(ODIN.search["temperature"]) < {1, 2, 5, 10, 20, 50, 100, 200, 500, 1000}
    assert {1, 1000} < set(ODIN.search["temperature"])


def test_outliers_tune_temperature_and_step_and_id_images_the_step_alone() -> None:
    both = [(one.parameters()["temperature"], one.parameters()["epsilon"]) for one in candidates(ODIN())]
    assert len(set(both)) == len(both) == 3 * 21
    alone = [one.parameters() for one in candidates(ODIN(temperature=7.0), outliers=False)]
    assert {one["temperature"] for one in alone} == {7.0}
    assert len(alone) == 21


def test_the_backward_pass_is_one_for_each_temperature() -> None:
    assert len({one.view().loss for one in candidates(ODIN())}) == 3


@pytest.mark.parametrize("temperature", [1.0, 10.0, 1000.0])
def test_its_loss_is_the_cross_entropy_of_the_predicted_class_at_the_temperature(temperature: float) -> None:
    logits = torch.randn(20, 6, generator=torch.Generator().manual_seed(0)).double() * 4
    p = (logits / temperature).exp()
    p /= p.sum(1, keepdim=True)
    expected = -p[range(20), logits.argmax(1)].log()
    single = logits.float().requires_grad_()
    losses = ODIN(temperature=temperature).view().loss(NetworkOutput(single, torch.zeros(20, 1), None))
    assert torch.allclose(losses.double(), expected, rtol=1e-4, atol=1e-6)
    (gradient,) = torch.autograd.grad(losses.sum(), single)
    by_hand = (p - F.one_hot(logits.argmax(1), 6)) / temperature
    assert torch.allclose(gradient.double(), by_hand, rtol=1e-3, atol=1e-7)


@pytest.mark.parametrize("unit", ["raw", "normalized"])
def test_the_whole_of_it_by_hand(unit: str) -> None:
    network = build_network("convnet", 6, seed=0).eval().requires_grad_(False)
    pixels = np.random.default_rng(0).integers(0, 256, (9, 16, 16, 3), dtype=np.uint8)
    method = ODIN(epsilon=0.01, unit=unit)
    [found] = extract(network, ArrayImages(pixels), TRANSFORM, [method.view()], device=torch.device("cpu")).values()

    std = torch.tensor(TRANSFORM.std).view(1, 3, 1, 1)
    inputs = TRANSFORM(pixels).requires_grad_()
    logits = network(inputs).logits
    loss = F.nll_loss((logits / 1000).log_softmax(1), logits.argmax(1), reduction="sum")
    (gradient,) = torch.autograd.grad(loss, inputs)
    moved = inputs - (0.01 / std if unit == "raw" else 0.01) * gradient.sign()
    temperate = network(moved.detach()).logits.double() / 1000
    scores = (temperate.exp().max(1).values / temperate.exp().sum(1)).log()
    assert method.score(found) == pytest.approx(scores.numpy(), rel=1e-9)
    assert not np.allclose(found.logits, logits.detach().numpy(), atol=1e-4)


@pytest.mark.parametrize("temperature", [1.0, 1000.0])
@pytest.mark.parametrize("unit", ["raw", "normalized"])
def test_it_is_pytorch_oods(unit: str, temperature: float) -> None:
    detector = pytest.importorskip("pytorch_ood.detector").ODIN
    network = build_network("convnet", 6, seed=0).eval().requires_grad_(False)
    pixels = np.random.default_rng(0).integers(0, 256, (9, 16, 16, 3), dtype=np.uint8)
    method = ODIN(epsilon=0.01, temperature=temperature, unit=unit)
    [found] = extract(network, ArrayImages(pixels), TRANSFORM, [method.view()], device=torch.device("cpu")).values()

    stds = list(TRANSFORM.std) if unit == "raw" else None
    theirs = detector(lambda images: network(images).logits, eps=0.01, temperature=temperature, norm_std=stds)
    assert np.exp(method.score(found)) == pytest.approx(-theirs.predict(TRANSFORM(pixels)).numpy(), rel=1e-6)


@pytest.mark.parametrize("temperature", [0.0, -1.0])
def test_a_temperature_that_makes_no_sense_is_refused(temperature: float) -> None:
    with pytest.raises(BenchError, match="odin: temperature must be positive"):
        ODIN.make({"temperature": temperature})
    with pytest.raises(BenchError, match="must be 'raw' or 'normalized'"):
        ODIN.make({"unit": "pixels"})
