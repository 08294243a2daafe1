"""Any torch module that returns logits, in the shape of this project's networks."""

from __future__ import annotations

from typing import Any, Self

import torch
from torch import Tensor, nn

from bench.errors import BenchError

from .classifier import Classifier, NetworkOutput
from .last_layer import (
    LastLayer,
    agrees,
    before,
    features_of,
    find_last_layer,
    is_candidate,
    require_last_layer,
)
from .mode import evaluating


class AdaptedClassifier(nn.Module):
    """A user's model that also tells its features: the input of the linear layer whose output the logits are.

    The model is run in eval mode, whatever its own mode, and gets that back after each call, so that neither its
    behaviour nor its batch statistics change; a hook is there during a call only. Without such a layer the features
    are `(N, 0)`. That the logits are the layer's output is compared on every batch.
    """

    confidence: None = None

    def __init__(self, model: nn.Module, classifier_name: str | None, num_classes: int) -> None:
        super().__init__()
        self.model = model
        self.num_classes = num_classes
        self.classifier_name = classifier_name
        self.training = False

    @property
    def classifier(self) -> LastLayer | None:
        """The layer that makes the logits, or None if there is none."""
        if self.classifier_name is None:
            return None
        layer = self.model.get_submodule(self.classifier_name)
        assert isinstance(layer, LastLayer)
        return layer

    @property
    def has_features(self) -> bool:
        """Whether the model has features that its logits are a linear function of."""
        return self.classifier_name is not None

    def train(self, mode: bool = True) -> Self:
        """Do nothing: the wrapper always evaluates, and the model's own mode is the user's."""
        del mode
        return self

    def forward(self, images: Tensor) -> NetworkOutput:
        """Logits and features of normalised images `(N, C, H, W)`; no confidence. Gradients reach the images.

        Raises `BenchError` where the logits of these images are not what the last layer makes of the features.
        """
        layer = self.classifier
        with evaluating(self.model):
            if layer is None:
                logits = logits_in(self.model(images))
                return NetworkOutput(logits, logits.new_empty((len(logits), 0)), None)
            seen: list[Tensor] = []
            with before([layer], lambda _, entering: seen.append(entering)):
                logits = logits_in(self.model(images))
        features = features_of(layer, seen[-1]) if seen else None
        if features is None or (_can_be_compared(logits) and not agrees(layer, features, logits)):
            raise BenchError(
                f"The layer '{self.classifier_name}' made the logits of the batch that the network was tried on, but "
                "not of these images, so its input cannot stand for their features. Wrap the model in a module whose "
                "logits are always the output of one linear layer."
            )
        return NetworkOutput(logits, features, None)


def _can_be_compared(logits: Tensor) -> bool:
    """Whether the logits are finite and their values known.

    Inside `torch.func.vmap` they are not; whoever uses that has seen the same images without it.
    """
    try:
        return bool(logits.isfinite().all())
    except RuntimeError:
        return False


def adapt(model: nn.Module, *, example: Tensor, last_layer: str | None = None) -> Classifier | AdaptedClassifier:
    """`model` with this project's contract; a `Classifier` is returned as it is.

    `example` is a normalised batch `(N, C, H, W)` on the model's device, N at least 1; one forward pass of it finds the
    layer whose output the logits are, unless `last_layer` names it. Raises `BenchError` if the model does not return
    logits `(N, K)`, or the layer that is named does not make them.
    """
    model = _unwrapped(model)
    if isinstance(model, Classifier | AdaptedClassifier):
        if last_layer is not None:
            raise BenchError("A network of this project knows its last layer. Leave the last layer out.")
        return model
    names = {layer: name for name, layer in model.named_modules() if is_candidate(layer)}
    entered: dict[str, tuple[LastLayer, Tensor]] = {}

    def note(layer: nn.Module, entering: Tensor) -> None:
        assert isinstance(layer, LastLayer)
        entered.pop(names[layer], None)  # so that the order is that of the last time each ran
        entered[names[layer]] = layer, entering

    with evaluating(model), torch.no_grad(), before(names, note):
        logits = logits_in(model(example))
    if logits.ndim != 2 or len(logits) != len(example):
        raise BenchError(
            f"The model returns a tensor of shape {tuple(logits.shape)} for {len(example)} images; logits of shape "
            f"({len(example)}, number of classes) are needed."
        )
    if last_layer is None:
        last_layer = find_last_layer(entered, logits)
    else:
        require_last_layer(last_layer, model, entered, logits)
    return AdaptedClassifier(model, last_layer, logits.shape[1])


def _unwrapped(model: nn.Module) -> nn.Module:
    """The module itself: hooks are not seen by a compiled copy, and are called in pieces by a parallel one."""
    compiled = getattr(model, "_orig_mod", model)
    return compiled.module if isinstance(compiled, nn.DataParallel) else compiled


def logits_in(output: Any) -> Tensor:
    """The output itself, or its `logits` where it is a record, as Hugging Face's models return.

    Raises `BenchError` for anything else.
    """
    logits = getattr(output, "logits", output)
    if not isinstance(logits, Tensor):
        raise BenchError(
            f"The model returns a {type(output).__name__}; a tensor of logits is needed, or an object with 'logits'. "
            "Wrap the model in a module that returns the logits alone."
        )
    return logits
