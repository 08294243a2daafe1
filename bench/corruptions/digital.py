"""Digital: what processing and storing does to images."""

from __future__ import annotations

import io
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from .corruption import Bytes, Corruption, corruption


@corruption("contrast")
class Contrast(Corruption):
    """Less contrast.

    The constant is the factor of the distance from each channel's mean.
    """

    family = "digital"
    small: ClassVar = (0.75, 0.5, 0.4, 0.3, 0.15)
    large: ClassVar = (0.4, 0.3, 0.2, 0.1, 0.05)

    @staticmethod
    def apply(image: Bytes, constants: float, stream: np.random.Generator) -> NDArray[np.float64]:
        """Every value nearer to the mean of its channel."""
        unit = image / 255
        mean = unit.mean(axis=(0, 1), keepdims=True)
        nearer: NDArray[np.float64] = ((unit - mean) * constants + mean) * 255
        return nearer


@corruption("elastic_transform")
class ElasticTransform(Corruption):
    """Regions that are stretched or shrunk.

    The constants are how far pixels are moved, how smoothly, and how far the corners of an affine map move, as parts
    of the shorter side. The released code counts ImageNet-C's from 244 pixels for images of 224.
    """

    family = "digital"
    small: ClassVar = ((0, 0, 0.08), (0.05, 0.2, 0.07), (0.08, 0.06, 0.06), (0.1, 0.04, 0.05), (0.1, 0.03, 0.03))
    large: ClassVar = tuple(
        tuple(244 / 224 * part for part in parts)
        for parts in ((2, 0.7, 0.1), (2, 0.08, 0.2), (0.05, 0.01, 0.02), (0.07, 0.01, 0.02), (0.12, 0.01, 0.02))
    )

    @staticmethod
    def apply(image: Bytes, constants: tuple[float, float, float], stream: np.random.Generator) -> NDArray[np.float64]:
        """A random affine map, then every pixel moved by a smooth random field; bilinear both times."""
        side = min(image.shape[:2])
        distance, smoothness, corner = (side * part for part in constants)
        unit = _affine(image / 255, corner, stream)
        right, down = (_field(image.shape[:2], smoothness, stream) * distance for _ in range(2))
        rows, columns = np.indices(image.shape[:2])
        return _values_at(unit, [rows + down, columns + right], "reflect") * 255


@corruption("pixelate")
class Pixelate(Corruption):
    """Fewer pixels.

    The constant is the scale to which the image is shrunk before it is enlarged again.
    """

    family = "digital"
    small: ClassVar = (0.95, 0.9, 0.85, 0.75, 0.65)
    large: ClassVar = (0.6, 0.5, 0.4, 0.3, 0.25)

    @staticmethod
    def apply(image: Bytes, constants: float, stream: np.random.Generator) -> NDArray[np.uint8]:
        """Shrunk and enlarged, both with Pillow's box filter."""
        height, width = image.shape[:2]
        small = _picture(image).resize((int(width * constants), int(height * constants)), Image.Resampling.BOX)
        return np.asarray(small.resize((width, height), Image.Resampling.BOX)).reshape(image.shape)


@corruption("jpeg_compression")
class JpegCompression(Corruption):
    """Compression as JPEG by Pillow.

    The constant is the quality, of 1 to 95.
    """

    family = "digital"
    small: ClassVar = (80, 65, 58, 50, 40)
    large: ClassVar = (25, 18, 15, 10, 7)

    @staticmethod
    def apply(image: Bytes, constants: int, stream: np.random.Generator) -> NDArray[np.uint8]:
        """Written and read again; grey images as grey JPEG."""
        file = io.BytesIO()
        _picture(image).save(file, "JPEG", quality=constants)
        with Image.open(file) as read:
            return np.asarray(read).reshape(image.shape)


def _picture(image: Bytes) -> Image.Image:
    return Image.fromarray(image[..., 0] if image.shape[2] == 1 else image)


def _affine(image: NDArray[np.float64], reach: float, stream: np.random.Generator) -> NDArray[np.float64]:
    """The affine map that moves three points around the middle by up to `reach` pixels in either direction."""
    height, width = image.shape[:2]
    middle, arm = np.array([width // 2, height // 2]), min(height, width) // 3
    before = middle + np.array([[arm, arm], [arm, -arm], [-arm, -arm]], dtype=np.float64)
    after = before + stream.uniform(-reach, reach, size=before.shape)
    # From where a pixel's value comes: (x, y, 1) of the result times this is (x, y) of the image.
    back = np.linalg.solve(np.column_stack([after, np.ones(3)]), before)
    rows, columns = np.indices((height, width))
    x, y = (back[0, axis] * columns + back[1, axis] * rows + back[2, axis] for axis in range(2))
    return _values_at(image, [y, x], "mirror")


def _values_at(
    image: NDArray[np.float64], places: list[NDArray[np.float64]], mode: Literal["reflect", "mirror"]
) -> NDArray[np.float64]:
    """The values `(H, W, C)` at fractional rows and columns, each `(H, W)`, bilinear; `mode` is that of the border."""
    channels = [image[..., channel] for channel in range(image.shape[2])]
    return np.stack([ndimage.map_coordinates(one, places, order=1, mode=mode) for one in channels], axis=2)


def _field(shape: tuple[int, ...], smoothness: float, stream: np.random.Generator) -> NDArray[np.float64]:
    """Uniform noise in [-1, 1), smoothed with a Gaussian of that sigma in pixels."""
    noise = stream.uniform(-1, 1, size=shape)
    result: NDArray[np.float64] = ndimage.gaussian_filter(noise, smoothness, mode="reflect", truncate=3)
    return result
