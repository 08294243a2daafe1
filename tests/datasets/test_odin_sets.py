"""ODIN's sets where they are derived or pooled."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from bench.data.dataset import DATASETS, Place
from bench.data.images import Images
from bench.errors import BenchError, MissingDataError

SOURCE = "tiny-imagenet-200/test/images"
FOLDERS = (
    "Imagenet/test",
    "Imagenet_resize/Imagenet_resize",
    "LSUN/test",
    "LSUN_resize/LSUN_resize",
    "iSUN/iSUN_patches",
)


def _fill(folder: Path, count: int, *shape: int, seed: int = 0) -> NDArray[np.uint8]:
    folder.mkdir(parents=True)
    pixels = np.random.default_rng(seed).integers(0, 256, (count, *shape), dtype=np.uint8)
    for place, image in enumerate(pixels):
        Image.fromarray(image).save(folder / f"test_{place:04d}.png")
    return pixels


def _load(root: Path, name: str, split: str = "test", **options: Any) -> Images:
    images: Images = DATASETS.get(name)(**options).load(split, Place(root))
    return images


def _read(images: Images) -> NDArray[Any]:
    return np.asarray(images.read(np.arange(len(images))))


def test_resize_is_derived_from_tiny_imagenet_and_says_so(tmp_path: Path) -> None:
    pixels = _fill(tmp_path / SOURCE, 5, 64, 64, 3)
    images = _load(tmp_path, "tinyimagenet-resize")
    expected = [np.asarray(Image.fromarray(image).resize((32, 32), Image.Resampling.BILINEAR)) for image in pixels]
    np.testing.assert_array_equal(_read(images), expected)
    assert images.note == "derived from tiny-imagenet-200/test, bilinear"
    assert images.sample_id(3) == "test_0003.png"
    assert images.labels is None


def test_crop_is_derived_with_a_fixed_seed_and_says_so(tmp_path: Path) -> None:
    pixels = _fill(tmp_path / SOURCE, 5, 64, 64, 3)
    images = _load(tmp_path, "tinyimagenet-crop")
    assert images.note == "derived from tiny-imagenet-200/test, seed 0"
    for found, image in zip(_read(images), pixels, strict=True):
        windows = np.lib.stride_tricks.sliding_window_view(image, (32, 32), axis=(0, 1)).transpose(0, 1, 3, 4, 2)
        assert (windows == found).all((2, 3, 4)).any()
    np.testing.assert_array_equal(_read(_load(tmp_path, "tinyimagenet-crop", seed=0)), _read(images))
    other = _load(tmp_path, "tinyimagenet-crop", seed=1)
    assert other.note.endswith("seed 1")
    assert other.identity != images.identity
    assert not np.array_equal(_read(other), _read(images))


def test_grey_images_among_colour_ones_are_kept(tmp_path: Path) -> None:
    _fill(tmp_path / SOURCE, 2, 64, 64, 3)
    Image.new("L", (64, 64), 9).save(tmp_path / SOURCE / "test_9.png")
    for name in ("tinyimagenet-crop", "tinyimagenet-resize"):
        found = _load(tmp_path, name).read(np.arange(3))
        assert [image.shape for image in found] == [(32, 32, 3), (32, 32, 3), (32, 32)]


def test_the_original_goes_before_the_derived_unless_asked_for(tmp_path: Path) -> None:
    _fill(tmp_path / SOURCE, 5, 64, 64, 3)
    pixels = _fill(tmp_path / "Imagenet_resize/Imagenet_resize", 4, 32, 32, 3)
    np.testing.assert_array_equal(_read(_load(tmp_path, "tinyimagenet-resize")), pixels)
    assert _load(tmp_path, "tinyimagenet-resize").note == ""
    assert len(_load(tmp_path, "tinyimagenet-resize", derived=True)) == 5


def test_asking_for_the_derived_without_its_source_names_it(tmp_path: Path) -> None:
    _fill(tmp_path / "Imagenet/test", 4, 36, 36, 3)
    with pytest.raises(MissingDataError, match="tiny-imagenet-200"):
        _load(tmp_path, "tinyimagenet-crop", derived=True)


def test_an_empty_folder_and_too_small_images_are_refused(tmp_path: Path) -> None:
    (tmp_path / "iSUN").mkdir()
    with pytest.raises(BenchError, match="no image below"):
        _load(tmp_path, "isun")
    _fill(tmp_path / "LSUN_resize/LSUN_resize", 1, 30, 30, 3)
    with pytest.raises(BenchError, match="too small"):
        _read(_load(tmp_path, "lsun-resize"))


def test_all_images_pools_five_sets_without_the_first_thousand_of_each(tmp_path: Path) -> None:
    made = [_fill(tmp_path / folder, 1002, 32, 32, seed=place) for place, folder in enumerate(FOLDERS)]
    test, validation = _load(tmp_path, "all-images"), _load(tmp_path, "all-images", "validation")
    np.testing.assert_array_equal(_read(test), np.concatenate([pixels[1000:] for pixels in made]))
    assert len(validation) == 5000
    np.testing.assert_array_equal(validation.read(np.array([0, 1999])), [made[0][0], made[1][999]])
    assert test.sample_id(0) == "test/test_1000.png"
    counts = [DATASETS.get(name).counts["test"] for name in DATASETS.get("all-images").parts]
    assert sum(count - 1000 for count in counts) == DATASETS.get("all-images").counts["test"] == 43_925


def test_all_images_notes_derived_parts(tmp_path: Path) -> None:
    for folder in FOLDERS[2:]:
        _fill(tmp_path / folder, 1001, 32, 32)
    _fill(tmp_path / SOURCE, 1001, 64, 64)
    note = _load(tmp_path, "all-images").note
    assert "derived from tiny-imagenet-200/test, seed 0" in note
    assert "derived from tiny-imagenet-200/test, bilinear" in note


def test_all_images_names_every_absent_part(tmp_path: Path) -> None:
    for folder in ("Imagenet/test", "LSUN/test"):
        _fill(tmp_path / folder, 2, 36, 36)
    with pytest.raises(MissingDataError, match="3 of which are absent") as caught:
        _load(tmp_path, "all-images")
    lines = str(caught.value).splitlines()[1:]
    assert [line.split(":")[0] for line in lines] == ["tinyimagenet-resize", "lsun-resize", "isun"]
    assert str(tmp_path) in lines[0]
    states = {file.path.name: file.state for file in DATASETS.get("all-images")().status(tmp_path)}
    assert states == {
        "Imagenet": "ok",
        "Imagenet_resize": "missing",
        "LSUN": "ok",
        "LSUN_resize": "missing",
        "iSUN": "missing",
    }


def test_all_images_pools_what_is_available_if_asked_to_and_says_so(tmp_path: Path) -> None:
    made = [_fill(tmp_path / FOLDERS[place], 1002, 32, 32, seed=place) for place in (3, 4)]
    images = _load(tmp_path, "all-images", available=True)
    np.testing.assert_array_equal(_read(images), np.concatenate([pixels[1000:] for pixels in made]))
    assert images.note == "pooled from lsun-resize, isun alone"
    assert images.held_out is not None
    assert len(images.held_out) == 2000


def test_all_images_needs_one_part_at_least(tmp_path: Path) -> None:
    with pytest.raises(MissingDataError, match="needs one of five sets, all of which are absent"):
        _load(tmp_path, "all-images", available=True)


def test_nothing_is_read_that_is_not_among_the_sources_of_pooled_and_derived_sets(
    tmp_path: Path, opened_below: Callable[[Path], AbstractContextManager[set[Path]]]
) -> None:
    for number, folder in enumerate((SOURCE, *FOLDERS[2:])):
        _fill(tmp_path / folder, 1001, 36 if folder.endswith("test") else 32, 36, 3, seed=number)
    data_set = DATASETS.get("all-images")()
    with opened_below(tmp_path) as opened:
        assert data_set.load("test", Place(tmp_path)).identity
    sources = data_set.sources("test", tmp_path)
    assert {path for path in opened if not any(path.is_relative_to(one) for one in sources)} == set()
    assert tmp_path / SOURCE in opened
    assert set(sources) >= {tmp_path / SOURCE, tmp_path / "Imagenet_resize"}  # which decides where it is read from
