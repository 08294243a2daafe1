"""The squared norm of the gradient that each image alone gives all parameters of a network.

Where every parameter belongs to a layer of a known kind that is passed once, one backward pass of the whole batch is
enough: what went into a layer and the gradient of what came out of it give each image's share. Any other network is
differentiated image by image. The network, its parameters and their `.grad` are left alone.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack

import torch
from torch import Tensor, nn
from torch.func import functional_call, grad, vmap

from .layer_squares import layer_squares
from .passage import LayerCall, Passage, layers_with_parameters, noted_calls

Loss = Callable[[Tensor], Tensor]
"""From logits `(B, K)` to one loss for each image `(B,)`."""

PART = 2**24
"""Numbers in the gradients that are held at a time: 64 MB."""


def squared_gradients(network: nn.Module, images: Tensor, loss: Loss, passage: Passage | None = None) -> Tensor:
    """The squared norm of each image's gradient with respect to all parameters, `(B,)` in float32.

    `passage` is a way of the images through the network, if there was one already; its graph is kept.
    """
    found = _by_layers(network, images, loss, passage)
    return _by_images(network, images, loss) if found is None else found


def _by_layers(network: nn.Module, images: Tensor, loss: Loss, passage: Passage | None = None) -> Tensor | None:
    """From one backward pass of the batch; None where that would not tell."""
    if any(layer_squares(layer) is None for layer in layers_with_parameters(network)):
        return None
    with torch.enable_grad():
        passage = passage or _pass(network, images)
        calls = passage.calls
        if len({call.layer for call in calls}) < len(calls) or any(call.changed for call in calls):
            return None
        shares = [images.new_zeros(len(images), dtype=torch.float32)]
        with ExitStack() as stack:
            for call in calls:
                if call.node is not None:
                    stack.callback(call.node.register_prehook(_share_of(call, shares)).remove)
            losses = loss(passage.output.logits)
            torch.autograd.grad(losses.sum(), passage.inputs, allow_unused=True, retain_graph=True)
    return torch.stack(shares).sum(0)


def _pass(network: nn.Module, images: Tensor) -> Passage:
    inputs = images.detach().requires_grad_()
    with noted_calls(layers_with_parameters(network)) as calls:
        output = network(inputs)
    return Passage(inputs, output, calls)


def _share_of(call: LayerCall, shares: list[Tensor]) -> Callable[[tuple[Tensor, ...]], None]:
    """Called with the gradient of what came out of a layer: adds its share at once, so that no gradient is kept."""
    squares = layer_squares(call.layer)
    assert squares is not None

    def arrive(gradients: tuple[Tensor, ...]) -> None:
        shares.append(squares(call.layer, call.given.float(), gradients[0].float()))

    return arrive


def _by_images(network: nn.Module, images: Tensor, loss: Loss) -> Tensor:
    """From the gradients of one image after another, several at a time."""
    parameters = {name: one.detach() for name, one in network.named_parameters()}
    buffers = {name: one.detach() for name, one in network.named_buffers()}

    def loss_of(parameters: dict[str, Tensor], image: Tensor) -> Tensor:
        return loss(functional_call(network, (parameters, buffers), (image.unsqueeze(0),)).logits).sum()

    def square(parameters: dict[str, Tensor], image: Tensor) -> Tensor:
        return torch.stack([one.square().sum() for one in grad(loss_of)(parameters, image).values()]).sum()

    size = max(1, PART // sum(one.numel() for one in parameters.values()))
    squares: Tensor = vmap(square, in_dims=(None, 0), chunk_size=size)(parameters, images)
    return squares.float()
