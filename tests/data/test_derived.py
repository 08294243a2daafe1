"""Images made from other images."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from bench.data.derived import AdaptedImages, centre_crop, random_crop, resize
from bench.data.images import ArrayImages
from bench.errors import BenchError

PIXELS = np.random.default_rng(0).integers(0, 256, (40, 9, 12, 3), dtype=np.uint8)
PARENT = ArrayImages(PIXELS, np.arange(40), classes=["a"], note="parent")


def test_the_centre_is_cut() -> None:
    found = np.asarray(AdaptedImages(PARENT, centre_crop(5), recipe="c").read(np.array([3, 7])))
    np.testing.assert_array_equal(found, PIXELS[[3, 7], 2:7, 3:8])
    whole = centre_crop(9)(0, PIXELS[0][:, :9])
    np.testing.assert_array_equal(whole, PIXELS[0][:, :9])


def test_thirty_six_pixels_lose_two_on_every_side() -> None:
    image = np.random.default_rng(0).integers(0, 256, (36, 36, 3), dtype=np.uint8)
    np.testing.assert_array_equal(centre_crop(32)(0, image), image[2:34, 2:34])


@given(st.integers(0, 2**63), st.integers(0, 39), st.integers(1, 9))
def test_a_random_crop_is_a_window_of_its_image(seed: int, index: int, side: int) -> None:
    found = random_crop(side, seed, 40)(index, PIXELS[index])
    windows = np.lib.stride_tricks.sliding_window_view(PIXELS[index], (side, side), axis=(0, 1)).transpose(
        0, 1, 3, 4, 2
    )
    assert (windows == found).all((2, 3, 4)).any()


def test_random_crops_reach_every_place_and_follow_the_seed() -> None:
    numbered = np.arange(8 * 8).reshape(8, 8)
    crop, other = random_crop(6, 0, 2000), random_crop(6, 1, 2000)
    corners = np.array([crop(index, numbered)[0, 0] for index in range(2000)])
    counts = np.bincount(corners)[[0, 1, 2, 8, 9, 10, 16, 17, 18]]
    assert counts.sum() == 2000
    assert (np.abs(counts - 2000 / 9) < 5 * np.sqrt(2000 / 9)).all()
    np.testing.assert_array_equal(corners, [random_crop(6, 0, 2000)(index, numbered)[0, 0] for index in range(2000)])
    assert any(corners[index] != other(index, numbered)[0, 0] for index in range(20))


def test_resizing_is_pillows() -> None:
    expected = np.asarray(Image.fromarray(PIXELS[0]).resize((4, 4), Image.Resampling.BILINEAR))
    np.testing.assert_array_equal(resize(4)(0, PIXELS[0]), expected)
    flat = np.full((8, 8), 77, dtype=np.uint8)
    np.testing.assert_array_equal(resize(4)(0, flat), np.full((4, 4), 77))


def test_too_small_an_image_is_refused() -> None:
    for crop in (centre_crop(10), random_crop(10, 0, 1)):
        with pytest.raises(BenchError, match="9x12 pixels is too small to cut 10x10"):
            crop(0, PIXELS[0])


def test_labels_names_and_notes_go_along() -> None:
    found = AdaptedImages(PARENT, centre_crop(5), recipe="c", note="cut")
    assert (len(found), found.classes, found.note, found.sample_id(3)) == (40, ("a",), "parent; cut", "3")
    np.testing.assert_array_equal(found.labels, np.arange(40))


def test_the_identity_follows_parent_and_recipe() -> None:
    other = ArrayImages(PIXELS[::-1], np.arange(40))
    identities = {
        AdaptedImages(PARENT, centre_crop(5), recipe="c").identity,
        AdaptedImages(PARENT, centre_crop(5), recipe="d").identity,
        AdaptedImages(other, centre_crop(5), recipe="c").identity,
    }
    assert len(identities) == 3


def test_images_of_two_shapes_stay_a_list() -> None:
    crop = AdaptedImages(PARENT, lambda index, image: image[: 1 + index % 2], recipe="c")
    assert [image.shape[0] for image in crop.read(np.arange(3))] == [1, 2, 1]
    assert isinstance(crop.read(np.array([0, 2])), np.ndarray)
