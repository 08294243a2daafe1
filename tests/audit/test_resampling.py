"""Traces of resizing: enlarged and compressed photographs have their periods, plain ones have none."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image

from bench.audit.resampling import Periodicity, periodicity, profile_magnitudes

SIDE = 32


@pytest.fixture(scope="module")
def photos() -> list[Image.Image]:
    """Two fields with the spectrum of photographs, 1 / frequency, which no camera or file has ever touched."""
    stream = np.random.default_rng(0)
    radius = np.hypot(np.fft.fftfreq(400)[:, None], np.fft.rfftfreq(400)[None])
    radius[0, 0] = 1
    found = []
    for _ in range(2):
        field = np.fft.irfft2(np.fft.rfft2(stream.standard_normal((400, 400))) / radius)
        grey = 128 + 40 * (field - field.mean()) / field.std()
        found.append(Image.fromarray(grey.clip(0, 255).astype(np.uint8)))
    return found


def pieces(photos: list[Image.Image], step: int = 17) -> NDArray[np.uint8]:
    found = []
    for photo in photos:
        array = np.asarray(photo)
        tops, lefts = (range(0, size - SIDE, step) for size in array.shape)
        found += [array[top : top + SIDE, left : left + SIDE] for top in tops for left in lefts]
    return np.stack(found)


def seen(images: NDArray[np.uint8]) -> Periodicity:
    found = periodicity(profile_magnitudes(torch.from_numpy(images) / 255))
    assert found is not None
    return found


def test_plain_photographs_have_no_period(photos: list[Image.Image]) -> None:
    assert not seen(pieces(photos)).remarkable


@pytest.mark.parametrize("factor", [2, 3])
def test_enlarged_photographs_have_the_factor_as_period(photos: list[Image.Image], factor: int) -> None:
    large = [one.resize((one.width * factor, one.height * factor), Image.Resampling.BILINEAR) for one in photos]
    found = seen(pieces(large, 61))
    assert found.remarkable
    assert found.period == pytest.approx(factor)


def test_compressed_images_have_a_period_of_their_blocks(photos: list[Image.Image]) -> None:
    def compressed(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        file = BytesIO()
        Image.fromarray(image).save(file, "JPEG", quality=25)
        return np.asarray(Image.open(file))

    found = seen(np.stack([compressed(one) for one in pieces(photos, 40)]))
    assert found.remarkable
    assert found.period in (pytest.approx(8), pytest.approx(4), pytest.approx(8 / 3), pytest.approx(2))


def test_small_and_constant_images_have_none() -> None:
    assert periodicity(profile_magnitudes(torch.rand(3, 8, 8))) is None
    assert periodicity(profile_magnitudes(torch.zeros(3, 32, 32))) is None
