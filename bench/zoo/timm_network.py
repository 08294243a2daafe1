"""Networks of timm: `timm:NAME`."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from torch import nn

from bench.data.transform import InputTransform
from bench.errors import BenchError, did_you_mean
from bench.optional import optional_module

from .named import NamedNetwork
from .own_transform import own_transform
from .reaching import reaching
from .same_input import require_same_input
from .weights import built, with_weights

_ELSEWHERE = ("hf-hub:", "hf_hub:", "local-dir:")


def open_timm(name: str, checkpoint: Path | None) -> NamedNetwork:
    """The network that timm calls `name`, with its pretrained weights or those of a file.

    Besides names such as `resnet18.a1_in1k` timm knows `hf-hub:REPO` and `local-dir:FOLDER`. Raises `BenchError` for an
    unknown name and where weights cannot be got.
    """
    timm = optional_module("timm", extra="timm", purpose=f"for the network timm:{name}")
    _require_known(timm, name)
    create = partial(_create, timm, name)
    if checkpoint is None:
        otherwise = "Fetch it once where there is a network, or give weights with --checkpoint FILE."
        with reaching(f"the pretrained weights of timm:{name}", otherwise):
            model: nn.Module = built(partial(create, pretrained=True), None)
    else:
        with reaching(f"the architecture of timm:{name}", "Choose another name."):
            model = with_weights(create, checkpoint, f"timm:{name}")
    config = timm.data.resolve_model_data_config(model)
    own = own_transform("timm", partial(transform_of_timm, config), checkpoint)
    names = (getattr(model, "pretrained_cfg", None) or {}).get("label_names") if checkpoint is None else None
    return NamedNetwork(model, f"timm:{_shown(name)}", own, classes=tuple(names or ()))


def transform_of_timm(config: Mapping[str, Any]) -> InputTransform:
    """The input transform that timm's data configuration means, as `timm.data.resolve_model_data_config` gives it.

    Raises `BenchError` if what it means cannot be imitated.
    """
    timm = optional_module("timm", extra="timm", purpose="to compare an input transform with timm's own")
    channels, height, width = config["input_size"]
    shorter = min(height, width)
    transform = InputTransform(
        height,
        width,
        channels,
        tuple(config["mean"]),
        tuple(config["std"]),
        fit="stretch" if config.get("crop_mode") == "squash" else "crop",
        resize=math.floor(shorter / (config.get("crop_pct") or 0.875)),
        interpolation=config.get("interpolation", "bilinear"),
    )
    if channels == 3:
        require_same_input(
            transform, timm.data.create_transform(**config, is_training=False), "The input transform of timm"
        )
    return transform


def _create(timm: Any, name: str, classes: int | None, *, pretrained: bool = False) -> nn.Module:
    chosen = {} if classes is None else {"num_classes": classes}
    model: nn.Module = timm.create_model(name, pretrained=pretrained, **chosen)
    return model.eval()


def _require_known(timm: Any, name: str) -> None:
    """Raise `BenchError` for a name that timm does not know, or a folder that is not there."""
    if name.startswith("local-dir:"):
        folder = Path(name.removeprefix("local-dir:"))
        if not folder.is_dir():
            raise BenchError(f"There is no folder {folder}. Correct the path after timm:local-dir:.")
    elif not name.startswith(_ELSEWHERE) and not timm.is_model(name.partition(".")[0]):
        near = did_you_mean(name, timm.list_models())
        raise BenchError(f"timm has no network '{name}'.{near} See what there is with: timm.list_models('*resnet*')")


def _shown(name: str) -> str:
    """The name without the path of a folder on this machine."""
    return f"local-dir:{Path(name).name}" if name.startswith("local-dir:") else name
