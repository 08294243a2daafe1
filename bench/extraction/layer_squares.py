"""The squared norm of the gradient that each image alone gives the parameters of one layer.

Each function takes what went into the layer, `(B, …)`, and the gradient of the loss with respect to what came out of
it; the loss is a sum over images, so that row i of both belongs to image i alone. It gives `(B,)`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.grad import conv2d_weight

LayerSquares = Callable[[nn.Module, Tensor, Tensor], Tensor]

_weights_gradient: Callable[..., Tensor] = conv2d_weight
"""torch's function takes a number for each side, too, which it does not say in types."""


def layer_squares(layer: nn.Module) -> LayerSquares | None:
    """The function for a layer of this kind, or None where there is none."""
    kind = type(layer)  # a subclass may compute something else
    if kind is nn.Conv2d:
        return convolution if layer.padding_mode == "zeros" and not isinstance(layer.padding, str) else None
    if kind is nn.BatchNorm2d:
        return batch_normalisation if layer.running_mean is not None and not layer.training else None
    return linear if kind is nn.Linear else None


def convolution(layer: nn.Module, images: Tensor, gradient: Tensor) -> Tensor:
    """Of a convolution with zeros around its maps `(B, C, H, W)`.

    The gradient of the weights at one place of the kernel is G = sum_p g_p a_p^T over the places p of the output, with
    a_p what the kernel's place sees there. Where there are few places, ||G||^2 = sum_pq (g_p . g_q) (a_p . a_q) is the
    shorter way; where there are many for few channels, one convolution with the images as its groups is.
    """
    assert isinstance(layer, nn.Conv2d)
    places, out, into = gradient.shape[2:].numel(), gradient.shape[1] // layer.groups, images.shape[1] // layer.groups
    if places * (out + into) < out * into:
        squares = _from_places(layer, images, gradient)
    elif out * into <= 4 * places:
        squares = _squared(_with_images_as_groups(layer, images, gradient))
    else:
        squares = _from_kernel(layer, images, gradient)
    return squares if layer.bias is None else squares + _squared(gradient.sum((2, 3)))


def _from_places(layer: nn.Conv2d, images: Tensor, gradient: Tensor) -> Tensor:
    at_places = _in_rows(gradient, layer.groups)
    rows_of_kernel = (_in_rows(one, layer.groups) for one in _shifted(layer, images, gradient))
    seen = torch.stack([rows @ rows.mT for rows in rows_of_kernel]).sum(0)
    return (at_places @ at_places.mT * seen).flatten(1).sum(1)


def _from_kernel(layer: nn.Conv2d, images: Tensor, gradient: Tensor) -> Tensor:
    at_places = _in_rows(gradient, layer.groups).mT
    rows_of_kernel = (_in_rows(one, layer.groups) for one in _shifted(layer, images, gradient))
    return torch.stack([_squared(at_places @ rows) for rows in rows_of_kernel]).sum(0)


def _with_images_as_groups(layer: nn.Conv2d, images: Tensor, gradient: Tensor) -> Tensor:
    """The gradient of the weights for each image, `(B, C', C / groups, kernel height, kernel width)`."""
    count, weight = len(images), layer.weight
    shape = (count * weight.shape[0], *weight.shape[1:])
    one_image, one_gradient = (maps.contiguous().flatten(0, 1).unsqueeze(0) for maps in (images, gradient))
    assert not isinstance(layer.padding, str)
    found = _weights_gradient(
        one_image, shape, one_gradient, layer.stride, layer.padding, layer.dilation, count * layer.groups
    )
    return found.view(count, *weight.shape)


def _shifted(layer: nn.Conv2d, images: Tensor, gradient: Tensor) -> Iterator[Tensor]:
    """What each place of the kernel sees, `(B, C, H', W')` with the places of the output."""
    assert not isinstance(layer.padding, str)
    (high, wide), (down, right), (above, left) = gradient.shape[2:], layer.stride, layer.padding
    padded = F.pad(images, (left, left, above, above))
    for row in range(layer.kernel_size[0]):
        for column in range(layer.kernel_size[1]):
            top, first = row * layer.dilation[0], column * layer.dilation[1]
            yield padded[:, :, top : top + down * (high - 1) + 1 : down, first : first + right * (wide - 1) + 1 : right]


def _in_rows(maps: Tensor, groups: int) -> Tensor:
    """Maps `(B, C, H, W)` as one row of each group's channels for each place, `(B, groups, H W, C / groups)`."""
    rows = maps.permute(0, 2, 3, 1).reshape(len(maps), -1, groups, maps.shape[1] // groups)
    return rows.transpose(1, 2)


def linear(layer: nn.Module, inputs: Tensor, gradient: Tensor) -> Tensor:
    """Of a linear layer on `(B, …, D)`."""
    assert isinstance(layer, nn.Linear)
    at_places = gradient.reshape(len(gradient), -1, gradient.shape[-1])
    squares = _squared(at_places.mT @ inputs.reshape(len(inputs), -1, inputs.shape[-1]))
    return squares if layer.bias is None else squares + _squared(at_places.sum(1))


def batch_normalisation(layer: nn.Module, maps: Tensor, gradient: Tensor) -> Tensor:
    """Of a batch normalisation with kept statistics, on maps `(B, C, H, W)`."""
    assert isinstance(layer, nn.BatchNorm2d)
    assert layer.running_mean is not None
    assert layer.running_var is not None
    normal = F.batch_norm(maps, layer.running_mean, layer.running_var, eps=layer.eps)
    return _squared((gradient * normal).sum((2, 3))) + _squared(gradient.sum((2, 3)))


def _squared(gradient: Tensor) -> Tensor:
    return gradient.square().flatten(1).sum(1)
