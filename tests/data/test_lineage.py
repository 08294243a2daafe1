"""Which images of two sets are the same picture: by their pixels, and by what they were made of."""

from pathlib import Path

import numpy as np
import pytest

from bench.data.dataset import Place
from bench.data.derived import AdaptedImages, centre_crop, resize
from bench.data.images import ArrayImages, Images, PooledImages, SubsetImages
from bench.data.lineage import shared
from bench.data.resolve import resolve_dataset

PIXELS = np.random.default_rng(0).integers(0, 256, (20, 8, 8, 3), dtype=np.uint8)


def whole() -> ArrayImages:
    return ArrayImages(PIXELS)


def places(images: Images, others: Images) -> list[int]:
    found: list[int] = np.flatnonzero(shared(images, others)).tolist()
    return found


@pytest.mark.parametrize(
    ("images", "others", "expected"),
    [
        (whole(), ArrayImages(PIXELS[:5].copy()), range(5)),
        (whole(), ArrayImages(PIXELS[::-1].copy()), range(20)),
        (whole(), ArrayImages(PIXELS[5:8].copy(), np.zeros(3)), range(5, 8)),
        (ArrayImages(PIXELS[:5]), whole(), range(5)),
        (whole(), ArrayImages(PIXELS ^ 1), []),
        (whole(), SubsetImages(whole(), np.array([3, 9])), [3, 9]),
        (SubsetImages(whole(), np.arange(10)), SubsetImages(whole(), np.arange(10, 20)), []),
        (PooledImages([ArrayImages(PIXELS[:3] ^ 1), whole()]), ArrayImages(PIXELS[1:2]), [4]),
        (whole(), PooledImages([ArrayImages(PIXELS[:3] ^ 1), ArrayImages(PIXELS[7:9])]), [7, 8]),
    ],
)
def test_the_same_pixels_are_the_same_picture(images: Images, others: Images, expected: list[int]) -> None:
    assert places(images, others) == list(expected)


def test_what_is_made_of_a_picture_is_that_picture() -> None:
    cut = AdaptedImages(whole(), centre_crop(4), recipe="cut")
    small = AdaptedImages(SubsetImages(whole(), np.arange(5, 15)), resize(4), recipe="small")
    elsewhere = AdaptedImages(ArrayImages(PIXELS[7:9].copy()), resize(4), recipe="small")
    saved = ArrayImages(np.asarray(cut.read(np.arange(2, 4))))
    assert places(cut, small) == list(range(5, 15))
    assert places(small, cut) == list(range(10))
    assert places(cut, whole()) == list(range(20))
    assert places(cut, elsewhere) == [7, 8]
    assert places(cut, saved) == [2, 3]
    assert places(PooledImages([saved, cut]), SubsetImages(cut, np.array([3]))) == [1, 5]
    assert places(small, saved) == []


def test_a_picture_that_a_set_holds_twice_stays_on_both_sides_of_its_split() -> None:
    """ODIN's iSUN holds one picture among its first 1,000 that is among the rest too."""
    twice = PIXELS.copy()
    twice[15] = twice[2]
    cut = AdaptedImages(ArrayImages(twice), centre_crop(8), recipe="cut")
    assert places(SubsetImages(cut, np.arange(10, 20)), SubsetImages(cut, np.arange(10))) == []
    assert places(SubsetImages(cut, np.arange(10, 20)), ArrayImages(twice[:10])) == [5]


def test_both_sets_derived_from_tiny_imagenet_show_the_same_pictures(tmp_path: Path) -> None:
    from PIL import Image

    folder = tmp_path / "tiny-imagenet-200" / "test" / "images"
    folder.mkdir(parents=True)
    for place in range(4):
        pixels = np.random.default_rng(place).integers(0, 256, (64, 64, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"test_{place}.png")
    resized, cropped = (
        resolve_dataset(f"tinyimagenet-{how}", {}, {}).load("test", Place(tmp_path)) for how in ("resize", "crop")
    )
    assert places(resized, SubsetImages(cropped, np.array([1, 2]))) == [1, 2]
