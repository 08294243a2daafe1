"""A torch module at hand as a network under test, and what it must have for that."""

from __future__ import annotations

import copy
import hashlib
import re
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
from bench.networks.last_layer import head_weight
from bench.networks.mode import evaluating
from bench.seeds import torch_generator
from bench.zoo.named import NamedNetwork

from .extraction import require_finite
from .network import TestedNetwork, with_code


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


def as_tested(
    given: NamedNetwork,
    transform: InputTransform,
    device: torch.device,
    *,
    last_layer: str | None = None,
    assumed: Sequence[str] = (),
) -> TestedNetwork:
    """The module with this project's contract, run on `device`; a module at hand is left as it is and where it is.

    `assumed` are sentences that its note begins with. Raises `BenchError` if it does not turn the images that
    `transform` makes into finite logits, or if these are not made by the layer called `last_layer`.
    """
    shape = (4, transform.channels, transform.height, transform.width)
    example = torch.randn(shape, generator=torch_generator(0, "example")).to(device_of(given.model))
    try:
        adapted = adapt(given.model, example=example, last_layer=last_layer)
        with evaluating(adapted), torch.no_grad():
            logits = adapted(example).logits
    except (RuntimeError, ValueError, TypeError, AssertionError) as error:
        raise BenchError(
            f"The model cannot take the float32 batches (N, {shape[1]}, {shape[2]}, {shape[3]}) that its input "
            f"transform makes: {_why_not(given.model) or error}"
        ) from error
    inner = adapted.model if isinstance(adapted, AdaptedClassifier) else adapted
    name = given.name or (inner.name if _is_own(inner) else type(inner).__name__)
    require_finite(logits.float().cpu().numpy(), f"The model {name} gives", "normal noise that it was tried on")
    identity = _identify(inner, logits, given.code)
    note = _sentences([*assumed, *given.assumed, *_layer_words(adapted, last_layer)])
    return TestedNetwork(_on(adapted, device, given), name, identity, transform, "unknown", None, note=note)


def _on(
    model: Classifier | AdaptedClassifier, device: torch.device, given: NamedNetwork
) -> Classifier | AdaptedClassifier:
    """The model on `device`: a module at hand as a copy, unless it is there already."""
    if given.name:  # made here, so nobody else looks at it
        return model.requires_grad_(False).to(device)
    there = torch.empty(0, device=device).device
    return model if device_of(model) == there else copy.deepcopy(model).to(device)


def _layer_words(model: Classifier | AdaptedClassifier, last_layer: str | None) -> tuple[str, ...]:
    """Which layer was taken for the last one, where that was found and not said."""
    if isinstance(model, Classifier) or last_layer is not None:
        return ()
    layer = model.classifier
    if layer is None:
        return ("no layer was found whose output the logits are, so there are no features",)
    where = "" if isinstance(layer, nn.Linear) else ", averaged over its pixels"
    name, width = model.classifier_name or "the network itself", head_weight(layer).shape[1]
    return (f"the {width:,} features are what enters the layer {name}{where}, whose output the logits are",)


def _sentences(parts: Sequence[str]) -> str:
    return " ".join(f"{part[:1].upper()}{part[1:].rstrip('.')}." for part in parts)


def _why_not(model: nn.Module) -> str:
    """What to do about parameters of another type than float32; empty where that is not what is wrong."""
    types = {one.dtype for one in model.parameters() if one.is_floating_point()} - {torch.float32}
    if not types:
        return ""
    found = " and ".join(sorted(str(one).removeprefix("torch.") for one in types))
    return f"its parameters are {found}. Give model.float(); precision='bf16' runs that in half precision."


def num_classes_of(network: TestedNetwork) -> int:
    """K, the number of classes that a model at hand tells apart."""
    model = network.model
    assert isinstance(model, Classifier | AdaptedClassifier)
    return model.num_classes


def require_classes(network: TestedNetwork, id_name: str, images: Images, classes: Sequence[str]) -> None:
    """Raise `BenchError` if the network tells other classes apart than the ID `images` have, as far as is known."""
    count = num_classes_of(network)
    labelled = 0 if images.labels is None else int(images.labels.max()) + 1
    if labelled > count or (classes and len(classes) != count):
        raise BenchError(
            f"{network.name} tells {count} classes apart, but '{id_name}' has "
            f"{max(labelled, len(classes))}. Name the data set it was trained on as the in-distribution one."
        )


def _identify(model: nn.Module, logits: Tensor, code: str) -> str:
    """What stands for the model in content keys: its weights, and for foreign code also what can be seen of that.

    Models of equal weights may still compute different things, and one must not be given what was stored of the other.
    So its structure is told too, the `code` that it comes from, and what it makes of an example, to three digits: the
    last ones differ from machine to machine, which a key must not.
    """
    state = {key: value for key, value in model.state_dict().items() if isinstance(value, Tensor)}
    if _is_own(model):
        return with_code(hash_weights(model.name, state), type(model))
    weights = hash_weights(f"{type(model).__module__}.{type(model).__qualname__}", state)
    structure = re.sub(r" at 0x[0-9a-fA-F]+", "", repr(model))
    digest = hashlib.sha256()
    for part in (weights, structure, code, with_code("", type(model)), _sketch(logits)):
        digest.update(f"{len(part)} {part}".encode())
    return digest.hexdigest()


def _sketch(logits: Tensor) -> str:
    """The class, largest, smallest and mean logit of each image of an example, to three digits."""
    found = logits.double().cpu()
    values = torch.stack([found.amax(1), found.amin(1), found.mean(1)], 1).flatten().tolist()
    return f"{found.argmax(1).tolist()} {' '.join(f'{value:.2e}' for value in values)}"


def _is_own(model: nn.Module) -> TypeGuard[Classifier]:
    return isinstance(model, Classifier) and model.name in NETWORKS and type(model) is NETWORKS.get(model.name)
