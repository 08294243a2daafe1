"""The pass over a data set against a plain forward and against gradients taken by hand."""

import pickle
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from bench.data.images import ArrayImages
from bench.data.transform import InputTransform
from bench.extraction.extract import extract
from bench.extraction.options import PassOptions
from bench.extraction.outputs import Outputs
from bench.extraction.view import CLEAN, InputLoss, View
from bench.networks.classifier import NetworkOutput

CPU = torch.device("cpu")
MakeNetwork = Callable[..., Any]


@dataclass(frozen=True)
class Sharpness(InputLoss):
    power: float = 2.0

    def __call__(self, output: NetworkOutput) -> Tensor:
        return (output.logits.abs() ** self.power).sum(1)


@dataclass(frozen=True)
class Doubt(InputLoss):
    def __call__(self, output: NetworkOutput) -> Tensor:
        assert output.confidence_logit is not None
        return -output.confidence_logit


def arrays(outputs: Outputs) -> list[np.ndarray[Any, Any]]:
    assert outputs.confidence_logit is not None
    return [outputs.logits, outputs.features, outputs.confidence_logit]


def assert_close(left: Outputs, right: Outputs, tolerance: float = 1e-5) -> None:
    for one, two in zip(arrays(left), arrays(right), strict=True):
        assert np.allclose(one, two, rtol=tolerance, atol=tolerance)


def test_clean_outputs_are_those_of_a_plain_forward(
    make_network: MakeNetwork, images: ArrayImages, transform: InputTransform
) -> None:
    network = make_network()
    found = extract(network, images, transform, [CLEAN], device=CPU)[CLEAN]
    with torch.no_grad():
        expected = network(transform(images.pixels))
    for array, tensor in zip(arrays(found), expected, strict=True):
        assert array.dtype == np.float32
        assert np.array_equal(array, tensor.numpy())
    assert found.logits.shape == (23, 4)
    assert found.features.shape == (23, 64)
    assert found.labels is images.labels


def test_a_network_without_the_branch_yields_no_confidence(
    make_network: MakeNetwork, images: ArrayImages, transform: InputTransform
) -> None:
    network = make_network(confidence_branch=False)
    assert extract(network, images, transform, [CLEAN], device=CPU)[CLEAN].confidence_logit is None


def test_the_size_of_batches_does_not_matter(
    make_network: MakeNetwork, images: ArrayImages, transform: InputTransform
) -> None:
    network, views = make_network(), [CLEAN, View(Sharpness(), 0.01)]
    whole = extract(network, images, transform, views, device=CPU)
    for size in (1, 7, 22, 23, 100):
        parts = extract(network, images, transform, views, device=CPU, options=PassOptions(batch_size=size))
        for view in views:
            assert_close(parts[view], whole[view])


@pytest.mark.parametrize("unit", ["raw", "normalized"])
@pytest.mark.parametrize("epsilon", [0.0, 0.004, 0.05, -0.01])
def test_a_moved_view_is_a_step_against_the_sign_of_the_gradient(
    make_network: MakeNetwork, images: ArrayImages, transform: InputTransform, unit: Any, epsilon: float
) -> None:
    network, view = make_network(), View(Sharpness(), epsilon, unit)
    found = extract(network, images, transform, [view], device=CPU)[view]
    moved = []
    for index in range(len(images)):
        single = transform(images.pixels[index : index + 1]).requires_grad_()
        torch.autograd.backward((network(single).logits ** 2).sum())
        assert single.grad is not None
        signs = torch.where(single.grad > 0, 1.0, torch.where(single.grad < 0, -1.0, 0.0))
        for channel, std in enumerate(transform.std):
            signs[:, channel] *= epsilon / std if unit == "raw" else epsilon
        moved.append((single - signs).detach())
    with torch.no_grad():
        expected = network(torch.cat(moved))
    assert_close(found, Outputs(*(tensor.numpy() for tensor in expected)), 1e-4)
    clean = extract(network, images, transform, [CLEAN], device=CPU)[CLEAN]
    assert np.array_equal(found.logits, clean.logits) is (epsilon == 0)


def test_a_step_towards_less_loss_lowers_the_loss(
    make_network: MakeNetwork, images: ArrayImages, transform: InputTransform
) -> None:
    views = [CLEAN, View(Doubt(), 0.001)]
    found = extract(make_network(), images, transform, views, device=CPU)
    assert (found[views[1]].confidence > found[CLEAN].confidence).all()


@pytest.mark.parametrize("ours", [True, False])
def test_clean_outputs_do_not_depend_on_what_else_is_asked_for(
    make_network: MakeNetwork, images: ArrayImages, transform: InputTransform, ours: bool
) -> None:
    network = make_network().inner if ours else make_network()
    alone = extract(network, images, transform, [CLEAN], device=CPU)[CLEAN]
    views = [View(Doubt(), 0.1), CLEAN, View(Sharpness(), 0.1)]
    together = extract(network, images, transform, views, device=CPU)
    assert list(together) == views
    for one, two in zip(arrays(alone), arrays(together[CLEAN]), strict=True):
        assert np.array_equal(one, two)
    assert_close(together[views[2]], extract(make_network(), images, transform, views[2:], device=CPU)[views[2]])


