"""Any torch module that returns logits, in the shape of this project's networks."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Self

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from bench.errors import BenchError

from .classifier import Classifier, NetworkOutput
from .mode import evaluating


class AdaptedClassifier(nn.Module):
    """A user's model that also tells its features: the input of the linear layer whose output the logits are.

    The model is run in eval mode, whatever its own mode, and gets that back after each call, so that neither its
    behaviour nor its batch statistics change; a hook is there during a call only. Without such a layer the features
    are `(N, 0)`.
    """

    confidence: None = None

    def __init__(self, model: nn.Module, classifier_name: str | None, num_classes: int) -> None:
        super().__init__()
        self.model = model
        self.num_classes = num_classes
        self._classifier_name = classifier_name
        self.training = False

    @property
    def classifier(self) -> nn.Linear | None:
        """The linear layer that makes the logits, or None if there is none."""
        if self._classifier_name is None:
            return None
        layer = self.model.get_submodule(self._classifier_name)
        assert isinstance(layer, nn.Linear)
        return layer

    @property
    def has_features(self) -> bool:
        """Whether the model has features that its logits are a linear function of."""
        return self._classifier_name is not None

    def train(self, mode: bool = True) -> Self:
        """Do nothing: the wrapper always evaluates, and the model's own mode is the user's."""
        del mode
        return self

    def forward(self, images: Tensor) -> NetworkOutput:
        """Logits and features of normalised images `(N, C, H, W)`; no confidence. Gradients reach the images."""
        layer = self.classifier
        with evaluating(self.model):
            if layer is None:
                logits = _logits(self.model(images))
                return NetworkOutput(logits, logits.new_empty((len(logits), 0)), None)
            seen: list[Tensor] = []
            with _before([layer], lambda _, entering: seen.append(entering)):
                logits = _logits(self.model(images))
        return NetworkOutput(logits, seen[-1], None)


def adapt(model: nn.Module, *, example: Tensor) -> Classifier | AdaptedClassifier:
    """`model` with this project's contract; a `Classifier` is returned as it is.

    `example` is a normalised batch `(N, C, H, W)` on the model's device, N at least 1; one forward pass of it finds the
    linear layer whose output the logits are. Raises `BenchError` if the model does not return logits `(N, K)`.
    """
    model = _unwrapped(model)
    if isinstance(model, Classifier | AdaptedClassifier):
        return model
    names = {layer: name for name, layer in model.named_modules() if isinstance(layer, nn.Linear)}
    entered: dict[nn.Module, Tensor] = {}
    with evaluating(model), torch.no_grad(), _before(names, entered.__setitem__):
        logits = _logits(model(example))
    if logits.ndim != 2 or len(logits) != len(example):
        raise BenchError(
            f"The model returns a tensor of shape {tuple(logits.shape)} for {len(example)} images; logits of shape "
            f"({len(example)}, number of classes) are needed."
        )
    makers = (name for layer, name in names.items() if layer in entered and _makes(layer, entered[layer], logits))
    return AdaptedClassifier(model, next(makers, None), logits.shape[1])


@contextmanager
def _before(layers: Iterable[nn.Module], tell: Callable[[nn.Module, Tensor], object]) -> Iterator[None]:
    """While open, `tell` each of `layers` that runs and the tensor that enters it."""

    def hook(layer: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        tell(layer, args[0] if args else kwargs["input"])

    handles = [layer.register_forward_pre_hook(hook, with_kwargs=True) for layer in layers]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def _makes(layer: nn.Linear, entering: Tensor, logits: Tensor) -> bool:
    """Whether the logits are `W x + b` of what entered the layer, up to the rounding of their type."""
    if entering.ndim != 2 or layer.out_features != logits.shape[1]:
        return False
    # On the CPU, since not every device has float64.
    x, weight, found = (tensor.detach().cpu().double() for tensor in (entering, layer.weight, logits))
    bias = None if layer.bias is None else layer.bias.detach().cpu().double()
    tolerance = max(1e-4, 4 * torch.finfo(logits.dtype).eps) * float(found.abs().max())
    if not math.isfinite(tolerance):  # nothing can be said of such logits, and an infinite one would agree with all
        return False
    return torch.allclose(F.linear(x, weight, bias), found, rtol=0, atol=tolerance)


def _unwrapped(model: nn.Module) -> nn.Module:
    """The module itself: hooks are not seen by a compiled copy, and are called in pieces by a parallel one."""
    compiled = getattr(model, "_orig_mod", model)
    return compiled.module if isinstance(compiled, nn.DataParallel) else compiled


def _logits(output: Any) -> Tensor:
    """The output itself, or its `logits` where it is a record, as Hugging Face's models return."""
    logits = getattr(output, "logits", output)
    if not isinstance(logits, Tensor):
        raise BenchError(
            f"The model returns a {type(output).__name__}; a tensor of logits is needed, or an object with 'logits'. "
            "Wrap the model in a module that returns the logits alone."
        )
    return logits
