"""The printed letters."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from matplotlib import get_data_path
from PIL import ImageFont

from bench.data.dataset import DATASETS, Place

PLACE = Place(Path("/nowhere"))
GLYPHS = DATASETS.get("glyphs")().load("test", PLACE)


def test_no_letter_that_passes_for_a_digit() -> None:
    assert set(GLYPHS.classes).isdisjoint("0123456789OoDQaeIiJjlLZzSsGbhTtYfBgqy")
    assert len(set(GLYPHS.classes)) == 25


def test_every_letter_in_every_font_and_size() -> None:
    np.testing.assert_array_equal(np.bincount(GLYPHS.labels), np.full(25, 14 * 4))


def test_digits_resolution_and_every_letter_visible() -> None:
    assert GLYPHS.pixels.shape == (1400, 8, 8)
    assert GLYPHS.pixels.dtype == np.uint8
    assert GLYPHS.pixels.reshape(len(GLYPHS), -1).max(axis=1).min() > 60


def test_no_letter_is_larger_than_its_image() -> None:
    module = sys.modules[DATASETS.get("glyphs").__module__]
    folder = Path(get_data_path()) / "fonts" / "ttf"
    for name in module.FONTS:
        font = ImageFont.truetype(folder / f"{name}.ttf", max(module.SIZES))
        for letter in module.LETTERS:
            left, top, right, bottom = font.getbbox(letter, anchor="mm")
            assert min(left, top) >= -16, letter
            assert max(right, bottom) <= 16, letter


def test_hardly_any_two_are_equal() -> None:
    assert len(np.unique(GLYPHS.pixels, axis=0)) > 0.99 * len(GLYPHS)


def test_the_first_images_are_a_mixture() -> None:
    assert np.bincount(GLYPHS.labels[:200], minlength=25).min() > 0
