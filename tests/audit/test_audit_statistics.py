"""Statistics, separations and probes, against slow readings of what they are said to be."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image
from sklearn.datasets import load_sample_images
from sklearn.metrics import roc_auc_score

from bench.audit.linear_probe import linear_probe
from bench.audit.separation import separations
from bench.audit.spectrum import log_magnitudes, thumbnails
from bench.audit.statistics import statistics
from bench.data.transform import InputTransform

COLOUR = InputTransform(32, 32, 3, (0.0,) * 3, (1.0,) * 3)


@pytest.fixture(scope="module")
def pixels() -> NDArray[np.uint8]:
    """Ten pieces of a photograph, 32x32 in colour."""
    [photo, _] = load_sample_images().images
    return np.stack([photo[200:232, 40 * place : 40 * place + 32] for place in range(10)])


@pytest.fixture(scope="module")
def found(pixels: NDArray[np.uint8]) -> dict[str, NDArray[np.float64]]:
    return statistics(COLOUR.to_unit(pixels), COLOUR)


def grey_of(image: NDArray[np.uint8]) -> NDArray[np.float64]:
    grey: NDArray[np.float64] = image.astype(float) @ np.array([0.299, 0.587, 0.114]) / 255
    return grey


def test_plain_statistics_are_what_numpy_says(pixels: NDArray[np.uint8], found: dict[str, NDArray[np.float64]]) -> None:
    for place, image in enumerate(pixels):
        grey = grey_of(image)
        ring = np.concatenate([grey[0], grey[-1], grey[1:-1, 0], grey[1:-1, -1]])
        energy = np.abs(np.fft.rfft2(grey - grey.mean())) ** 2
        radius = np.hypot(np.fft.fftfreq(32)[:, None], np.fft.rfftfreq(32)[None])
        file = BytesIO()
        Image.fromarray(image).save(file, "JPEG", quality=75)
        expected = {
            "brightness": image.mean() / 255,
            "green mean": image[..., 1].mean() / 255,
            "contrast": grey.std(),
            "border brightness": ring.mean(),
            "border variation": ring.std(),
            "high-frequency energy": energy[radius > 0.25].sum() / energy.sum(),
            "JPEG size": file.tell(),
        }
        assert {name: found[name][place] for name in expected} == pytest.approx(expected, rel=1e-4)


def test_blocks_are_noticed(pixels: NDArray[np.uint8], found: dict[str, NDArray[np.float64]]) -> None:
    blocky = pixels.copy()
    blocky[:, :, ::16], blocky[:, :, 8::16] = 0, 255
    means = pixels.reshape(-1, 4, 8, 4, 8, 3).mean((2, 4), keepdims=True)
    flat = np.broadcast_to(means, (len(pixels), 4, 8, 4, 8, 3)).reshape(pixels.shape).astype(np.uint8)
    assert (statistics(COLOUR.to_unit(flat), COLOUR)["blockiness"] > 5 * found["blockiness"]).all()


def test_grey_and_constant_images_have_finite_statistics() -> None:
    transform = InputTransform(8, 8, 1, (0.0,), (1.0,))
    found = statistics(torch.zeros(3, 1, 8, 8), transform)
    assert "red mean" not in found
    assert all(np.isfinite(values).all() and values.shape == (3,) for values in found.values())


def test_thumbnails_are_means_of_blocks(pixels: NDArray[np.uint8]) -> None:
    unit = COLOUR.to_unit(pixels)
    expected = pixels.reshape(-1, 8, 4, 8, 4, 3).mean((2, 4)).transpose(0, 3, 1, 2).reshape(len(pixels), -1) / 255
    np.testing.assert_allclose(thumbnails(unit).numpy(), expected, atol=1e-5)


def test_magnitudes_do_not_see_where_a_picture_is_cut() -> None:
    grey = torch.rand(2, 32, 32, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(log_magnitudes(grey), log_magnitudes(grey.roll((3, 5), (1, 2))), atol=1e-3, rtol=1e-3)
    assert log_magnitudes(torch.rand(2, 64, 48)).shape == (2, 32 * 17)


VALUES = st.lists(st.integers(-5, 5), min_size=2, max_size=20)


@settings(max_examples=40, deadline=None)
@given(VALUES, VALUES)
def test_separation_is_the_better_direction_of_value_and_distance(ids: list[int], oods: list[int]) -> None:
    labels = [1] * len(ids) + [0] * len(oods)
    usual = np.median(ids)
    areas = [roc_auc_score(labels, [*ids, *oods]), roc_auc_score(labels, np.abs(np.array([*ids, *oods]) - usual))]
    [found] = separations({"x": np.array(ids, float)}, {"x": np.array(oods, float)})
    assert found.auroc == pytest.approx(max(max(one, 1 - one) for one in areas))


def test_words_say_how_ood_images_differ() -> None:
    spread = np.linspace(-1, 1, 50)
    ids: dict[str, NDArray[np.float64]] = {"up": spread, "down": spread, "narrow": spread, "wide": spread}
    oods = {"up": spread + 3, "down": spread - 3, "narrow": spread / 100, "wide": np.sign(spread) * 5}
    words = {one.statistic: one.reads.removesuffix(" in OOD images") for one in separations(ids, oods)}
    assert words == {
        "up": "larger",
        "down": "smaller",
        "narrow": "nearer to the usual value",
        "wide": "further from the usual value",
    }


def test_the_probe_finds_a_direction_and_no_more() -> None:
    stream = np.random.default_rng(0)
    ids, oods = stream.standard_normal((2, 200, 5)).astype(np.float32)
    chance = linear_probe("chance", ids, oods, seed=0)
    assert chance is not None
    assert chance.auroc == pytest.approx(0.5, abs=0.1)
    oods[:, 3] += 5
    apart = linear_probe("apart", ids, oods, seed=0)
    assert apart is not None
    assert apart.auroc > 0.99
    assert apart.images == (200, 200)
    assert linear_probe("few", ids[:5], oods, seed=0) is None
