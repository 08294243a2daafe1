"""The same pixels have the same fingerprint, however they are stored, and other pixels another."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from bench.data.files import open_folder
from bench.data.fingerprint import fingerprint
from bench.data.images import ArrayImages, Pixels
from bench.data.npz import open_npz

COLOUR = np.random.default_rng(0).integers(0, 256, (300, 6, 5, 3), dtype=np.uint8)
GREY = COLOUR[..., 0]


@pytest.mark.parametrize(
    ("one", "same"),
    [
        (COLOUR[0], np.dstack([COLOUR[0], GREY[0]])),
        (COLOUR[0], COLOUR[0].astype(np.float32) / 255),
        (COLOUR[0], COLOUR[0].astype(np.float64) / 255),
        (COLOUR[0], COLOUR[0].astype(np.uint16) * 257),
        (COLOUR[0], np.asfortranarray(COLOUR[0])),
        (GREY[0], GREY[0][..., None]),
        (GREY[0], np.dstack([GREY[0]] * 3)),
        (GREY[0] / np.float32(300), GREY[0] / 300),
    ],
)
def test_the_way_of_storing_does_not_count(one: NDArray[Any], same: NDArray[Any]) -> None:
    assert fingerprint(one) == fingerprint(same)


@pytest.mark.parametrize(
    "change",
    [
        lambda image: image[::-1],
        lambda image: image[:, :4],
        lambda image: image.swapaxes(0, 1),
        lambda image: image[..., ::-1],
        lambda image: np.where(np.arange(image.size).reshape(image.shape) == 7, image ^ 1, image),
        lambda image: image.astype(np.uint16),
        lambda image: image / np.float32(256),
    ],
)
def test_another_picture_has_another_fingerprint(change: Callable[[NDArray[Any]], NDArray[Any]]) -> None:
    assert fingerprint(change(COLOUR[0])) != fingerprint(COLOUR[0])


def test_dark_pictures_in_16_bits_are_told_apart() -> None:
    """Rounded to 8 bits they would all be black."""
    dark = np.random.default_rng(0).integers(0, 100, (50, 4, 4), dtype=np.uint16)
    assert len({fingerprint(image) for image in dark}) == 50


def test_a_folder_and_an_archive_of_the_same_pictures_have_the_same_fingerprints(tmp_path: Path) -> None:
    (tmp_path / "png").mkdir()
    for place, image in enumerate(COLOUR):
        Image.fromarray(image).save(tmp_path / "png" / f"{place:03d}.png")
    np.savez(tmp_path / "same.npz", images=COLOUR)
    of_files, of_archive = open_folder(tmp_path / "png").fingerprints, open_npz(tmp_path / "same.npz").fingerprints
    np.testing.assert_array_equal(of_files, of_archive)
    assert len(set(of_files.tolist())) == 300


def test_fingerprints_are_kept_and_made_again_where_they_are_damaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BENCH_CACHE", str(tmp_path))
    reads: list[int] = []

    class Counted(ArrayImages):
        def read(self, indices: NDArray[np.intp]) -> Pixels:
            reads.append(len(indices))
            return super().read(indices)

    def made() -> list[int]:
        images = Counted(COLOUR)
        assert images.identity
        reads.clear()
        found: list[int] = images.fingerprints.tolist()
        return found

    first = made()
    assert sum(reads) == 300
    assert made() == first
    assert not reads
    [kept] = (tmp_path / "fingerprints").iterdir()
    kept.write_bytes(b"damaged")
    assert made() == first
    assert sum(reads) == 300
