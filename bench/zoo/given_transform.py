"""Input transforms as other libraries have them, given in Python."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bench.data.transform import InputTransform
from bench.errors import BenchError

from .timm_network import transform_of_timm
from .torchvision_network import transform_of_torchvision
from .transformers_network import transform_of_transformers

LibraryTransform = Mapping[str, Any] | Any
"""What `timm.data.resolve_model_data_config` gives, a preset of torchvision, or an image processor of transformers."""


def as_input_transform(given: InputTransform | LibraryTransform) -> InputTransform:
    """An input transform that does what the given one of timm, torchvision or transformers does.

    Raises `BenchError` for anything else, and for one that cannot be imitated.
    """
    if isinstance(given, InputTransform):
        return given
    if isinstance(given, Mapping) and "input_size" in given:
        return transform_of_timm(given)
    if hasattr(given, "resize_size"):
        return transform_of_torchvision(given)
    if hasattr(given, "image_mean"):
        return transform_of_transformers(given)
    raise BenchError(
        f"The transform is a {type(given).__name__}. Give an InputTransform, torchvision's weights.transforms(), what "
        "timm.data.resolve_model_data_config gives, or an image processor of transformers."
    )
