"""The squared norm of the gradient that each image alone gives all parameters of a network.

Where every parameter belongs to a layer of a known kind that is passed once, one backward pass of the whole batch is
enough: what went into a layer and the gradient of what came out of it give each image's share. Any other network is
differentiated image by image. The network, its parameters and their `.grad` are left alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import torch
from torch import Tensor, nn
from torch.func import functional_call, grad, vmap

from .layer_squares import layer_squares

Loss = Callable[[Tensor], Tensor]
"""From logits `(B, K)` to one loss for each image `(B,)`."""

PART = 2**24
"""Numbers in the gradients that are held at a time: 64 MB."""


def squared_gradients(network: nn.Module, images: Tensor, loss: Loss) -> Tensor:
    """The squared norm of each image's gradient with respect to all parameters, `(B,)` in float32."""
    found = _by_layers(network, images, loss)
    return _by_images(network, images, loss) if found is None else found


def _by_layers(network: nn.Module, images: Tensor, loss: Loss) -> Tensor | None:
    """From one backward pass of the batch; None where that would not tell."""
    layers = list(_layers_with_parameters(network))
    if any(layer_squares(layer) is None for layer in layers):
        return None
    watches = [_Watch(layer) for layer in layers]
    with torch.enable_grad(), ExitStack() as stack:
        for watch in watches:
            handle = watch.layer.register_forward_hook(watch.see)
            stack.callback(handle.remove)
        inputs = images.detach().requires_grad_()
        losses = loss(network(inputs).logits)
        if not all(watch.once for watch in watches):
            return None
        torch.autograd.grad(losses.sum(), inputs, allow_unused=True)
    if any(watch.changed for watch in watches):
        return None
    return torch.stack(
        [images.new_zeros(len(images), dtype=torch.float32), *(s for w in watches for s in w.squares)]
    ).sum(0)


def _layers_with_parameters(network: nn.Module) -> Iterator[nn.Module]:
    return (layer for layer in network.modules() if next(layer.parameters(recurse=False), None) is not None)


class _Watch:
    """What passes one layer: each image's share is computed as soon as the gradient comes, and nothing is kept."""

    def __init__(self, layer: nn.Module) -> None:
        self.layer, self.passed, self.changed = layer, 0, False
        self.squares: list[Tensor] = []

    @property
    def once(self) -> bool:
        """Whether the layer was passed at most once, so that its gradient is no sum of several."""
        return self.passed <= 1

    def see(self, layer: nn.Module, given: tuple[Tensor, ...], output: Tensor) -> None:
        """A forward hook."""
        self.passed += 1
        entered, version = given[0].detach(), given[0]._version
        squares = layer_squares(layer)
        assert squares is not None

        def arrive(gradient: Tensor) -> None:
            self.changed = self.changed or given[0]._version != version
            self.squares.append(squares(layer, entered.float(), gradient.float()))

        if output.requires_grad:
            output.register_hook(arrive)  # type: ignore[no-untyped-call] # torch's has no types


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
