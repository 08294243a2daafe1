"""Networks of torchvision: `torchvision:NAME[:WEIGHTS]`."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from torch import nn

from bench.data.transform import InputTransform
from bench.errors import BenchError, UnknownNameError, did_you_mean

from .named import NamedNetwork
from .own_transform import own_transform
from .reaching import reaching
from .same_input import require_same_input
from .weights import Build, built, with_weights

_AS_PRETRAINED: dict[str, dict[str, Any]] = {
    "googlenet": {"transform_input": True, "init_weights": False},
    "inception_v3": {"transform_input": True, "init_weights": False},
}
"""What these networks are told by torchvision when they get its weights, which have the auxiliary heads too."""


def open_torchvision(text: str, checkpoint: Path | None) -> NamedNetwork:
    """The classifier `NAME` of torchvision with its default or named weights, or those of a file.

    Raises `BenchError` for an unknown name, and where weights cannot be got.
    """
    from torchvision import models

    name, _, chosen = text.partition(":")
    known = models.list_models(models)
    if name not in known:
        near = did_you_mean(name, known)
        raise BenchError(f"torchvision has no classifier '{name}'.{near} There are: {', '.join(known)}.")
    weights = _weights(models, name, chosen)
    build = partial(_create, models, name)
    if checkpoint is None:
        model = _pretrained(build, weights, f"torchvision:{text}")
    else:
        model = with_weights(build, checkpoint, f"torchvision:{name}")
    own = own_transform("torchvision", lambda: transform_of_torchvision(weights.transforms()), checkpoint)
    classes = tuple(weights.meta["categories"]) if checkpoint is None else ()
    return NamedNetwork(model, f"torchvision:{text}", own, classes=classes)


def transform_of_torchvision(preset: Any) -> InputTransform:
    """The input transform that `weights.transforms()` of torchvision is.

    Raises `BenchError` if it is none for classification, or cannot be imitated.
    """
    try:
        [size], [resize], interpolation = preset.crop_size, preset.resize_size, preset.interpolation.value
        mean, std = tuple(preset.mean), tuple(preset.std)
    except (AttributeError, TypeError, ValueError) as error:
        raise BenchError(f"{type(preset).__name__} is no preset of torchvision for classification.") from error
    transform = InputTransform(size, size, 3, mean, std, resize=resize, interpolation=interpolation)
    require_same_input(transform, preset, "The input transform of torchvision")
    return transform


def _create(models: Any, name: str, classes: int | None) -> nn.Module:
    chosen = {} if classes is None else {"num_classes": classes}
    model: nn.Module = models.get_model(name, weights=None, **chosen, **_AS_PRETRAINED.get(name, {}))
    return model.eval()


def _weights(models: Any, name: str, chosen: str) -> Any:
    known = models.get_model_weights(name)
    if not chosen:
        return known.DEFAULT
    if chosen not in known.__members__:
        raise UnknownNameError(f"weights of torchvision:{name}:", chosen, known.__members__)
    return known[chosen]


def _pretrained(build: Build, weights: Any, name: str) -> nn.Module:
    """The network with weights that torchvision keeps in its cache or downloads; nothing in the file is run."""
    otherwise = "Fetch it once where there is a network, or give weights with --checkpoint FILE."
    with reaching(f"the weights of {name}", otherwise):
        state = weights.get_state_dict(progress=False, check_hash=True, weights_only=True)
    model = built(build, len(weights.meta["categories"]))
    with reaching(f"the weights of {name}", "Delete the damaged file from the cache of torch.hub."):
        model.load_state_dict(state)
    return model
