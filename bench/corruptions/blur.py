"""Blur: light that arrives beside its place."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from .corruption import Bytes, Corruption, corruption
from .motion import smeared
from .shuffle import shuffled
from .zoom import zoomed


@corruption("defocus_blur")
class DefocusBlur(Corruption):
    """A lens out of focus.

    The constants are the radius of the disc and the sigma that smooths its edge, in pixels.
    """

    family = "blur"
    small: ClassVar = ((0.3, 0.4), (0.4, 0.5), (0.5, 0.6), (1, 0.2), (1.5, 0.1))
    large: ClassVar = ((3, 0.1), (4, 0.5), (6, 0.5), (8, 0.5), (10, 0.5))

    @staticmethod
    def apply(image: Bytes, constants: tuple[float, float], stream: np.random.Generator) -> NDArray[np.float64]:
        """The mean over a disc around each pixel; the image is mirrored at its border."""
        return ndimage.correlate(image / 255, disc(*constants)[..., None], mode="mirror") * 255


@corruption("glass_blur")
class GlassBlur(Corruption):
    """Frosted glass.

    The constants are a blur's sigma, how far pixels are carried, and how many times.
    """

    family = "blur"
    small: ClassVar = ((0.05, 1, 1), (0.25, 1, 1), (0.4, 1, 1), (0.25, 1, 2), (0.4, 1, 2))
    large: ClassVar = ((0.7, 1, 2), (0.9, 2, 1), (1, 2, 3), (1.1, 3, 2), (1.5, 4, 2))

    @staticmethod
    def apply(image: Bytes, constants: tuple[float, int, int], stream: np.random.Generator) -> NDArray[np.float64]:
        """Blurred, shuffled, blurred again."""
        sigma, reach, times = constants
        pixels = (softened(image / 255, sigma) * 255).astype(np.uint8)
        for _ in range(times):
            pixels = shuffled(pixels, reach, stream)
        return softened(pixels / 255, sigma) * 255


@corruption("motion_blur")
class MotionBlur(Corruption):
    """A moving camera.

    The constants are the radius and sigma of the smear, in pixels; its angle is drawn.
    """

    family = "blur"
    small: ClassVar = ((6, 1), (6, 1.5), (6, 2), (8, 2), (9, 2.5))
    large: ClassVar = ((10, 3), (15, 5), (15, 8), (15, 12), (20, 15))

    @staticmethod
    def apply(image: Bytes, constants: tuple[int, float], stream: np.random.Generator) -> NDArray[np.float64]:
        """Smeared at an angle from U(-45, 45) degrees."""
        return smeared(image, *constants, stream.uniform(-45, 45))


@corruption("zoom_blur")
class ZoomBlur(Corruption):
    """A camera that nears its object.

    The constants are the end and the step of the zoom factors, which start at 1.
    """

    family = "blur"
    small: ClassVar = ((1.06, 0.01), (1.11, 0.01), (1.16, 0.01), (1.21, 0.01), (1.26, 0.01))
    large: ClassVar = ((1.11, 0.01), (1.16, 0.01), (1.21, 0.02), (1.26, 0.02), (1.31, 0.03))

    @staticmethod
    def apply(image: Bytes, constants: tuple[float, float], stream: np.random.Generator) -> NDArray[np.floating[Any]]:
        """The mean of the image and of all its zooms; the factor 1 counts twice, as published."""
        unit = (image / 255).astype(np.float32)
        end, step = constants
        # Rounding makes some of these ranges include their end; the published sets have the same.
        factors = np.arange(1, end, step)
        total = sum((zoomed(unit, factor) for factor in factors), start=unit)
        return total / np.float32(len(factors) + 1) * 255


def disc(radius: float, sigma: float) -> NDArray[np.float64]:
    """The weights of a disc with a smoothed edge, which sum up to 1: `(17, 17)` up to a radius of 8, larger above."""
    half = 8 if radius <= 8 else int(radius)
    places = np.arange(-half, half + 1)
    inside = ((places[:, None] ** 2 + places**2) <= radius**2).astype(np.float64)
    reach = np.arange(-1, 2) if radius <= 8 else np.arange(-2, 3)
    edge = np.exp(-(reach**2) / (2 * sigma**2))
    weights: NDArray[np.float64] = inside / inside.sum()
    for axis in (0, 1):
        weights = ndimage.correlate1d(weights, edge / edge.sum(), axis=axis, mode="mirror")
    return weights


def softened(image: NDArray[Any], sigma: float) -> NDArray[np.float64]:
    """A Gaussian blur of `image` `(H, W, C)` within each channel; beyond the border its value goes on."""
    result: NDArray[np.float64] = ndimage.gaussian_filter(image, (sigma, sigma, 0), mode="nearest")
    return result
