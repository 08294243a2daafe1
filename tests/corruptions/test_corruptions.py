"""Every corruption in every severity: what it keeps, how strong it is, and the published constants by their effect."""

import colorsys
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from bench.corruptions.corruption import CORRUPTIONS, SEVERITIES, constants_for, corrupt
from bench.errors import BenchError, UnknownNameError

KINDS = CORRUPTIONS.names()
FAMILIES = {
    "noise": {"gaussian_noise", "shot_noise", "impulse_noise"},
    "blur": {"defocus_blur", "glass_blur", "motion_blur", "zoom_blur"},
    "weather": {"snow", "frost", "fog", "brightness"},
    "digital": {"contrast", "elastic_transform", "pixelate", "jpeg_compression"},
}
NOT_GROWING = {
    "CIFAR-10-C": {"elastic_transform", "glass_blur", "frost"},
    "ImageNet-C": {"elastic_transform", "glass_blur", "frost"},
}
"""Kinds whose mean squared error does not grow with each severity: their published constants trade one effect for
another (fewer, wider shuffles; less of an affine map; less of the image below more frost)."""

SIZES = [(8, 8), (8, 11), (28, 28), (32, 32), (64, 48), (96, 64), (224, 224)]


def stream(seed: int = 0) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(seed))


def test_the_kinds_are_the_papers_fifteen() -> None:
    assert {name for names in FAMILIES.values() for name in names} == set(KINDS)
    assert {kind: CORRUPTIONS.get(kind).family for kind in KINDS} == {
        kind: family for family, kinds in FAMILIES.items() for kind in kinds
    }
    for kind in KINDS:
        assert len(CORRUPTIONS.get(kind).small) == len(CORRUPTIONS.get(kind).large) == 5


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("kind", KINDS)
def test_images_of_any_size_and_colour_keep_their_shape(kind: str, size: tuple[int, int], photograph: Any) -> None:
    colour = photograph(*size)
    for image in (colour, colour[..., :1], colour[..., 1]):
        before = image.copy()
        found = corrupt(image, kind, 5, constants_for(*size), stream())
        assert (found.shape, found.dtype.name) == (image.shape, "uint8")
        assert not np.array_equal(found, image)
        assert np.array_equal(image, before)
        assert np.array_equal(found, corrupt(image, kind, 5, constants_for(*size), stream()))


@pytest.mark.parametrize(("constants", "side", "count"), [("CIFAR-10-C", 32, 30), ("ImageNet-C", 96, 5)])
@pytest.mark.parametrize("kind", KINDS)
def test_severities_grow(kind: str, constants: Any, side: int, count: int, photograph: Any) -> None:
    whole = photograph(3 * side, 3 * side)
    corners = np.random.default_rng(0).integers(0, 2 * side, (count, 2))
    images = np.stack([whole[top : top + side, left : left + side] for top, left in corners])
    errors = []
    for severity in SEVERITIES:
        found = [corrupt(image, kind, severity, constants, stream(seed)) for seed, image in enumerate(images)]
        errors.append(np.mean((np.stack(found) - images.astype(float)) ** 2))
    assert errors[0] > 1
    assert (errors == sorted(errors)) == (kind not in NOT_GROWING[constants]), errors


@pytest.mark.parametrize(("severity", "small", "large"), [(1, 0.04, 0.08), (2, 0.06, 0.12), (3, 0.08, 0.18)])
def test_gaussian_noise_has_the_published_deviation(severity: int, small: float, large: float) -> None:
    grey = np.full((200, 200, 3), 128, np.uint8)
    for constants, expected in (("CIFAR-10-C", small), ("ImageNet-C", large)):
        found = corrupt(grey, "gaussian_noise", severity, constants, stream()).astype(float)  # type: ignore[arg-type]
        assert found.std() / 255 == pytest.approx(expected, rel=0.02)
        assert found.mean() == pytest.approx(127.5, abs=0.5)  # fractions are cut off
        # White: neighbours and channels know nothing of each other.
        noise = found - found.mean()
        assert abs((noise[:-1] * noise[1:]).mean()) < 0.02 * noise.var()
        assert abs((noise[..., 0] * noise[..., 1]).mean()) < 0.02 * noise.var()


@pytest.mark.parametrize(("severity", "photons"), [(1, 500), (2, 250), (3, 100), (4, 75), (5, 50)])
def test_shot_noise_has_the_variance_of_counted_photons(severity: int, photons: int) -> None:
    for level in (40, 120):
        grey = np.full((200, 200, 3), level, np.uint8)
        found = corrupt(grey, "shot_noise", severity, "CIFAR-10-C", stream()) / 255
        assert found.var() == pytest.approx(level / 255 / photons, rel=0.04)


@pytest.mark.parametrize(("severity", "share"), [(1, 0.01), (2, 0.02), (3, 0.03), (4, 0.05), (5, 0.07)])
def test_impulse_noise_hits_the_published_share_half_white_half_black(severity: int, share: float) -> None:
    found = corrupt(np.full((250, 250, 3), 99, np.uint8), "impulse_noise", severity, "CIFAR-10-C", stream())
    assert np.mean(found == 255) == pytest.approx(share / 2, rel=0.1)
    assert np.mean(found == 0) == pytest.approx(share / 2, rel=0.1)
    assert set(np.unique(found)) == {0, 99, 255}


