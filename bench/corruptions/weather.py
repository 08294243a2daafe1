"""Weather: what stands between the camera and its object, and the light."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from .corruption import Bytes, Corruption, corruption, luma
from .frost_textures import CHECKSUMS, frost_texture
from .motion import smeared
from .plasma import plasma
from .zoom import zoomed


@corruption("snow")
class Snow(Corruption):
    """Falling snow in a pale light.

    The constants are mean and standard deviation of the noise that flakes are made of, their size, the threshold above
    which there is one, radius and sigma of their smear in pixels, and the share of the image in the pale light.
    """

    family = "weather"
    small: ClassVar = (
        (0.1, 0.2, 1, 0.6, 8, 3, 0.95),
        (0.1, 0.2, 1, 0.5, 10, 4, 0.9),
        (0.15, 0.3, 1.75, 0.55, 10, 4, 0.9),
        (0.25, 0.3, 2.25, 0.6, 12, 6, 0.85),
        (0.3, 0.3, 1.25, 0.65, 14, 12, 0.8),
    )
    large: ClassVar = (
        (0.1, 0.3, 3, 0.5, 10, 4, 0.8),
        (0.2, 0.3, 2, 0.5, 12, 4, 0.7),
        (0.55, 0.3, 4, 0.9, 12, 8, 0.7),
        (0.55, 0.3, 4.5, 0.85, 12, 8, 0.65),
        (0.55, 0.3, 2.5, 0.85, 12, 12, 0.55),
    )

    @staticmethod
    def apply(
        image: Bytes, constants: tuple[float, float, float, float, int, float, float], stream: np.random.Generator
    ) -> NDArray[np.float64]:
        """The image in a pale light, below flakes that fall at an angle of 45 to 135 degrees, and again turned over."""
        mean, deviation, size, threshold, radius, sigma, share = constants
        noise = zoomed(stream.normal(mean, deviation, image.shape[:2])[..., None], size)
        flakes = (np.where(noise < threshold, 0, np.clip(noise, 0, 1)) * 255).astype(np.uint8)
        falling = smeared(flakes, radius, sigma, stream.uniform(-135, -45)) / 255
        unit = image / 255
        pale = share * unit + (1 - share) * np.maximum(unit, luma(image) / 255 * 1.5 + 0.5)
        return (pale + falling + np.rot90(falling, k=2)) * 255


@corruption("frost")
class Frost(Corruption):
    """Frost on the lens: a part of a photograph of frost is laid over the image.

    The constants are the weights of image and frost, and the step in which the photograph's pixels are taken. The five
    photographs are those of the published sets; the package imagecorruptions brings them (`oodbench[corruptions]`).
    """

    family = "weather"
    small: ClassVar = ((1, 0.2, 5), (1, 0.3, 5), (0.9, 0.4, 5), (0.85, 0.4, 5), (0.75, 0.45, 5))
    large: ClassVar = ((1, 0.4, 1), (0.8, 0.6, 1), (0.7, 0.7, 1), (0.65, 0.7, 1), (0.6, 0.75, 1))

    @staticmethod
    def apply(image: Bytes, constants: tuple[float, float, int], stream: np.random.Generator) -> NDArray[np.float64]:
        """Of one photograph a part at a random place; a photograph that is too small for the image is enlarged."""
        of_image, of_frost, step = constants
        height, width = image.shape[:2]
        texture = _enlarged(frost_texture(int(stream.integers(len(CHECKSUMS))), step), height, width)
        top = int(stream.integers(texture.shape[0] - height))
        left = int(stream.integers(texture.shape[1] - width))
        frost = texture[top : top + height, left : left + width]
        return of_image * image + of_frost * (luma(frost) if image.shape[2] == 1 else frost)


@corruption("fog")
class Fog(Corruption):
    """Fog, thicker here and thinner there.

    The constants are its weight, and how much smoother finer detail is.
    """

    family = "weather"
    small: ClassVar = ((0.2, 3), (0.5, 3), (0.75, 2.5), (1, 2), (1.5, 1.75))
    large: ClassVar = ((1.5, 2), (2, 2), (2.5, 1.7), (2.5, 1.5), (3, 1.4))

    @staticmethod
    def apply(image: Bytes, constants: tuple[float, float], stream: np.random.Generator) -> NDArray[np.float64]:
        """A cloud added, then all scaled so that the brightest value stays as bright as it was at most."""
        weight, decay = constants
        height, width = image.shape[:2]
        cloud = plasma(1 << (max(height, width) - 1).bit_length(), decay, stream)[:height, :width, None]
        brightest = image.max() / 255
        foggy: NDArray[np.float64] = (image / 255 + weight * cloud) * brightest / (brightest + weight) * 255
        return foggy


@corruption("brightness")
class Brightness(Corruption):
    """More light.

    The constant is added to the value V of hue, saturation and value, in [0, 1] units.
    """

    family = "weather"
    small: ClassVar = (0.05, 0.1, 0.15, 0.2, 0.3)
    large: ClassVar = (0.1, 0.2, 0.3, 0.4, 0.5)

    @staticmethod
    def apply(image: Bytes, constants: float, stream: np.random.Generator) -> NDArray[np.float64]:
        """Hue and saturation stay, so each pixel's channels grow in proportion; black, which has none, turns grey."""
        unit = image / 255
        value = unit.max(axis=2, keepdims=True)
        raised = np.minimum(value + constants, 1)
        brighter: NDArray[np.float64] = np.where(value > 0, unit * raised / np.where(value > 0, value, 1), raised) * 255
        return brighter


def _enlarged(texture: Bytes, height: int, width: int) -> Bytes:
    """`texture` itself where it is larger than the image, else scaled to be a tenth larger (bicubic)."""
    if texture.shape[0] > height and texture.shape[1] > width:
        return texture
    from PIL import Image

    factor = 1.1 * max(height / texture.shape[0], width / texture.shape[1])
    size = (round(texture.shape[1] * factor), round(texture.shape[0] * factor))
    return np.asarray(Image.fromarray(texture).resize(size, Image.Resampling.BICUBIC))
