"""An input transform in a TOML file, for networks of which nothing else says what they take."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

from bench.errors import BenchError, UnknownNameError
from bench.toml_file import read_toml

from .transform import InputTransform

EXAMPLE = "height = 224, width = 224, mean = [0.485, 0.456, 0.406], std = [0.229, 0.224, 0.225], resize = 256"


MEANINGS = {
    "height": "height of the network's input in pixels",
    "width": "width of the network's input in pixels",
    "channels": "3 for colour, 1 for grey; images are converted",
    "mean": "what is subtracted from values in [0, 1], one number for each channel",
    "std": "what that is divided by, one number for each channel",
    "fit": "`crop` keeps the shape and cuts the centre out, `stretch` does not keep it, `refuse` takes no other size",
    "resize": "pixels of the shorter side before height and width are cut out of the centre; without it images are "
    "resized just so far that they fill both, and not at all where they have the right size",
    "interpolation": "`bilinear`, `bicubic` (both with antialiasing) or `nearest`",
    "odd_margin": "where the centre begins if the margin is odd: `half-even` as in torchvision and timm, `down` as in "
    "transformers",
}
"""What each key means, in words."""


def read_transform(path: Path) -> InputTransform:
    """The input transform that a TOML file describes by the names of `InputTransform`'s parts.

    `channels` are as many as there are means unless it is said. Raises `BenchError` for a file that cannot be read,
    for an unknown, missing or ill-typed key, and for values that contradict each other.
    """
    data = read_toml(path)
    known = {one.name: one for one in fields(InputTransform)}
    for key, value in data.items():
        if key not in known:
            raise UnknownNameError(f"key in {path}:", key, known)
        kind, fits = _KINDS[key]
        if not fits(value):
            raise BenchError(f"'{key}' in {path} must be {kind}, not {value!r}.")
    given = {"channels": len(data.get("mean", ())), **data}
    missing = [name for name, one in known.items() if one.default is MISSING and name not in given]
    if missing:
        raise BenchError(f"{path} does not say {', '.join(missing)}. It is to be such as: {EXAMPLE}.")
    try:
        return InputTransform.from_dict(given)
    except BenchError as error:
        raise BenchError(f"{path} is no input transform: {error}") from error


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def _is_numbers(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, float | int) and not isinstance(one, bool) for one in value)


_KINDS: dict[str, tuple[str, Callable[[Any], bool]]] = {
    **dict.fromkeys(("height", "width", "channels", "resize"), ("a whole number of at least 1", _is_count)),
    **dict.fromkeys(("mean", "std"), ("a list of numbers, one for each channel", _is_numbers)),
    **dict.fromkeys(("fit", "interpolation", "odd_margin"), ("a word in quotes", lambda value: isinstance(value, str))),
}
