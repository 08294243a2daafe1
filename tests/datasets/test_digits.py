"""The embedded digits: split, classes, levels."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from sklearn.datasets import load_digits

from bench.data.dataset import DATASETS, Place
from bench.data.images import Images

PLACE = Place(Path("/nowhere"))


def _load(name: str, split: str) -> tuple[Images, np.ndarray[Any, Any]]:
    images = DATASETS.get(name)().load(split, PLACE)
    return images, np.asarray(images.read(np.arange(len(images))))


def test_the_two_parts_together_are_scikit_learns_digits_each_once() -> None:
    original: Any = load_digits()
    pixels = np.concatenate([_load("digits", split)[1] for split in ("train", "test")])
    labels = np.concatenate([np.asarray(_load("digits", split)[0].labels) for split in ("train", "test")])
    found = np.column_stack([np.round(pixels.reshape(1797, 64) * (16 / 255)), labels])
    expected = np.column_stack([original["data"], original["target"]])
    assert sorted(map(tuple, found.tolist())) == sorted(map(tuple, expected.tolist()))


def test_the_parts_share_no_image() -> None:
    train, test = (set(map(bytes, _load("digits", split)[1])) for split in ("train", "test"))
    original: Any = load_digits()
    duplicates = len(original["data"]) - len(np.unique(original["data"], axis=0))
    assert duplicates == 0
    assert not train & test


def test_the_split_never_changes() -> None:
    assert {split: _load("digits", split)[0].identity[:16] for split in ("train", "test")} == {
        "train": "1012b1ac15bab2de",
        "test": "035bcf417462c638",
    }


def test_the_split_is_stratified() -> None:
    train, test = (_load("digits", split)[0].labels for split in ("train", "test"))
    assert train is not None
    assert test is not None
    share = np.bincount(test) / (np.bincount(test) + np.bincount(train))
    np.testing.assert_allclose(share, 500 / 1797, atol=1 / 174)


def test_seventeen_levels_from_black_to_white() -> None:
    levels = np.unique(_load("digits", "train")[1])
    assert levels.dtype == np.uint8
    np.testing.assert_array_equal(levels, [(level * 255 + 8) // 16 for level in range(17)])


def test_the_held_out_digits_and_the_others_partition_the_set() -> None:
    for split in ("train", "test"):
        whole, pixels = _load("digits", split)
        low, low_pixels = _load("digits-0to6", split)
        high, high_pixels = _load("digits-7to9", split)
        assert whole.labels is not None
        assert high.labels is not None
        np.testing.assert_array_equal(low_pixels, pixels[whole.labels < 7])
        np.testing.assert_array_equal(low.labels, whole.labels[whole.labels < 7])
        np.testing.assert_array_equal(high_pixels, pixels[whole.labels >= 7])
        np.testing.assert_array_equal(high.labels + 7, whole.labels[whole.labels >= 7])


def test_the_normalisation_is_that_of_the_training_digits_at_32_pixels() -> None:
    images, pixels = _load("digits", "train")
    transform = DATASETS.get("digits")().training_transform()
    unit = transform.to_unit(pixels)
    assert len(images) == len(unit)
    np.testing.assert_allclose(transform.mean, float(unit.mean()), atol=1e-3)
    np.testing.assert_allclose(transform.std, float(unit.std()), atol=1e-3)
