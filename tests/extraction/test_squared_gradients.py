from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from bench.data.images import ArrayImages
from bench.data.transform import InputTransform
from bench.extraction import squared_gradients as module
from bench.extraction.extract import extract
from bench.extraction.layer_squares import layer_squares
from bench.extraction.squared_gradients import squared_gradients
from bench.extraction.view import CLEAN, View
from bench.networks.classifier import NETWORKS, NetworkOutput, build_network
from methods.gradient_uncertainty import SquaredGradients, _confounding_loss
from methods.odin import PredictedClassLoss


class Net(nn.Module):
    """Layers one after another, whose last output is the logits."""

    def __init__(self, *layers: nn.Module, times: int = 1) -> None:
        super().__init__()
        self.body, self.times = nn.Sequential(*layers), times

    def forward(self, images: Tensor) -> NetworkOutput:
        found = images
        for _ in range(self.times):
            found = self.body(found)
        return NetworkOutput(found.flatten(1), found.flatten(1), None)


class ChangesItsInput(nn.Module):
    """Adds to what it is given, after others have seen it."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.branch = nn.Conv2d(3, 4, 3), nn.Conv2d(4, 4, 1)

    def forward(self, images: Tensor) -> NetworkOutput:
        maps = self.first(images)
        logits = self.branch(maps)
        maps.add_(1)
        found = (logits.sum((2, 3)) * maps.mean()).flatten(1)
        return NetworkOutput(found, found, None)


def loss(logits: Tensor) -> Tensor:
    return -logits.float().log_softmax(1)[:, 0]


def one_by_one(network: nn.Module, images: Tensor) -> Tensor:
    """By a backward pass for each image into parameters in float64."""
    double = network.double().requires_grad_(True)
    found: list[Tensor] = []
    for image in images.double():
        value = -double(image[None]).logits.log_softmax(1)[0, 0]
        gradients = torch.autograd.grad(value, list(double.parameters()), allow_unused=True)
        found.append(torch.stack([one.square().sum() for one in gradients if one is not None]).sum())
    network.float().requires_grad_(False)
    return torch.stack(found)


def norm(channels: int) -> nn.BatchNorm2d:
    made = nn.BatchNorm2d(channels)
    for tensor in (made.weight.data, made.bias.data, made.running_mean, made.running_var):
        assert tensor is not None
        tensor.uniform_(0.5, 2)
    return made


LAYERS: dict[str, Callable[[], list[nn.Module]]] = {
    "plain": lambda: [nn.Conv2d(3, 5, 3)],
    "without bias": lambda: [nn.Conv2d(3, 5, 3, padding=1, bias=False)],
    "unequal sides": lambda: [nn.Conv2d(3, 5, (3, 2), stride=(2, 1), padding=(0, 1), dilation=(1, 2))],
    "strided": lambda: [nn.Conv2d(3, 6, 3, stride=2, padding=1), nn.Conv2d(6, 4, 1, stride=2)],
    "groups": lambda: [nn.Conv2d(3, 6, 1), nn.Conv2d(6, 12, 3, padding=2, dilation=2, groups=3)],
    "depthwise": lambda: [nn.Conv2d(3, 6, 5, padding=2, groups=3)],
    "few places": lambda: [nn.Conv2d(3, 40, 3, stride=5), nn.Conv2d(40, 60, 2), nn.Conv2d(60, 80, 1)],
    "few places, groups": lambda: [nn.Conv2d(3, 40, 3, stride=5), nn.Conv2d(40, 80, 2, groups=2)],
    "normalised": lambda: [nn.Conv2d(3, 5, 3), norm(5), nn.ReLU(inplace=True), nn.Conv2d(5, 5, 3), norm(5)],
    "tokens": lambda: [nn.Flatten(2), nn.Linear(81, 7), nn.ReLU(inplace=True), nn.Linear(7, 4, bias=False)],
}


def images(count: int = 3) -> Tensor:
    return torch.randn(count, 3, 9, 9, generator=torch.Generator().manual_seed(0))


def of_layers(network: nn.Module, batch: Tensor) -> Tensor | None:
    return module._by_layers(network, batch, loss)


@pytest.mark.parametrize("layers", LAYERS.values(), ids=LAYERS)
def test_a_pass_of_the_batch_gives_what_each_image_gives_alone(layers: Callable[[], list[nn.Module]]) -> None:
    torch.manual_seed(1)
    network = Net(*layers()).eval().requires_grad_(False)
    found = of_layers(network, images())
    assert found is not None
    torch.testing.assert_close(found.double(), one_by_one(network, images()), rtol=1e-5, atol=0)


@pytest.mark.parametrize("name", NETWORKS.names())
def test_registered_networks_need_one_pass_of_the_batch(name: str) -> None:
    layers = [layer for layer in build_network(name, 4, seed=0).eval().modules() if list(layer.parameters(False))]
    assert layers
    assert all(layer_squares(layer) is not None for layer in layers)


def test_a_branch_that_the_logits_do_not_take_counts_nothing() -> None:
    network = build_network("convnet", 4, confidence_branch=True, seed=0).eval().requires_grad_(False)
    batch = torch.randn(2, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    found = of_layers(network, batch)
    assert found is not None
    torch.testing.assert_close(found.double(), one_by_one(network, batch), rtol=1e-5, atol=0)


OTHERS: dict[str, Callable[[], nn.Module]] = {
    "a layer of another kind": lambda: Net(nn.Conv2d(3, 4, 3), nn.GroupNorm(2, 4)),
    "other borders": lambda: Net(nn.Conv2d(3, 4, 3, padding=1, padding_mode="circular")),
    "borders by name": lambda: Net(nn.Conv2d(3, 4, 3, padding="same")),
    "a layer that is passed twice": lambda: Net(nn.Conv2d(3, 3, 3, padding=1), times=2),
}


@pytest.mark.parametrize("make", OTHERS.values(), ids=OTHERS)
def test_other_networks_are_differentiated_image_by_image(make: Callable[[], nn.Module]) -> None:
    torch.manual_seed(2)
    network = make().eval().requires_grad_(False)
    assert of_layers(network, images()) is None
    found = squared_gradients(network, images(), loss).double()
    torch.testing.assert_close(found, one_by_one(network, images()), rtol=1e-5, atol=0)


def test_a_network_that_no_weights_gradient_can_pass_is_an_error_and_no_wrong_number() -> None:
    with pytest.raises(RuntimeError, match="inplace operation"):
        squared_gradients(ChangesItsInput().eval().requires_grad_(False), images(), loss)


def test_no_hook_stays_behind_also_after_an_error() -> None:
    network = Net(nn.Conv2d(3, 4, 3)).requires_grad_(True)
    batch = images()
    squared_gradients(network, batch, loss)
    with pytest.raises(RuntimeError, match="channels"):
        squared_gradients(network, batch[:, :2], loss)
    assert not any(layer._forward_hooks for layer in network.modules())
    assert all(one.grad is None for one in network.parameters())
    assert batch.grad is None
    assert not batch.requires_grad


def test_a_pass_runs_the_network_once_for_all_gradients() -> None:
    network = build_network("convnet", 4, seed=0)
    images = np.random.default_rng(0).integers(0, 256, (5, 32, 32, 3), dtype=np.uint8)
    transform = InputTransform(32, 32, 3, (0.5,) * 3, (0.2,) * 3)
    probe, moved = SquaredGradients(), View(PredictedClassLoss(10.0), 0.01)
    with_gradients: list[bool] = []
    handle = network.register_forward_hook(lambda *_: with_gradients.append(torch.is_grad_enabled()))
    views = {CLEAN: [probe], moved: []}
    found = extract(
        network, ArrayImages(images, None), transform, list(views), probes=views, device=torch.device("cpu")
    )
    handle.remove()
    assert with_gradients == [True, False]
    alone = squared_gradients(network.eval(), transform(images), _confounding_loss).numpy()
    np.testing.assert_allclose(found[CLEAN].probed[probe], alone, rtol=1e-6)
