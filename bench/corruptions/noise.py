"""Noise: independent errors of every value."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from .corruption import Bytes, Corruption, corruption


@corruption("gaussian_noise")
class GaussianNoise(Corruption):
    """Gaussian noise, as in low light.

    The constant is its standard deviation, in [0, 1] units.
    """

    family = "noise"
    small: ClassVar = (0.04, 0.06, 0.08, 0.09, 0.10)
    large: ClassVar = (0.08, 0.12, 0.18, 0.26, 0.38)

    @staticmethod
    def apply(image: Bytes, constants: float, stream: np.random.Generator) -> NDArray[np.float64]:
        """Each value plus a draw of its own."""
        return (image / 255 + stream.normal(scale=constants, size=image.shape)) * 255


@corruption("shot_noise")
class ShotNoise(Corruption):
    """Poisson noise of counted light.

    The constant is the number of photons that make white.
    """

    family = "noise"
    small: ClassVar = (500, 250, 100, 75, 50)
    large: ClassVar = (60, 25, 12, 5, 3)

    @staticmethod
    def apply(image: Bytes, constants: float, stream: np.random.Generator) -> NDArray[np.float64]:
        """Each value's count of photons, with the value as expectation."""
        return stream.poisson(image / 255 * constants) / constants * 255


@corruption("impulse_noise")
class ImpulseNoise(Corruption):
    """Salt and pepper, as of bit errors.

    The constant is the share of values that become 0 or 255.
    """

    family = "noise"
    small: ClassVar = (0.01, 0.02, 0.03, 0.05, 0.07)
    large: ClassVar = (0.03, 0.06, 0.09, 0.17, 0.27)

    @staticmethod
    def apply(image: Bytes, constants: float, stream: np.random.Generator) -> NDArray[np.uint8]:
        """Half of the values that are hit become white, half black, each channel for itself."""
        hit = stream.random(image.shape) <= constants
        white = stream.random(image.shape) <= 0.5
        return np.where(hit, np.where(white, np.uint8(255), np.uint8(0)), image)
