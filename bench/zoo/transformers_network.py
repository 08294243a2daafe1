"""Image classifiers of transformers: `hf:REPO`, or `hf:./FOLDER` in the hub's layout."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from torch import Tensor, nn

from bench.data.sizing import Interpolation
from bench.data.transform import InputTransform
from bench.errors import BenchError
from bench.optional import optional_module
from bench.user_path import user_path

from .named import NamedNetwork
from .own_transform import own_transform
from .reaching import reaching
from .same_input import require_same_input
from .weights import with_weights

_RESAMPLING: dict[int, Interpolation] = {0: "nearest", 2: "bilinear", 3: "bicubic"}
"""PIL's numbers, which image processors use, as this project's words."""

_CONVNEXT_CROPS_BELOW = 384
"""ConvNeXt's processor crops where the side is smaller, and stretches the whole image where it is not."""


def open_transformers(repository: str, checkpoint: Path | None) -> NamedNetwork:
    """The image classifier of a repository on the Hugging Face hub, in its cache, or in a folder of its layout.

    No code of the repository is run. Raises `BenchError` where it cannot be got, is no image classifier, asks for code
    of its own, or has weights for a part of the network only.
    """
    transformers = optional_module("transformers", extra="hf", purpose=f"for the network hf:{repository}")
    name = f"hf:{repository}"
    if repository.startswith((".", "/", "~")):
        folder = user_path(repository)
        if not folder.is_dir():
            raise BenchError(f"There is no folder {folder}. Correct the path after hf:.")
        repository, name = str(folder), f"hf:{folder.resolve().name}"
    otherwise = "Fetch it once where there is a network, name a folder as hf:./FOLDER, or correct the name."
    with reaching(f"the image classifier {name}", otherwise):
        if checkpoint is None:
            model = _pretrained(transformers, repository, name)
        else:
            model = with_weights(partial(_create, transformers, repository), checkpoint, name)

    def find() -> InputTransform:
        with reaching(f"the image processor of {name}", "Describe the input with --transform FILE.toml."):
            processor = transformers.AutoImageProcessor.from_pretrained(repository, trust_remote_code=False)
        return transform_of_transformers(processor)

    classes = _class_names(model) if checkpoint is None else ()
    return NamedNetwork(model, name, own_transform("transformers", find, checkpoint), classes=classes)


def _class_names(model: Any) -> tuple[str, ...]:
    """The names of the classes in the network's order; none where transformers made them up."""
    names = tuple(str(name) for _, name in sorted(model.config.id2label.items()))
    made_up = all(name == f"LABEL_{place}" for place, name in enumerate(names))
    return () if made_up else names


def transform_of_transformers(processor: Any) -> InputTransform:
    """The input transform that an image processor of transformers is. Raises `BenchError` if it cannot be imitated."""
    size, crop = _sides(getattr(processor, "size", None)), _sides(getattr(processor, "crop_size", None))
    if not getattr(processor, "do_center_crop", False):
        crop = {}
    crop_share = getattr(processor, "crop_pct", None)
    interpolation = _RESAMPLING.get(int(getattr(processor, "resample", None) or 0))
    if interpolation is None or not size:
        raise BenchError(f"{_whose(processor)} resizes in a way that is not known here. {_SAY}")
    shortest = size.get("shortest_edge")
    sizing: dict[str, Any]
    if shortest is None:
        height, width = size["height"], size["width"]
        sizing = {"fit": "stretch", "resize": min(height, width) if crop else None}
    elif crop_share is not None:
        height = width = shortest
        crops = shortest < _CONVNEXT_CROPS_BELOW
        sizing = {"fit": "crop", "resize": int(shortest / crop_share)} if crops else {"fit": "stretch"}
    elif crop:
        height = width = shortest
        sizing = {"fit": "crop", "resize": shortest}
    else:
        raise BenchError(f"{_whose(processor)} gives each image a size of its own. {_SAY}")
    height, width = (crop["height"], crop["width"]) if crop else (height, width)
    mean, std = _normalization(processor)
    transform = InputTransform(height, width, 3, mean, std, interpolation=interpolation, odd_margin="down", **sizing)
    require_same_input(transform, partial(_preprocessed, processor), _whose(processor))
    return transform


def _normalization(processor: Any) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Mean and standard deviation as the processor says, or, where it computes otherwise, as black and white tell.

    EfficientNet's, for one, divides twice. Raises `BenchError` where black does not become less than white.
    """
    black, white = (_preprocessed(processor, Image.new("RGB", (64, 64), (level,) * 3)) for level in (0, 255))
    if not bool((white > black).all()):
        raise BenchError(f"{_whose(processor)} does not keep the order of grey levels. {_SAY}")
    low, high = (one.double().mean((1, 2)) for one in (black, white))
    std = 1 / (high - low)
    measured = torch.stack([-low * std, std])
    said = torch.tensor([processor.image_mean or (0.0,) * 3, processor.image_std or (1.0,) * 3], dtype=torch.float64)
    found = said if torch.allclose(said, measured, atol=1e-5) else measured.round(decimals=6)
    mean, deviation = (tuple(row) for row in found.tolist())
    return mean, deviation


_SAY = "Describe the input that the network takes in a file, and give it with --transform FILE.toml."


def _whose(processor: Any) -> str:
    return f"The input transform of transformers' {type(processor).__name__}"


def _preprocessed(processor: Any, image: Image.Image) -> Tensor:
    found: Tensor = processor(images=image, return_tensors="pt")["pixel_values"][0]
    return found


def _sides(size: Any) -> dict[str, int]:
    """What a processor says of a size, as plain data without what it leaves open."""
    if size is None:
        return {}
    return {key: value for key, value in dict(size).items() if value is not None}


def _pretrained(transformers: Any, repository: str, name: str) -> nn.Module:
    model, loading = transformers.AutoModelForImageClassification.from_pretrained(
        repository, trust_remote_code=False, output_loading_info=True
    )
    missing = sorted(loading["missing_keys"]) + sorted(str(one[0]) for one in loading["mismatched_keys"])
    if missing:
        raise BenchError(
            f"The weights of {name} are not those of a whole classifier: {', '.join(missing[:6])} would be made up at "
            "random. Name one that was trained to classify, or give its weights with --checkpoint FILE."
        )
    loaded: nn.Module = model.eval()
    return loaded


def _create(transformers: Any, repository: str, classes: int | None) -> nn.Module:
    chosen = {} if classes is None else {"num_labels": classes}
    config = transformers.AutoConfig.from_pretrained(repository, trust_remote_code=False, **chosen)
    model: nn.Module = transformers.AutoModelForImageClassification.from_config(config, trust_remote_code=False)
    return model.eval()
