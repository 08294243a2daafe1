"""The last linear layer of a network that is not ours: found by what it computes, not by its name.

A layer is the last one if the network's logits are its weight times what entered it, plus its bias. That is compared
in numbers, so a layer of the right shape whose output is scaled, rectified or averaged before it becomes the logits is
not taken for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from bench.errors import BenchError, UnknownNameError

LastLayer = nn.Linear | nn.Conv2d
"""A linear layer, or a convolution of one pixel, which is one at each place of a map."""


def is_candidate(layer: nn.Module) -> bool:
    """Whether a layer could be the last one: linear in what enters it, pixel by pixel."""
    if isinstance(layer, nn.Linear):
        return True
    return (
        isinstance(layer, nn.Conv2d)
        and (layer.kernel_size, layer.stride, layer.dilation) == ((1, 1), (1, 1), (1, 1))
        and layer.groups == 1
        and layer.padding in (0, (0, 0), "same", "valid")
    )


def features_of(layer: LastLayer, entering: Tensor) -> Tensor | None:
    """The features `(N, D)` in what entered the layer: itself, or its average over the pixels of a map; None otherwise.

    A linear layer that is applied to each of several tokens has no features: what becomes of its outputs afterwards is
    not for it to say.
    """
    if isinstance(layer, nn.Linear):
        return entering if entering.ndim == 2 else None
    if entering.ndim != 4:
        return None
    return entering.flatten(1) if entering.shape[2:] == (1, 1) else entering.mean((2, 3))


def head_weight(layer: LastLayer) -> Tensor:
    """The layer's weight as `(K, D)`."""
    return layer.weight.flatten(1)


def agrees(layer: LastLayer, features: Tensor, logits: Tensor) -> bool:
    """Whether the logits are the layer's output, up to the rounding of the types that they were computed in.

    False where nothing can be said, since logits are not finite. It is computed where the tensors are, and no gradient
    passes through it.
    """
    weight = head_weight(layer)
    if (features.shape[1], logits.shape[1]) != (weight.shape[1], len(weight)):
        return False
    eps = _rounding(layer, features, logits)
    with torch.no_grad(), torch.autocast(logits.device.type, enabled=False):
        x, w, found = (one.detach().float() for one in (features, weight, logits))
        expected = F.linear(x, w, None if layer.bias is None else layer.bias.detach().float())
        # Convolutions on a GPU may round their factors to TF32.
        share = max(2e-3 if isinstance(layer, nn.Conv2d) else 1e-4, 4 * eps)
        allowed = share * found.abs().max() + 8 * eps * F.linear(x.square(), w.square()).sqrt()
        return bool(((expected - found).abs() <= allowed).all() & found.isfinite().all())


def _rounding(layer: LastLayer, features: Tensor, logits: Tensor) -> float:
    """The relative rounding of the coarsest type that the logits may have passed through."""
    kinds = {layer.weight.dtype, features.dtype, logits.dtype}
    if torch.is_autocast_enabled(logits.device.type):
        kinds.add(torch.get_autocast_dtype(logits.device.type))
    return max(torch.finfo(kind).eps for kind in kinds)


@contextmanager
def before(layers: Iterable[nn.Module], tell: Callable[[nn.Module, Tensor], object]) -> Iterator[None]:
    """While open, `tell` each of `layers` that runs and the tensor that enters it."""

    def hook(layer: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        entering = args[0] if args else kwargs["input"]
        if isinstance(entering, Tensor):
            tell(layer, entering)

    handles = [layer.register_forward_pre_hook(hook, with_kwargs=True) for layer in layers]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def find_last_layer(entered: dict[str, tuple[LastLayer, Tensor]], logits: Tensor) -> str | None:
    """The name of the layer whose output the logits are, among those that ran; None where there is none.

    `entered` holds the layers by name, in the order in which they ran, with what entered them. Of several the one that
    ran last is taken.
    """
    for name, (layer, entering) in reversed(entered.items()):
        features = features_of(layer, entering)
        if features is not None and agrees(layer, features, logits):
            return name
    return None


def require_last_layer(
    name: str, model: nn.Module, entered: dict[str, tuple[LastLayer, Tensor]], logits: Tensor
) -> None:
    """Raise `BenchError` unless the layer that a user names makes the logits of what entered it."""
    known = dict(model.named_modules())
    if name not in known:
        found = find_last_layer(entered, logits)
        raise UnknownNameError("layer of the network:", name, [found] if found else entered)
    if why := _why_not(known[name], entered.get(name), logits):
        found = find_last_layer(entered, logits)
        instead = f" The layer whose output they are is '{found}'." if found else " No other layer's output they are."
        raise BenchError(f"The layer '{name}' does not make the logits: {why}.{instead}")


def _why_not(layer: nn.Module, ran: tuple[LastLayer, Tensor] | None, logits: Tensor) -> str:
    if not is_candidate(layer):
        return f"it is a {type(layer).__name__}, and a linear layer or a convolution of one pixel is needed"
    if ran is None:
        return "it does not run when the network is evaluated"
    features = features_of(*ran)
    if features is None:
        return f"a tensor of shape {tuple(ran[1].shape)} enters it, which is not one row of features for each image"
    if not agrees(ran[0], features, logits):
        return "they are not its weight times what enters it plus its bias"
    return ""
