"""What a corruption is: a change of one image, with the published constants of five severities."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from bench.citation import Citation
from bench.errors import BenchError, UnknownNameError
from bench.registry import registers, registry

corruption = registers("corruption")
"""Class decorator that registers a corruption under a literal name: `@corruption("fog")`."""

CORRUPTIONS = registry("corruption")

CITATION = Citation(
    "Benchmarking Neural Network Robustness to Common Corruptions and Perturbations",
    "Hendrycks, Dietterich",
    2019,
    "ICLR",
    "https://arxiv.org/abs/1903.12261",
    "section 3; constants of the code released with it",
)

Bytes = NDArray[np.uint8]
"""One image `(H, W, C)`, values 0 to 255, C 1 (grey) or 3 (RGB)."""

Constants = Literal["CIFAR-10-C", "ImageNet-C"]

SEVERITIES = (1, 2, 3, 4, 5)
SMALLEST, SMALL = 8, 64
"""Sides in pixels: the shortest that can be corrupted, and the longest that CIFAR-10-C's constants are used for."""


class Corruption(ABC):
    """One kind of corruption, after Hendrycks & Dietterich's released code.

    Class data: `family`; `small` are CIFAR-10-C's constants and `large` ImageNet-C's, one entry for each severity.
    `version` is raised when a change alters pixels.
    """

    name: ClassVar[str]
    family: ClassVar[Literal["noise", "blur", "weather", "digital"]]
    version: ClassVar[int] = 1
    small: ClassVar[tuple[Any, ...]]
    large: ClassVar[tuple[Any, ...]]

    @staticmethod
    @abstractmethod
    def apply(image: Bytes, constants: Any, stream: np.random.Generator) -> NDArray[Any]:
        """The changed image `(H, W, C)` in the range 0 to 255, not yet clipped; `image` itself stays as it is."""


def constants_for(height: int, width: int) -> Constants:
    """Whose constants suit images of that size: CIFAR-10-C's up to 64 pixels, ImageNet-C's above."""
    return "CIFAR-10-C" if max(height, width) <= SMALL else "ImageNet-C"


def require_severity(severity: int) -> None:
    """Raise `BenchError` unless `severity` is one of the five."""
    if severity not in SEVERITIES:
        raise BenchError(f"A corruption has the severities 1 to 5, not {severity}.")


def corrupt(
    image: NDArray[Any], kind: str, severity: int, constants: Constants, stream: np.random.Generator
) -> NDArray[np.uint8]:
    """`image` `(H, W[, C])` with the corruption `kind`: uint8 of the same size, without alpha.

    Values are those of `bench.data.images.Pixels`. Fractions are cut off, as in the published sets. Raises
    `UnknownNameError` for an unknown kind and `BenchError` for an image below 8 pixels or an unknown severity.
    """
    if kind not in CORRUPTIONS:
        raise UnknownNameError("corruption", kind, CORRUPTIONS.names())
    require_severity(severity)
    if min(image.shape[:2]) < SMALLEST:
        raise BenchError(
            f"An image of {image.shape[0]}x{image.shape[1]} pixels is too small for the corruption {kind}: "
            f"{SMALLEST} pixels a side are the least."
        )
    chosen: type[Corruption] = CORRUPTIONS.get(kind)
    levels = chosen.small if constants == "CIFAR-10-C" else chosen.large
    opaque = _opaque_bytes(image)
    found = chosen.apply(opaque, levels[severity - 1], stream)
    result: NDArray[np.uint8] = np.clip(found, 0, 255).astype(np.uint8)
    return result.reshape(result.shape[: image.ndim])


def luma(image: NDArray[Any]) -> NDArray[np.float64]:
    """The brightness of each pixel `(H, W, 1)` (ITU-R 601) of a grey or RGB image."""
    if image.shape[2] == 1:
        return image.astype(np.float64)
    weighted: NDArray[np.float64] = image @ np.array([0.299, 0.587, 0.114])
    return weighted[..., None]


def _opaque_bytes(image: NDArray[Any]) -> Bytes:
    channels = image[..., None] if image.ndim == 2 else image
    if channels.shape[2] in (2, 4):
        channels = channels[..., :-1]
    if channels.dtype == np.uint8:
        return channels
    unit = channels / 65535 if channels.dtype == np.uint16 else channels
    result: Bytes = np.rint(np.clip(unit, 0, 1) * 255).astype(np.uint8)
    return result