@pytest.mark.parametrize(("severity", "factor"), [(1, 0.75), (2, 0.5), (3, 0.4), (4, 0.3), (5, 0.15)])
def test_contrast_scales_the_distance_from_the_mean(severity: int, factor: float, photograph: Any) -> None:
    image = photograph(32, 32)
    found = corrupt(image, "contrast", severity, "CIFAR-10-C", stream())
    slopes = [np.polyfit(image[..., c].ravel(), found[..., c].ravel(), 1)[0] for c in range(3)]
    assert slopes == pytest.approx([factor] * 3, abs=0.005)


@pytest.mark.parametrize(("severity", "more"), [(1, 0.05), (2, 0.1), (3, 0.15), (4, 0.2), (5, 0.3)])
def test_brightness_raises_the_largest_channel_and_keeps_hue_and_saturation(
    severity: int, more: float, photograph: Any
) -> None:
    image = photograph(16, 16)
    found = corrupt(image, "brightness", severity, "CIFAR-10-C", stream())
    for before, after in zip(image.reshape(-1, 3) / 255, found.reshape(-1, 3), strict=True):
        hue, saturation, value = colorsys.rgb_to_hsv(*before)
        expected = np.array(colorsys.hsv_to_rgb(hue, saturation, min(value + more, 1))) * 255
        assert np.abs(after - expected).max() <= 1


@pytest.mark.parametrize(("severity", "radius", "sigma"), [(1, 6, 1), (2, 6, 1.5), (3, 6, 2), (4, 8, 2), (5, 9, 2.5)])
def test_motion_blur_spreads_a_point_along_a_line_that_ends_after_its_radius(
    severity: int, radius: int, sigma: float
) -> None:
    point = np.zeros((63, 63), np.uint8)
    point[31, 31] = 255
    angle = stream(1).uniform(-45, 45)
    found = corrupt(point, "motion_blur", severity, "CIFAR-10-C", stream(1))
    weights = np.exp(-(np.arange(2 * radius + 1) ** 2) / (2 * sigma**2))
    weights /= weights.sum()
    # What a pixel shows comes from further on in the direction of the angle, so a point is drawn out against it.
    for step, weight in enumerate(weights):
        row = 31 - round(step * np.sin(np.deg2rad(angle)))
        column = 31 - round(step * np.cos(np.deg2rad(angle)))
        assert found[row, column] == pytest.approx(255 * weight, abs=0.5)
    assert found.sum() == pytest.approx(255, abs=len(weights) / 2)


def test_a_blur_leaves_what_is_uniform_as_it_is() -> None:
    plain = np.full((40, 50, 3), (200, 90, 30), np.uint8)
    for kind in ("defocus_blur", "glass_blur", "motion_blur", "zoom_blur", "pixelate", "elastic_transform"):
        found = corrupt(plain, kind, 5, "CIFAR-10-C", stream())
        assert np.abs(found.astype(int) - plain).max() <= 1, kind


def test_values_of_other_types_are_brought_to_bytes() -> None:
    ramp = np.arange(256, dtype=np.uint8).reshape(16, 16)
    for other in (ramp / 255, (ramp / 255).astype(np.float32), ramp.astype(np.uint16) * 257):
        found = corrupt(other, "contrast", 1, "CIFAR-10-C", stream())
        assert np.array_equal(found, corrupt(ramp, "contrast", 1, "CIFAR-10-C", stream()))
    with_alpha = np.dstack([ramp, ramp, ramp, 255 - ramp])
    found = corrupt(with_alpha, "contrast", 1, "CIFAR-10-C", stream())
    assert np.array_equal(found, corrupt(with_alpha[..., :3], "contrast", 1, "CIFAR-10-C", stream()))


@settings(max_examples=60, deadline=None)
@given(
    image=arrays(np.uint8, st.tuples(st.integers(8, 20), st.integers(8, 20), st.sampled_from([1, 3]))),
    kind=st.sampled_from(KINDS),
    severity=st.sampled_from(SEVERITIES),
    constants=st.sampled_from(["CIFAR-10-C", "ImageNet-C"]),
)
def test_no_image_breaks_a_corruption(image: Any, kind: str, severity: int, constants: Any) -> None:
    found = corrupt(image, kind, severity, constants, stream())
    assert (found.shape, found.dtype.name) == (image.shape, "uint8")


def test_what_cannot_be_corrupted_is_refused() -> None:
    image = np.zeros((8, 8), np.uint8)
    with pytest.raises(BenchError, match="7x8 pixels is too small for the corruption fog: 8 pixels"):
        corrupt(image[1:], "fog", 1, "CIFAR-10-C", stream())
    with pytest.raises(BenchError, match="severities 1 to 5, not 6"):
        corrupt(image, "fog", 6, "CIFAR-10-C", stream())
    with pytest.raises(UnknownNameError, match=r"Unknown corruption 'fogg'. Did you mean 'fog'\?"):
        corrupt(image, "fogg", 1, "CIFAR-10-C", stream())


def test_frost_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    from bench.corruptions import frost_textures

    frost_textures.frost_texture.cache_clear()
    monkeypatch.setattr(frost_textures, "PACKAGE", "no-such-package")
    with pytest.raises(BenchError, match=r"pip install 'oodbench\[corruptions\]'"):
        corrupt(np.zeros((32, 32, 3), np.uint8), "frost", 1, "CIFAR-10-C", stream())
