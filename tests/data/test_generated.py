"""Generated images: random access, any batch, seeded."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from bench.data.generated import GeneratedImages
from bench.errors import BenchError


def _draw(stream: np.random.Generator, shape: tuple[int, int, int]) -> NDArray[np.float32]:
    return stream.random(shape, dtype="float32")


def _images(
    *, count: int = 50, seed: int = 0, shape: tuple[int, int, int] = (4, 5, 3), recipe: str = "u"
) -> GeneratedImages:
    return GeneratedImages(_draw, recipe=recipe, count=count, seed=seed, shape=shape)


@given(st.lists(st.integers(0, 49), max_size=12), st.integers(0, 2**64))
def test_an_image_is_the_same_whatever_batch_it_is_read_in(indices: list[int], seed: int) -> None:
    images = _images(seed=seed)
    batch = images.read(np.array(indices, dtype=np.intp))
    assert isinstance(batch, np.ndarray)
    assert batch.shape == (len(indices), 4, 5, 3)
    for place, index in enumerate(indices):
        np.testing.assert_array_equal(batch[place], images.read(np.array([index]))[0])


def test_an_image_does_not_depend_on_how_many_there_are() -> None:
    np.testing.assert_array_equal(_images(count=5).read(np.arange(5)), _images(count=500).read(np.arange(5)))


def test_images_and_seeds_differ() -> None:
    first = np.asarray(_images().read(np.arange(50))).reshape(50, -1)
    assert len(np.unique(first, axis=0)) == 50
    assert not np.intersect1d(first, np.asarray(_images(seed=1).read(np.arange(50)))).size > 5


def test_neighbouring_images_share_no_values() -> None:
    # Streams that overlapped would repeat whole runs of values.
    values = np.asarray(_images(count=2, shape=(64, 64, 3)).read(np.arange(2))).reshape(2, -1)
    assert np.intersect1d(values[0], values[1]).size < 20


def test_the_identity_says_what_determines_the_pixels() -> None:
    identities = {
        _images().identity,
        _images(count=51).identity,
        _images(seed=1).identity,
        _images(shape=(5, 4, 3)).identity,
        _images(recipe="other").identity,
    }
    assert len(identities) == 5
    assert _images().identity == _images().identity


@pytest.mark.parametrize(
    ("count", "seed", "side", "option"),
    [
        (0, 0, 4, "count"),
        (-1, 0, 4, "count"),
        (1.5, 0, 4, "count"),
        ("9", 0, 4, "count"),
        (True, 0, 4, "count"),
        (1, -1, 4, "seed"),
        (1, None, 4, "seed"),
        (1, 0, 0, "size"),
        (1, 0, "8", "size"),
    ],
)
def test_wrong_options_are_refused_by_name(count: int, seed: int, side: int, option: str) -> None:
    with pytest.raises(BenchError, match=f"'{option}'"):
        _images(count=count, seed=seed, shape=(side, side, 3))
