"""ImageNet-C's constants against imagecorruptions, given the same draws; what that library has changed, otherwise."""

from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np
import pytest

from bench.corruptions.corruption import SEVERITIES, corrupt
from bench.corruptions.digital import ElasticTransform
from bench.corruptions.frost_textures import CHECKSUMS, frost_texture

OFF_BY = {
    "gaussian_noise": 0, "shot_noise": 0, "impulse_noise": 0, "glass_blur": 0, "contrast": 0, "jpeg_compression": 0,
    "defocus_blur": 1, "zoom_blur": 1, "fog": 1, "brightness": 1,
    "motion_blur": 1,  # the library cuts fractions off; ImageMagick, which made the published sets, rounds
    "snow": 4,  # likewise, twice, and its flakes are not cut to bytes before they are smeared
}  # fmt: skip
"""The largest difference of a value from the library's, in levels of 0 to 255."""


def stream(seed: int = 0) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(seed))


@pytest.mark.parametrize("severity", SEVERITIES)
@pytest.mark.parametrize("kind", OFF_BY)
def test_the_same_draws_give_the_librarys_image(kind: str, severity: int, oracle: Any, photograph: Any) -> None:
    # The library's snow is not cut at its middle, which makes no difference where a side is divisible by 3, 4 and 4.5.
    image = photograph(180, 180) if kind == "snow" else photograph(72, 96)
    expected = oracle(image, kind, severity, stream())
    found = corrupt(image, kind, severity, "ImageNet-C", stream())
    difference = np.abs(found.astype(int) - expected)
    assert difference.max() <= OFF_BY[kind]
    assert np.abs(found.astype(int) - image).max() > 0


def box_weights(size: int, new: int) -> Any:
    """What each of `new` equal parts of a line takes from `size` cells: the mean of those whose middle it contains."""
    width = max(size / new, 1)
    middles = (np.arange(new)[:, None] + 0.5) * size / new
    offsets = (np.arange(size) + 0.5 - middles) / width
    inside = ((offsets > -0.5) & (offsets <= 0.5)).astype(float)
    return inside / inside.sum(axis=1, keepdims=True)


@pytest.mark.parametrize(("severity", "scale"), [(1, 0.6), (2, 0.5), (3, 0.4), (4, 0.3), (5, 0.25)])
def test_pixelate_takes_means_over_larger_pixels(severity: int, scale: float, photograph: Any) -> None:
    image = photograph(96, 80)
    down, right = (box_weights(size, int(size * scale)) for size in (96, 80))
    mean = np.einsum("ah,bw,hwc->abc", down, right, image)
    up, left = (box_weights(int(size * scale), size) for size in (96, 80))
    expected = np.einsum("ha,wb,abc->hwc", up, left, mean)
    assert np.abs(corrupt(image, "pixelate", severity, "ImageNet-C", stream()) - expected).max() <= 1


@pytest.mark.parametrize("severity", SEVERITIES)
@pytest.mark.parametrize(("constants", "levels", "side"), [("CIFAR-10-C", "small", 32), ("ImageNet-C", "large", 96)])
def test_elastic_transform_is_opencvs_affine_map_and_remapping(
    severity: int, constants: Any, levels: str, side: int, photograph: Any
) -> None:
    cv2 = pytest.importorskip("cv2")
    gaussian: Any = import_module("skimage.filters").gaussian

    image, draws = photograph(side, side), stream()
    found = corrupt(image, "elastic_transform", severity, constants, stream())
    distance, sigma, reach = (side * part for part in getattr(ElasticTransform, levels)[severity - 1])
    middle, arm = side // 2, side // 3
    before = middle + arm * np.array([[1, 1], [1, -1], [-1, -1]], np.float32)
    after = before + draws.uniform(-reach, reach, (3, 2)).astype(np.float32)
    matrix = cv2.getAffineTransform(before, after)
    expected = cv2.warpAffine(np.float32(image), matrix, (side, side), borderMode=cv2.BORDER_REFLECT_101)
    x, y = np.meshgrid(np.arange(side), np.arange(side))
    moved = [gaussian(draws.uniform(-1, 1, (side, side)), sigma, mode="reflect", truncate=3) * distance for _ in "xy"]
    places = np.float32(x + moved[0]), np.float32(y + moved[1])
    expected = cv2.remap(expected, *places, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    difference = np.abs(found - expected)
    assert difference.mean() < 1.5
    assert np.quantile(difference, 0.99) < 8  # OpenCV rounds places to 1/32 pixel, which shows at edges


@pytest.mark.parametrize("index", range(5))
def test_frosts_textures_are_as_opencv_reads_and_scales_them(index: int, library: Any) -> None:
    import cv2

    from bench.corruptions.frost_textures import _folder

    read: Any = cv2.imread(str(_folder() / list(CHECKSUMS)[index]))
    whole = read[..., ::-1]
    assert np.abs(frost_texture(index, 1).astype(int) - whole).max() <= 3  # JPEG decoders round differently
    fifth = cv2.resize(np.ascontiguousarray(whole), (0, 0), fx=0.2, fy=0.2)
    assert frost_texture(index, 5).shape == fifth.shape
    assert np.abs(frost_texture(index, 5).astype(int) - fifth).max() <= 3


@pytest.mark.parametrize(
    ("constants", "step", "weights"), [("CIFAR-10-C", 5, (0.9, 0.4)), ("ImageNet-C", 1, (0.7, 0.7))]
)
def test_frost_lays_a_part_of_a_texture_over_the_image(
    constants: Any, step: int, weights: tuple[float, float], photograph: Callable[..., Any]
) -> None:
    image, draws = photograph(32, 40), stream(3)
    texture = frost_texture(int(draws.integers(5)), step)
    top, left = draws.integers(texture.shape[0] - 32), draws.integers(texture.shape[1] - 40)
    expected = weights[0] * image + weights[1] * texture[top : top + 32, left : left + 40]
    found = corrupt(image, "frost", 3, constants, stream(3))
    assert np.array_equal(found, np.clip(expected, 0, 255).astype(np.uint8))
