"""The learned confidence as a score, before and after the step towards higher confidence."""

import numpy as np
import pytest
import torch

from bench.data.images import ArrayImages
from bench.data.transform import InputTransform
from bench.extraction.extract import extract
from bench.extraction.outputs import Outputs
from bench.extraction.view import CLEAN
from bench.method_contract import METHODS
from bench.networks.classifier import NetworkOutput, build_network

PREPROCESSED = METHODS.get("confidence-preprocessed")
TRANSFORM = InputTransform(16, 16, 3, (0.5, 0.4, 0.3), (0.25, 0.2, 0.1))


def outputs(confidence_logits: list[float]) -> Outputs:
    logit = np.array(confidence_logits, dtype=np.float32)
    return Outputs(np.zeros((len(logit), 2), np.float32), np.zeros((len(logit), 1), np.float32), logit)


@pytest.mark.parametrize("name", ["confidence", "confidence-preprocessed"])
def test_confidences_that_tie_in_single_precision_keep_their_order(name: str) -> None:
    steps = np.linspace(17, 31, 100).tolist()
    scores = METHODS.get(name)().score(outputs(steps))
    assert set(torch.tensor(steps).sigmoid().tolist()) == {1.0}
    assert (np.diff(scores) > 0).all()


@pytest.mark.parametrize("name", ["confidence", "confidence-preprocessed"])
def test_extreme_logits_are_read_without_overflow(name: str) -> None:
    scores = METHODS.get(name)().score(outputs([-800.0, -100.0, 0.0, 100.0, 800.0]))
    assert scores == pytest.approx([0.0, np.exp(-100.0), 0.5, 1.0, 1.0], rel=1e-12)


def test_its_description_states_the_rule_by_which_detect_decides() -> None:
    described = " ".join(str(METHODS.get("confidence").__doc__).split())
    assert "OOD when its confidence is below a threshold delta, else ID" in described


def test_a_network_without_the_branch_has_no_confidence() -> None:
    without = Outputs(np.zeros((2, 2), np.float32), np.zeros((2, 1), np.float32))
    with pytest.raises(ValueError, match="no confidence branch"):
        METHODS.get("confidence")().score(without)


def test_its_loss_is_minus_log_c_and_does_not_saturate() -> None:
    logit = torch.tensor([-3.0, 0.0, 2.0, 40.0, -40.0], requires_grad=True)
    losses = PREPROCESSED().view().loss(NetworkOutput(torch.zeros(5, 2), torch.zeros(5, 1), logit))
    double = logit.detach().double()
    assert torch.allclose(losses.double(), (1 + (-double).exp()).log(), rtol=1e-5)
    (gradient,) = torch.autograd.grad(losses.sum(), logit)
    assert (gradient < 0).all(), "more logit is more confidence, even where c is 1 in single precision"
    assert torch.allclose(gradient.double(), -1 / (1 + double.exp()), rtol=1e-4)


@pytest.mark.parametrize("unit", ["raw", "normalized"])
def test_the_whole_of_it_by_hand(unit: str) -> None:
    network = build_network("convnet", 6, confidence_branch=True, seed=0).eval().requires_grad_(False)
    pixels = np.random.default_rng(0).integers(0, 256, (9, 16, 16, 3), dtype=np.uint8)
    method = PREPROCESSED(epsilon=0.02, unit=unit)
    views = [CLEAN, method.view()]
    found = extract(network, ArrayImages(pixels), TRANSFORM, views, device=torch.device("cpu"))

    std = torch.tensor(TRANSFORM.std).view(1, 3, 1, 1)
    inputs = TRANSFORM(pixels).requires_grad_()
    loss = -network(inputs).confidence_logit.sigmoid().log().mean()
    (gradient,) = torch.autograd.grad(loss, inputs)
    moved = inputs - (0.02 / std if unit == "raw" else 0.02) * gradient.sign()
    expected = network(moved.detach()).confidence_logit.double().sigmoid()
    scores = method.score(found[method.view()])
    assert scores == pytest.approx(expected.numpy(), rel=1e-5)
    assert (scores > METHODS.get("confidence")().score(found[CLEAN])).all(), "the step raises every confidence"


def test_the_published_defaults_are_in_the_units_of_the_papers_code() -> None:
    assert PREPROCESSED().parameters() == {"epsilon": 0.001, "unit": "normalized"}
