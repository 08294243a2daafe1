"""The step that a view makes along the gradient of its loss with respect to the network's input."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

    from bench.data.transform import InputTransform

    from .view import View


def moved(batch: Tensor, gradient: Tensor, view: View, transform: InputTransform) -> Tensor:
    """`batch` `(B, C, H, W)` as the view shows it, where `gradient` `(B, C, H, W)` is that of its loss, summed.

    x' = x - epsilon sign(gradient), with epsilon in the view's unit; it is not clipped.
    """
    return batch - _length(batch, view, transform) * gradient.sign()


def _length(batch: Tensor, view: View, transform: InputTransform) -> Tensor | float:
    return view.epsilon / transform.per_channel(transform.std, batch) if view.unit == "raw" else view.epsilon
