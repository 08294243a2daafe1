"""The step of a view, value by value, against the gradient written down."""

import numpy as np
import pytest
import torch
from torch import Tensor

from bench.data.images import ArrayImages
from bench.data.transform import InputTransform
from bench.extraction.extract import extract
from bench.extraction.step import moved
from bench.extraction.view import CLEAN, End, InputLoss, Unit, View
from bench.networks.classifier import NetworkOutput, build_network

TRANSFORM = InputTransform(4, 5, 3, (0.5, 0.4, 0.3), (0.25, 0.2, 0.1))
VALUES = 3 * 4 * 5


class Sum(InputLoss):
    def __call__(self, output: NetworkOutput) -> Tensor:
        return output.logits.sum(1)


def some(seed: int, count: int = 7) -> Tensor:
    return torch.randn(count, 3, 4, 5, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("unit", ["raw", "normalized"])
@pytest.mark.parametrize("end", ["largest", "smallest"])
@pytest.mark.parametrize("share", [0.0, 0.001, 0.05, 0.29, 0.999, 1.0])
def test_each_image_moves_its_own_share_of_values(share: float, end: End, unit: Unit) -> None:
    batch, gradient = some(0), some(1)
    found = moved(batch, gradient, View(Sum(), 0.3, unit, share, end), TRANSFORM)
    for image, slope, result in zip(batch, gradient, found, strict=True):
        order = sorted(np.ndindex(3, 4, 5), key=lambda at: abs(float(slope[at])), reverse=end == "largest")
        expected = image.clone()
        for at in order[: max(1, round(share * VALUES * 1000) // 1000)]:
            length = 0.3 / TRANSFORM.std[at[0]] if unit == "raw" else 0.3
            expected[at] -= length if slope[at] > 0 else -length
        assert torch.allclose(result, expected, rtol=0, atol=1e-6)
        assert int((result != image).sum()) == max(1, round(share * VALUES * 1000) // 1000)


@pytest.mark.parametrize(("end", "first"), [("largest", [0, 3, 5]), ("smallest", [1, 2, 4])])
def test_of_equal_gradients_the_first_are_moved(end: End, first: list[int]) -> None:
    gradient = torch.tensor([2.0, -1.0, 1.0, -2.0, 1.0, 2.0, -2.0, 1.0]).view(1, 1, 2, 4)
    batch, transform = torch.zeros_like(gradient), InputTransform(2, 4, 1, (0.0,), (1.0,))
    found = moved(batch, gradient, View(Sum(), 0.3, share=3 / 8, end=end), transform)
    assert found.flatten().nonzero().flatten().tolist() == first


def test_values_without_a_gradient_stay_where_they_are() -> None:
    gradient = some(1)
    gradient[:, 0] = 0
    for share in (0.2, 1.0):
        found = moved(some(0), gradient, View(Sum(), 0.3, share=share, end="smallest"), TRANSFORM)
        assert torch.equal(found[:, 0], some(0)[:, 0])


def test_what_is_given_is_not_written_to_whatever_its_memory_format() -> None:
    batch, gradient, view = some(0), some(1), View(Sum(), 0.3, share=0.5)
    strided = moved(batch.to(memory_format=torch.channels_last), gradient, view, TRANSFORM)
    assert torch.equal(strided, moved(batch, gradient.to(memory_format=torch.channels_last), view, TRANSFORM))
    assert torch.equal(batch, some(0))
    assert torch.equal(gradient, some(1))


def test_an_image_moves_alike_whatever_is_beside_it() -> None:
    view = View(Sum(), 0.3, share=0.3, end="smallest")
    whole = moved(some(0), some(1), view, TRANSFORM)
    parts = [moved(some(0)[[at]], some(1)[[at]], view, TRANSFORM) for at in range(7)]
    assert torch.equal(torch.cat(parts), whole)


def test_the_pass_shows_the_network_the_share_that_the_view_asks_for() -> None:
    network = build_network("convnet", 5, channels=1, seed=1).eval().requires_grad_(False)
    pixels = np.random.default_rng(0).integers(0, 256, (6, 16, 16, 1), dtype=np.uint8)
    transform = InputTransform(16, 16, 1, (0.5,), (0.25,))
    view = View(Sum(), 0.5, share=0.1, end="smallest")
    found = extract(network, ArrayImages(pixels), transform, [CLEAN, view], device=torch.device("cpu"))

    inputs = transform(pixels).requires_grad_()
    (gradient,) = torch.autograd.grad(network(inputs).logits.sum(), inputs)
    order = gradient.abs().flatten(1).sort(dim=1, stable=True).indices[:, : 16 * 16 // 10]
    mask = torch.zeros(6, 16 * 16).scatter_(1, order, 1.0).view_as(gradient)
    expected = network(inputs.detach() - 0.5 * gradient.sign() * mask).logits
    assert np.allclose(found[view].logits, expected.numpy(), rtol=1e-5, atol=1e-6)
    assert not np.allclose(found[view].logits, found[CLEAN].logits, atol=1e-4)
