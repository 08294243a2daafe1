"""Broken images in sets that are made of others, and what is said of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bench.data.broken import usable
from bench.data.derived import AdaptedImages
from bench.data.files import FileImages, open_folder
from bench.data.images import ArrayImages, Images, PooledImages, SubsetImages
from bench.errors import BenchError

PIXELS = np.random.default_rng(0).integers(0, 256, (6, 8, 8, 3), dtype=np.uint8)


def _folder(path: Path, *broken: int) -> FileImages:
    path.mkdir(parents=True)
    for place, image in enumerate(PIXELS):
        Image.fromarray(image).save(path / f"{place}.png")
        if place in broken:
            (path / f"{place}.png").write_bytes((path / f"{place}.png").read_bytes()[:60])
    return open_folder(path)


def test_whole_sets_come_back_themselves(tmp_path: Path) -> None:
    for images in (ArrayImages(PIXELS), _folder(tmp_path / "a")):
        assert usable(images, "mine") is images
        assert usable(images, "mine", skip_broken=True) is images


def test_an_empty_set_is_an_error() -> None:
    with pytest.raises(BenchError, match="'mine' holds no images"):
        usable(ArrayImages(PIXELS[:0]), "mine")


def test_sets_made_of_others_know_which_of_theirs_are_broken(tmp_path: Path) -> None:
    files = _folder(tmp_path / "a", 1, 4)
    derived: dict[str, Images] = {
        "part": SubsetImages(files, np.array([4, 3, 0])),
        "pool": PooledImages([ArrayImages(PIXELS[:2]), files]),
        "adapted": AdaptedImages(files, lambda _, image: image[::-1], recipe="turned"),
    }
    assert {name: sorted(images.broken()) for name, images in derived.items()} == {
        "part": [0],
        "pool": [3, 6],
        "adapted": [1, 4],
    }
    kept = usable(derived["pool"], "mine", skip_broken=True)
    np.testing.assert_array_equal(kept.read(np.arange(6)), PIXELS[[0, 1, 0, 2, 3, 5]])


def test_held_out_images_are_looked_at_too(tmp_path: Path) -> None:
    images, held = _folder(tmp_path / "a"), _folder(tmp_path / "b", 2)
    images.held_out = held
    with pytest.raises(BenchError, match=r"1 broken image among 6: 2\.png"):
        usable(images, "mine")
    kept = usable(images, "mine", skip_broken=True).held_out
    assert kept is not None
    assert len(kept) == 5


def test_three_are_named_and_all_are_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept = usable(_folder(tmp_path / "a", 0, 1, 2, 3), "mine", skip_broken=True)
    assert kept.note == "4 broken images of 6 left out: 0.png, 1.png, 2.png, …"
    assert "mine: left out 4 broken images among 6: 0.png (" in capsys.readouterr().err


def test_an_image_with_bytes_behind_its_end_is_whole(tmp_path: Path) -> None:
    images = _folder(tmp_path / "a")
    with (tmp_path / "a" / "0.png").open("ab") as file:
        file.write(b"some camera's own bytes")
    assert images.broken() == {}


def test_values_without_a_known_range_are_no_damage_but_an_error(tmp_path: Path) -> None:
    images = _folder(tmp_path / "a")
    Image.fromarray(np.full((8, 8), 300.0, np.float32)).save(tmp_path / "a" / "0.tif")
    images = open_folder(tmp_path / "a")
    assert usable(images, "mine", skip_broken=True) is images
    with pytest.raises(BenchError, match=r"outside \[0, 1\]"):
        images.read(np.array([1]))
