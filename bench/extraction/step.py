"""The step that a view makes along the gradient of its loss with respect to the network's input."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

    from bench.data.transform import InputTransform

    from .view import View


def moved(batch: Tensor, gradient: Tensor, view: View, transform: InputTransform) -> Tensor:
    """`batch` `(B, C, H, W)` as the view shows it, where `gradient` `(B, C, H, W)` is that of its loss, summed.

    x' = x - epsilon sign(gradient), with epsilon in the view's unit, for the view's share of each image's values; it is
    not clipped.
    """
    direction = gradient.sign()
    if view.share < 1:
        direction = direction * _chosen(gradient, view)
    return batch - _length(batch, view, transform) * direction


def _chosen(gradient: Tensor, view: View) -> Tensor:
    """Whether each value is moved `(B, C, H, W)`; each image moves as many, and of equal gradients the first ones."""
    sizes = gradient.abs().flatten(1)
    count = max(1, math.floor(round(sizes.shape[1] * view.share, 9)))  # 100 * 0.29 is a little less than 29
    largest = view.end == "largest"
    limit = sizes.topk(count, largest=largest).values[:, -1:]
    beyond, equal = sizes > limit if largest else sizes < limit, sizes == limit
    first = equal.cumsum(1) <= count - beyond.sum(1, keepdim=True)
    return (beyond | equal & first).view_as(gradient)


def _length(batch: Tensor, view: View, transform: InputTransform) -> Tensor | float:
    return view.epsilon / transform.per_channel(transform.std, batch) if view.unit == "raw" else view.epsilon
