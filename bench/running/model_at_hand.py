"""A torch module at hand as a network under test, and what it must have for that."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Sequence
from itertools import chain
from typing import TypeGuard

import torch
from torch import Tensor, nn

from bench.data.images import Images
from bench.data.transform import InputTransform
from bench.errors import BenchError
from bench.networks.adapt import AdaptedClassifier, adapt
from bench.networks.checkpoint import hash_weights
from bench.networks.classifier import NETWORKS, Classifier
from bench.networks.mode import evaluating
from bench.seeds import torch_generator

from .extraction import require_finite
from .network import TestedNetwork


def require_module(model: object) -> None:
    """Raise `BenchError` unless `model` is a torch module."""
    if not isinstance(model, nn.Module):
        raise BenchError(
            f"The model is of type {type(model).__name__}, and a torch.nn.Module is needed. Give the module itself, or "
            "wrap what makes the logits in a module whose forward calls it."
        )


def device_of(model: nn.Module) -> torch.device:
    """Where the first parameter or buffer of a model is; the CPU for a model without any."""
    tensor = next(chain(model.parameters(), model.buffers()), None)
    return torch.device("cpu") if tensor is None else tensor.device


def as_tested(model: nn.Module, transform: InputTransform, device: torch.device) -> TestedNetwork:
    """`model` with this project's contract, run on `device`; the model itself is left as it is and where it is.

    Raises `BenchError` if it does not turn the images that `transform` makes into finite logits.
    """
    if device_of(model) != torch.empty(0, device=device).device:
        model = copy.deepcopy(model).to(device)
    shape = (4, transform.channels, transform.height, transform.width)
    example = torch.randn(shape, generator=torch_generator(0, "example")).to(device)
    try:
        adapted = adapt(model, example=example)
        with evaluating(adapted), torch.no_grad():
            logits = adapted(example).logits
    except (RuntimeError, ValueError, TypeError) as error:
        raise BenchError(
            f"The model cannot take the float32 batches (N, {shape[1]}, {shape[2]}, {shape[3]}) that its input "
            f"transform makes: {_why_not(model) or error}"
        ) from error
    inner = adapted.model if isinstance(adapted, AdaptedClassifier) else adapted
    name = inner.name if _is_own(inner) else type(inner).__name__
    require_finite(logits.float().cpu().numpy(), f"The model {name} gives", "normal noise that it was tried on")
    return TestedNetwork(adapted, name, _identify(inner, logits), transform, "unknown", None)


def _why_not(model: nn.Module) -> str:
    """What to do about parameters of another type than float32; empty where that is not what is wrong."""
    types = {one.dtype for one in model.parameters() if one.is_floating_point()} - {torch.float32}
    if not types:
        return ""
    found = " and ".join(sorted(str(one).removeprefix("torch.") for one in types))
    return f"its parameters are {found}. Give model.float(); precision='bf16' runs that in half precision."


def require_classes(network: TestedNetwork, id_name: str, images: Images, classes: Sequence[str]) -> None:
    """Raise `BenchError` if the network tells other classes apart than the ID `images` have, as far as is known."""
    model = network.model
    assert isinstance(model, Classifier | AdaptedClassifier)
    labelled = 0 if images.labels is None else int(images.labels.max()) + 1
    if labelled > model.num_classes or (classes and len(classes) != model.num_classes):
        raise BenchError(
            f"{network.name} tells {model.num_classes} classes apart, but '{id_name}' has "
            f"{max(labelled, len(classes))}. Name the data set it was trained on as the in-distribution one."
        )


def _identify(model: nn.Module, logits: Tensor) -> str:
    """What stands for the model in content keys: its weights, and for foreign code also what it makes of an example.

    Models of equal weights may still compute different things; without the example, one would be given what was
    stored of the other.
    """
    state = {key: value for key, value in model.state_dict().items() if isinstance(value, Tensor)}
    if _is_own(model):
        return hash_weights(model.name, state)
    weights = hash_weights(f"{type(model).__module__}.{type(model).__qualname__}", state)
    return hashlib.sha256(weights.encode() + logits.float().cpu().contiguous().numpy().tobytes()).hexdigest()


def _is_own(model: nn.Module) -> TypeGuard[Classifier]:
    return isinstance(model, Classifier) and model.name in NETWORKS and type(model) is NETWORKS.get(model.name)
