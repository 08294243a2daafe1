"""The input transform: it belongs to the checkpoint and is applied alike to in- and out-of-distribution images.

Tables name the transforms of results that are there, so torch is loaded only when one is applied.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from bench.errors import BenchError

from .images import Pixels
from .sizing import Interpolation, OddMargin, centre, filled, interpolated, require_word, shorter_side_resized

if TYPE_CHECKING:
    import torch
    from torch import Tensor

Fit = Literal["crop", "stretch", "refuse"]
"""What is done with images of another size than the network takes."""

LARGEST = 16_384
"""Pixels of a side of a network's input at most, so that a slip or a hostile file cannot ask for all memory."""

_WHITE = {"uint8": 255.0, "uint16": 65535.0}
_LUMA = (0.299, 0.587, 0.114)


@dataclass(frozen=True)
class InputTransform:
    """From pixels to the network's input `(B, channels, height, width)`, float32.

    Values are scaled to [0, 1], grey images are repeated to RGB or RGB reduced to grey (ITU-R 601 luma), alpha is
    dropped, and `mean` and `std` (one value per channel, in [0, 1] units) are applied. Images of another size are
    treated as `fit` says: `crop` resizes the shorter side and crops the centre, `stretch` resizes both sides, `refuse`
    raises `BenchError`. They are resized with antialiasing, `interpolation` being `bilinear`, `bicubic` or `nearest`.

    With `resize` every image is resized first, also one that has the right size: its shorter side to that many pixels
    (`crop`), or both sides, so that the shorter side of height and width would become that long (`stretch`); then
    height and width are cut out at the centre. That is how torchvision, timm and transformers make the input of theirs;
    where the margin is odd, half of it is rounded as `odd_margin` says: `half-even`, as the first two do, or `down`.
    """

    height: int
    width: int
    channels: int
    mean: tuple[float, ...]
    std: tuple[float, ...]
    fit: Fit = "crop"
    resize: int | None = None
    interpolation: Interpolation = "bilinear"
    odd_margin: OddMargin = "half-even"

    def __post_init__(self) -> None:
        require_word("interpolation", self.interpolation, Interpolation)
        require_word("fit of an input transform:", self.fit, Fit)
        require_word("odd margin of an input transform:", self.odd_margin, OddMargin)
        sides = (self.height, self.width, self.height if self.resize is None else self.resize)
        if not all(isinstance(side, int) for side in sides) or max(sides) > LARGEST:
            raise BenchError(f"An input transform makes images of at most {LARGEST:,} pixels a side, not {sides}.")
        if min(self.height, self.width) < 1 or self.channels not in (1, 3):
            raise BenchError(
                f"An input transform makes images of at least one pixel and 1 or 3 channels, not {self.height}x"
                f"{self.width} with {self.channels}."
            )
        if not len(self.mean) == len(self.std) == self.channels:
            raise BenchError(
                f"An input transform of {self.channels} channels needs that many means and standard deviations, "
                f"got {len(self.mean)} and {len(self.std)}."
            )
        if min(self.std) <= 0:
            raise BenchError(f"Standard deviations of an input transform must be positive, got {self.std}.")
        if not all(map(math.isfinite, (*self.mean, *self.std))):
            raise BenchError(f"Means and standard deviations must be finite, got {self.mean} and {self.std}.")
        if self.resize is not None and (self.resize < min(self.height, self.width) or self.fit == "refuse"):
            raise BenchError(
                f"An input transform cannot resize to {self.resize} pixels and then cut out {self.height}x{self.width} "
                f"with fit '{self.fit}'. Give a 'resize' that is no smaller, and fit 'crop' or 'stretch'."
            )

    def to_dict(self) -> dict[str, Any]:
        """As plain data, for a checkpoint's metadata and for content keys.

        What came later is told where it is not the default, so that the keys of older results stay.
        """
        later = {"resize": None, "interpolation": "bilinear", "odd_margin": "half-even"}
        return {name: value for name, value in asdict(self).items() if value != later.get(name, ...)}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> InputTransform:
        """The inverse of `to_dict`. Raises `BenchError` for parts that are missing, unknown, or of another type."""
        try:
            return cls(**{**data, "mean": tuple(data["mean"]), "std": tuple(data["std"])})
        except (TypeError, KeyError, ValueError, OverflowError) as error:
            raise BenchError(f"This is no input transform ({type(error).__name__}: {error}): {data!r:.200}.") from error

    def __call__(self, pixels: Pixels, device: torch.device | str = "cpu") -> Tensor:
        """The normalised batch on `device`, in channels-last memory."""
        return self.normalize(self.to_unit(pixels, device))

    def to_unit(self, pixels: Pixels, device: torch.device | str = "cpu") -> Tensor:
        """The batch with values in [0, 1], sized and with the right channels, but not normalised."""
        import torch

        if isinstance(pixels, list):
            return torch.cat([self._unit_array(image[None], device) for image in pixels])
        return self._unit_array(pixels, device)

    def normalize(self, unit: Tensor) -> Tensor:
        """Subtract the mean and divide by the standard deviation, per channel; `unit` is `(B, C, H, W)` in [0, 1]."""
        return (unit - self.per_channel(self.mean, unit)) / self.per_channel(self.std, unit)

    def per_channel(self, values: tuple[float, ...], like: Tensor) -> Tensor:
        """`values` as a `(1, C, 1, 1)` tensor beside `like`."""
        import torch

        return torch.tensor(values, dtype=like.dtype, device=like.device).view(1, -1, 1, 1)

    def _unit_array(self, pixels: NDArray[Any], device: torch.device | str) -> Tensor:
        import torch

        array = pixels[..., None] if pixels.ndim == 3 else pixels
        scale = _WHITE.get(array.dtype.name, 1.0)
        if array.dtype != np.uint8:
            array = array.astype(np.float32)
        batch = torch.from_numpy(np.require(array, requirements=["C", "W"])).to(device).permute(0, 3, 1, 2).float()
        return self._sized(self._coloured(batch / scale))

    def _coloured(self, batch: Tensor) -> Tensor:
        found = batch.shape[1]
        if found in (2, 4):
            batch, found = batch[:, :-1], found - 1
        if found == self.channels:
            return batch
        if found == 1 and self.channels == 3:
            return batch.expand(-1, 3, -1, -1)
        if found == 3 and self.channels == 1:
            return (batch * self.per_channel(_LUMA, batch)).sum(1, keepdim=True)
        raise BenchError(f"Images with {found} channels cannot be shown to a network that takes {self.channels}.")

    def _sized(self, batch: Tensor) -> Tensor:
        if self.resize is not None:
            return self._resized(batch, self.resize)
        height, width = batch.shape[2:]
        if (height, width) == (self.height, self.width):
            return batch
        if self.fit == "refuse":
            raise BenchError(
                f"Images of {height}x{width} pixels: this checkpoint takes {self.height}x{self.width} and its "
                "transform refuses to resize. Resize the images, or use a transform with fit 'crop' or 'stretch'."
            )
        if self.fit == "stretch":
            return interpolated(batch, self.height, self.width, self.interpolation)
        return filled(batch, self.height, self.width, self.interpolation)

    def _resized(self, batch: Tensor, side: int) -> Tensor:
        """The shorter side made `side` pixels long, or both stretched, and the centre of that."""
        if self.fit == "crop":
            resized = shorter_side_resized(batch, side, self.interpolation)
            return centre(resized, self.height, self.width, self.odd_margin)
        shorter = min(self.height, self.width)
        height, width = side * self.height // shorter, side * self.width // shorter
        resized = interpolated(batch, height, width, self.interpolation)
        return centre(resized, self.height, self.width, self.odd_margin)


NORMALIZATIONS: dict[str, tuple[tuple[float, float, float], tuple[float, float, float]]] = {
    "cifar10": ((125.3 / 255, 123.0 / 255, 113.9 / 255), (63.0 / 255, 62.1 / 255, 66.7 / 255)),
    "svhn": ((109.9 / 255, 109.7 / 255, 113.8 / 255), (50.1 / 255, 50.6 / 255, 50.8 / 255)),
    "imagenet": ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
}
"""Means and standard deviations in [0, 1] units: the first two from DeVries & Taylor's code, the last torchvision's."""


def parse_normalization(text: str) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """A name (`cifar10`, `svhn`, `imagenet`) or `MEAN/STD` with comma-separated values in [0, 1] units."""
    if text in NORMALIZATIONS:
        return NORMALIZATIONS[text]
    mean, _, std = text.partition("/")
    try:
        means, stds = (tuple(float(value) for value in part.split(",")) for part in (mean, std))
    except ValueError as error:
        raise BenchError(
            f"Cannot read the normalisation '{text}'. Give one of {', '.join(NORMALIZATIONS)}, or MEAN/STD such as "
            "0.49,0.48,0.45/0.25,0.24,0.26 with values in [0, 1]."
        ) from error
    return means, stds
