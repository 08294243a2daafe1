"""The matched glyphs: letters, and like the digits in everything else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from bench.data.dataset import DATASETS, Place

PLACE = Place(Path("/nowhere"))
DIGITS = DATASETS.get("digits")().load("train", PLACE).pixels
GLYPHS = DATASETS.get("glyphs-matched")().load("test", PLACE)


def test_no_letter_that_passes_for_a_digit() -> None:
    assert set(GLYPHS.classes).isdisjoint("0123456789OoDQaeIiJjlLZzSsGbhTtYfBgqy")
    assert all(letter.isalpha() and letter.isascii() for letter in GLYPHS.classes)


def test_every_letter_equally_often_and_mixed() -> None:
    assert len(set(np.bincount(GLYPHS.labels))) == 1
    first = np.bincount(GLYPHS.labels[:200], minlength=len(GLYPHS.classes))
    assert first.min() > 0


def test_same_size_type_and_levels_as_the_digits() -> None:
    assert GLYPHS.pixels.shape[1:] == DIGITS.shape[1:]
    assert GLYPHS.pixels.dtype == DIGITS.dtype
    np.testing.assert_array_equal(np.unique(GLYPHS.pixels), np.unique(DIGITS))


def test_hardly_any_two_are_equal() -> None:
    assert len(np.unique(GLYPHS.pixels, axis=0)) > 0.99 * len(GLYPHS)


def _ink(pixels: NDArray[Any]) -> Any:
    return pixels.mean((1, 2)) / 255


def _contrast(pixels: NDArray[Any]) -> Any:
    return pixels.std((1, 2)) / 255


def _edges(pixels: NDArray[Any]) -> Any:
    unit = pixels / 255
    return np.abs(np.diff(unit, axis=1)).mean((1, 2)) + np.abs(np.diff(unit, axis=2)).mean((1, 2))


@pytest.mark.parametrize("statistic", [_ink, _contrast, _edges])
def test_no_plain_statistic_tells_letters_from_digits(statistic: Any) -> None:
    digits, glyphs = statistic(DIGITS), statistic(GLYPHS.pixels)
    above = (glyphs[:, None] > digits).mean() + 0.5 * (glyphs[:, None] == digits).mean()
    assert 0.3 < above < 0.7


def test_letters_stand_as_the_digits_do() -> None:
    for axis in (1, 2):
        digits, glyphs = (((pixels > 0).any(axis).sum(1)) for pixels in (DIGITS, GLYPHS.pixels))
        assert abs(float(digits.mean() - glyphs.mean())) < 0.5
    assert (GLYPHS.pixels > 0).any(2).all()


def test_a_letter_is_nearer_to_its_own_kind_than_to_digits() -> None:
    flat = GLYPHS.pixels.reshape(len(GLYPHS), -1).astype(float)
    among = ((flat[:300, None] - flat[None]) ** 2).sum(-1)
    among[np.arange(300), np.arange(300)] = np.inf
    nearest = among.argmin(1)
    assert (GLYPHS.labels[nearest] == GLYPHS.labels[:300]).mean() > 0.9
    to_digits = ((flat[:300, None] - DIGITS.reshape(len(DIGITS), -1).astype(float)[None]) ** 2).sum(-1).min(1)
    assert (among.min(1) < to_digits).mean() > 0.9
