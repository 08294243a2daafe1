"""Which images a protocol may tune on, and that none of them is tested on."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from bench.data.images import ArrayImages, Images, Pixels, PooledImages, SubsetImages
from bench.errors import BenchError
from bench.running.protocol import PROTOCOLS, Split, require_disjoint, split_pair

TUNED = [name for name in PROTOCOLS if name not in ("published", "paper-holdout")]


def numbered(count: int, kind: int) -> ArrayImages:
    """Images whose first pixels spell their kind and number; the fewest that tiles can be cut from are 4x4."""
    pixels = np.zeros((count, 4, 4, 3), dtype=np.uint8)
    pixels[:, 0, 0, 0] = kind
    pixels[:, 0, 0, 1] = np.arange(count) // 256
    pixels[:, 0, 0, 2] = np.arange(count) % 256
    return ArrayImages(pixels, np.arange(count) % 5 if kind == 1 else None)


def contents(images: Images | None) -> list[bytes]:
    if images is None:
        return []
    return [np.ascontiguousarray(image).tobytes() for image in images.read(np.arange(len(images)))]


def split(protocol: str, n_id: int = 2600, n_ood: int = 2300, n_tune: int = 1500) -> Split:
    tune_images = numbered(n_tune, 3) if protocol == "heldout-ood" else None
    return split_pair(protocol, numbered(n_id, 1), numbered(n_ood, 2), ood="svhn", tune_images=tune_images)


def test_published_parameters_need_no_tuning_and_everything_is_tested() -> None:
    found = split("published")
    assert (found.tune_id, found.tune_ood, found.tuned_on) == (None, None, "")
    assert contents(found.test_id) == contents(numbered(2600, 1))
    assert contents(found.test_ood) == contents(numbered(2300, 2))


def test_a_paper_s_holdout_leaves_the_test_though_nothing_is_tuned() -> None:
    found = split("paper-holdout")
    assert (found.tune_id, found.tune_ood, found.tuned_on) == (None, None, "")
    assert contents(found.test_id) == contents(numbered(2600, 1))
    assert contents(found.test_ood) == contents(split("paper-oracle").test_ood) == contents(numbered(2300, 2))[1000:]


@pytest.mark.parametrize("protocol", TUNED)
def test_no_image_is_both_tuned_on_and_tested_on(protocol: str) -> None:
    found = split(protocol)
    tested, tuned = contents(found.test_id) + contents(found.test_ood), contents(found.tune_ood)
    if protocol != "paper-oracle":
        tuned += contents(found.tune_id)
    assert len(set(tested)) == len(tested)
    assert tuned
    assert not set(tested) & set(tuned)


@pytest.mark.parametrize("protocol", TUNED)
def test_what_is_neither_tuned_on_nor_held_out_is_tested(protocol: str) -> None:
    found = split(protocol)
    if protocol == "paper-oracle":
        assert contents(found.test_id) == contents(found.tune_id) == contents(numbered(2600, 1))
        assert contents(found.tune_ood) == contents(numbered(2300, 2))[:1000]
        assert contents(found.test_ood) == contents(numbered(2300, 2))[1000:]
    else:
        assert contents(found.tune_id) == contents(numbered(2600, 1))[:520]
        assert contents(found.test_id) == contents(numbered(2600, 1))[520:]
        assert contents(found.test_ood) == contents(numbered(2300, 2))
    assert found.test_id.labels is not None
    assert np.array_equal(found.test_id.labels, np.arange(2600)[-len(found.test_id) :] % 5)


@pytest.mark.parametrize(
    ("n_id", "n_ood", "held_id", "held_ood"),
    [(10_000, 10_000, 1000, 1000), (5000, 2000, 1000, 1000), (100, 1999, 20, 999), (6, 3, 1, 1)],
)
def test_small_sets_keep_more_for_the_test_than_for_tuning(n_id: int, n_ood: int, held_id: int, held_ood: int) -> None:
    oracle, honest = split("paper-oracle", n_id, n_ood), split("id-only", n_id, n_ood)
    assert oracle.tune_ood is not None
    assert honest.tune_id is not None
    assert (len(oracle.tune_ood), len(oracle.test_ood)) == (held_ood, n_ood - held_ood)
    assert (len(honest.tune_id), len(honest.test_id)) == (held_id, n_id - held_id)


@pytest.mark.parametrize(("protocol", "n_id", "n_ood"), [("paper-oracle", 10, 1), ("id-only", 4, 10), ("noise", 1, 10)])
def test_too_few_images_to_split_are_refused(protocol: str, n_id: int, n_ood: int) -> None:
    with pytest.raises(BenchError, match=r"Too few images \(\d\) to keep some for tuning"):
        split(protocol, n_id, n_ood)


def test_a_set_that_its_authors_split_keeps_their_split() -> None:
    whole = numbered(2300, 2)
    rest = SubsetImages(whole, np.arange(300, 2300))
    rest.held_out = SubsetImages(whole, np.arange(300))
    found = split_pair("paper-oracle", numbered(50, 1), rest, ood="pooled", tune_images=None)
    assert contents(found.tune_ood) == contents(whole)[:300]
    assert contents(found.test_ood) == contents(whole)[300:]


@pytest.mark.parametrize(
    ("protocol", "words"),
    [
        ("paper-oracle", "1,000 images of svhn and all 2,600 ID test images"),
        ("heldout-ood", "520 held-out ID images and 1,000 images of another OOD set"),
        ("noise", "520 held-out ID images and 1,520 noise and shuffled ID images"),
        ("id-only", "520 held-out ID images"),
    ],
)
def test_the_row_says_what_was_tuned_on(protocol: str, words: str) -> None:
    assert split(protocol).tuned_on == words


class Sealed(Images):
    """Images that must not be looked at."""

    def __len__(self) -> int:
        return 2000

    def read(self, indices: Any) -> Pixels:
        raise AssertionError("an outlier was looked at")


def test_heldout_outliers_come_from_the_other_set_alone() -> None:
    found = split("heldout-ood", n_tune=700)
    assert contents(found.tune_ood) == contents(numbered(700, 3))


@pytest.mark.parametrize("protocol", ["noise", "id-only", "heldout-ood"])
def test_splitting_looks_at_no_image_of_the_test_set(protocol: str) -> None:
    found = split_pair(protocol, numbered(100, 1), Sealed(), ood="svhn", tune_images=numbered(10, 3))
    assert isinstance(found.test_ood, Sealed)
    assert contents(found.tune_id) == contents(numbered(100, 1))[:20]
    contents(found.tune_ood)
    make: Callable[[], object] = lambda: contents(found.test_ood)  # noqa: E731 - the seal holds
    with pytest.raises(AssertionError, match="was looked at"):
        make()


def test_an_image_that_is_tuned_on_and_tested_on_is_an_error() -> None:
    """Under whatever name: a pooled set that holds the one that is tuned on."""
    inside, outside, other = numbered(2600, 1), numbered(2300, 2), numbered(1500, 3)
    for protocol in TUNED:
        require_disjoint(split(protocol), protocol)
    pooled = PooledImages([outside, other])
    found = split_pair("heldout-ood", inside, pooled, ood="all", tune_images=other)
    with pytest.raises(BenchError, match="1,000 of the 3,800 OOD test images would be tuned on as well"):
        require_disjoint(found, "heldout-ood")
    within = split_pair(
        "heldout-ood", inside, outside, ood="x", tune_images=SubsetImages(inside, np.arange(1500, 2600))
    )
    with pytest.raises(BenchError, match="1,000 of the 2,080 ID test images"):
        require_disjoint(within, "heldout-ood")
    same = Split(inside, outside, inside, SubsetImages(outside, np.arange(5)))
    with pytest.raises(BenchError, match="5 of the 2,300 OOD"):
        require_disjoint(same, "paper-oracle")


@pytest.mark.parametrize("order", [slice(None), slice(None, None, -1), slice(None, 1000)])
def test_a_copy_of_test_images_is_not_tuned_on(order: slice) -> None:
    """In whatever order, and however many of them."""
    inside, outside = numbered(2600, 1), numbered(2300, 2)
    copied = ArrayImages(outside.pixels[order].copy())
    found = split_pair("heldout-ood", inside, outside, ood="x", tune_images=copied)
    with pytest.raises(BenchError, match="1,000 of the 2,300 OOD test images would be tuned on as well"):
        require_disjoint(found, "heldout-ood")


@pytest.mark.parametrize("protocol", ["paper-oracle", "noise", "id-only"])
def test_a_picture_that_a_set_holds_twice_stops_no_protocol(protocol: str) -> None:
    inside, outside = numbered(2600, 1), numbered(2300, 2)
    inside.pixels[2000], outside.pixels[2000] = inside.pixels[7], outside.pixels[7]
    require_disjoint(split_pair(protocol, inside, outside, ood="x", tune_images=None), protocol)
