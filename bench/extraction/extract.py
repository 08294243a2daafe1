"""The pass of a network over a data set: every requested view of every batch, each batch decoded once."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor, nn

from bench.data.images import Images
from bench.data.transform import InputTransform
from bench.networks.classifier import Classifier, NetworkOutput
from bench.networks.mode import evaluating

from .outputs import Outputs
from .view import CLEAN, InputLoss, View

BATCH_SIZE = 256


def extract(
    model: nn.Module,
    images: Images,
    transform: InputTransform,
    views: Sequence[View],
    *,
    device: torch.device,
    batch_size: int = BATCH_SIZE,
    after_batch: Callable[[int], None] = lambda done: None,
) -> dict[View, Outputs]:
    """The outputs of `model` (returning `NetworkOutput`) for each view of `images`.

    Gradients are taken with respect to the input only: the network's mode, buffers, parameters and `.grad` stay as
    they were. `after_batch` is told how many images are done.
    """
    collected: dict[View, list[NetworkOutput]] = {view: [] for view in views}
    with evaluating(model):
        for start in range(0, len(images), batch_size):
            indices = np.arange(start, min(start + batch_size, len(images)))
            batch = transform(images.read(indices), device)
            for view, output in _outputs_of_views(model, batch, transform, views).items():
                collected[view].append(output)
            after_batch(int(indices[-1]) + 1)
    return {view: _joined(parts, images) for view, parts in collected.items()}


def _outputs_of_views(
    model: nn.Module, batch: Tensor, transform: InputTransform, views: Sequence[View]
) -> dict[View, NetworkOutput]:
    found: dict[View, NetworkOutput] = {}
    for loss in dict.fromkeys(view.loss for view in views if view.loss is not None):
        direction, found[CLEAN] = _direction(model, batch, loss)
        for view in views:
            if view.loss == loss:
                with _without_gradients(model):
                    found[view] = model(batch - _step(view, transform, batch) * direction)
    if CLEAN in views and CLEAN not in found:
        with _without_gradients(model):
            found[CLEAN] = model(batch)
    return {view: found[view] for view in views}


def _without_gradients(model: nn.Module) -> torch.inference_mode | torch.no_grad:
    """The faster of torch's two modes where that is safe.

    A foreign network may keep tensors that it makes during a call, and no gradient passes those of inference mode.
    """
    return torch.inference_mode() if isinstance(model, Classifier) else torch.no_grad()


def _direction(model: nn.Module, batch: Tensor, loss: InputLoss) -> tuple[Tensor, NetworkOutput]:
    with torch.enable_grad():
        inputs = batch.detach().requires_grad_()
        output: NetworkOutput = model(inputs)
        (gradient,) = torch.autograd.grad(loss(output).sum(), inputs)
    return gradient.sign(), output


def _step(view: View, transform: InputTransform, batch: Tensor) -> Tensor | float:
    return view.epsilon / transform.per_channel(transform.std, batch) if view.unit == "raw" else view.epsilon


def _joined(parts: list[NetworkOutput], images: Images) -> Outputs:
    def join(tensors: list[Tensor]) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
        return torch.cat([tensor.detach().float().cpu() for tensor in tensors]).numpy()

    confidences = [part.confidence_logit for part in parts if part.confidence_logit is not None]
    return Outputs(
        logits=join([part.logits for part in parts]),
        features=join([part.features for part in parts]),
        confidence_logit=join(confidences) if confidences else None,
        labels=images.labels,
    )
