"""Patches of the two sample photographs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from sklearn.datasets import load_sample_images

from bench.data.dataset import DATASETS, Place

PHOTOS = DATASETS.get("photos")().load("test", Place(Path("/nowhere")))


def test_both_photographs_equally_often_and_mixed() -> None:
    np.testing.assert_array_equal(np.bincount(PHOTOS.labels), [750, 750])
    assert 0.4 < PHOTOS.labels[:200].mean() < 0.6


def test_patches_have_something_on_them_and_differ() -> None:
    assert (PHOTOS.pixels.mean(3).std((1, 2)) >= 20).all()
    assert len(np.unique(PHOTOS.pixels, axis=0)) == len(PHOTOS)


def test_patches_have_the_colours_of_their_photograph() -> None:
    found: Any = load_sample_images()
    small = [np.asarray(Image.fromarray(photo).resize((80, 54))).reshape(-1, 3).astype(float) for photo in found.images]
    means = PHOTOS.pixels.mean((1, 2))
    distances = np.stack([((means[:, None] - colours[None]) ** 2).sum(-1).min(1) for colours in small], 1)
    assert (distances.argmin(1) == PHOTOS.labels).mean() > 0.8