def test_each_image_is_read_once_and_passes_are_shared(
    make_network: MakeNetwork, images: Any, transform: InputTransform
) -> None:
    network = make_network()
    views = [CLEAN, View(Sharpness(), 0.01), View(Sharpness(), 0.02, "raw"), View(Sharpness(), 0.03)]
    told: list[int] = []
    extract(network, images, transform, views, device=CPU, options=PassOptions(batch_size=10), after_batch=told.append)
    assert images.reads == list(range(23))
    assert network.seen == [(size, wanted) for size in (10, 10, 3) for wanted in (True, False, False, False)]
    assert told == [10, 20, 23]

    network.seen.clear()
    extract(network, images, transform, [CLEAN], device=CPU)
    assert network.seen == [(23, False)]

    network.seen.clear()
    extract(network, images, transform, [*views, View(Doubt(), 0.1)], device=CPU)
    assert [wanted for _, wanted in network.seen] == [True, False, False, False, False]


def everything_of(network: nn.Module) -> bytes:
    """Modes, parameters, buffers, gradients and flags, spelt out."""
    parameters = [
        (name, value.detach().numpy().tobytes(), None if value.grad is None else value.grad.numpy().tobytes(),
         value.requires_grad, value.is_leaf)
        for name, value in network.named_parameters()
    ]  # fmt: skip
    buffers = [(name, value.numpy().tobytes()) for name, value in network.named_buffers()]
    return pickle.dumps((parameters, buffers, [module.training for module in network.modules()]))


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("requires_grad", [True, False])
def test_the_network_is_left_as_it_was(
    make_network: MakeNetwork, images: ArrayImages, transform: InputTransform, training: bool, requires_grad: bool
) -> None:
    network = make_network().train(training).requires_grad_(requires_grad)
    network.inner.trunk[1].eval()
    network.inner.classifier.weight.grad = torch.full_like(network.inner.classifier.weight, 7.0)
    before = everything_of(network)
    found = extract(network, images, transform, [CLEAN, View(Sharpness(), 0.1), View(Doubt(), 0.1)], device=CPU)
    assert everything_of(network) == before
    assert_close(found[CLEAN], extract(make_network(), images, transform, [CLEAN], device=CPU)[CLEAN])


def test_the_network_is_left_as_it_was_when_the_pass_fails(
    make_network: MakeNetwork, images: ArrayImages, transform: InputTransform
) -> None:
    class Broken(Sharpness):
        def __call__(self, output: NetworkOutput) -> Tensor:
            raise RuntimeError("a bug")

    network = make_network().train()
    before = everything_of(network)
    with pytest.raises(RuntimeError, match="a bug"):
        extract(network, images, transform, [View(Broken(), 0.1)], device=CPU)
    assert everything_of(network) == before
    assert torch.is_grad_enabled()


def test_gradients_are_taken_even_where_the_caller_has_them_off(
    make_network: MakeNetwork, images: ArrayImages, transform: InputTransform
) -> None:
    view = View(Sharpness(), 0.05)
    expected = extract(make_network(), images, transform, [view], device=CPU)[view]
    with torch.no_grad():
        found = extract(make_network(), images, transform, [view], device=CPU)[view]
    assert_close(found, expected, 1e-6)


def test_global_random_states_are_left_alone(
    make_network: MakeNetwork, images: ArrayImages, transform: InputTransform, global_random_state: Callable[[], str]
) -> None:
    before = global_random_state()
    extract(make_network(), images, transform, [CLEAN, View(Doubt(), 0.1)], device=CPU)
    assert global_random_state() == before


class Remembering(nn.Module):
    """Keeps a table that it made when it was first called, as rotary embeddings do."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.layer = nn.Linear(3, 5), nn.Linear(5, 4)
        self.table: Tensor | None = None

    def forward(self, images: Tensor) -> NetworkOutput:
        if self.table is None:
            self.table = torch.linspace(0.5, 1.5, 5, device=images.device)
        features = self.first(images.mean((2, 3))) * self.table
        return NetworkOutput(self.layer(features), features, None)


def test_a_network_that_keeps_tensors_between_calls_can_be_trained_afterwards(
    images: ArrayImages, transform: InputTransform
) -> None:
    network = Remembering()
    extract(network, images, transform, [CLEAN], device=CPU)
    torch.autograd.backward(network(transform(images.pixels)).logits.sum())
    assert network.layer.weight.grad is not None
    network = Remembering()
    extract(network, images, transform, [CLEAN, View(Sharpness(), 0.1)], device=CPU, options=PassOptions(batch_size=10))
    extract(network, images, transform, [View(Sharpness(), 0.2)], device=CPU, options=PassOptions(batch_size=10))
