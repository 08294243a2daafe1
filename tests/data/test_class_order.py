"""Labels by the names of classes, in an order that is not the alphabet's."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from bench.data.class_order import in_order, numbered, with_classes_of
from bench.data.files import open_folder
from bench.data.images import ArrayImages, Images
from bench.errors import BenchError

PIXELS = np.arange(5 * 4, dtype=np.uint8).reshape(5, 2, 2)
LABELS = np.array([2, 0, 1, 1, 2])


def _images(*classes: str) -> Images:
    return ArrayImages(PIXELS, LABELS, classes=classes)


def _matched(images: Images, *classes: str) -> Images:
    return with_classes_of(images, classes, name="mine", whose="the network")


@given(st.permutations(["ant", "bee", "cat", "dog"]))
def test_a_label_is_the_place_of_its_name(network: list[str]) -> None:
    found = _matched(_images("dog", "ant", "cat"), *network)
    assert found.labels is not None
    assert [network[label] for label in found.labels] == ["cat", "dog", "ant", "ant", "cat"]
    assert found.classes == tuple(network)
    np.testing.assert_array_equal(found.read(np.arange(5)), PIXELS)


def test_capitals_spaces_and_dashes_do_not_matter_where_that_is_clear() -> None:
    found = _matched(_images("Hot_Dog", "sea-lion", "CAT"), "cat", "hot dog", "sea lion")
    assert found.labels is not None
    assert found.labels.tolist() == [0, 1, 2, 2, 0]
    with pytest.raises(BenchError, match="'CAT'"):
        _matched(_images("dog", "ant", "CAT"), "cat", "Cat", "dog", "ant")


def test_numbers_are_places_where_the_network_has_names() -> None:
    found = _matched(_images("0", "2", "11"), *"abcdefghijkl")
    assert found.labels is not None
    assert found.labels.tolist() == [11, 0, 2, 2, 11]
    with pytest.raises(BenchError, match="'11'"):
        _matched(_images("0", "2", "11"), *"abc")


def test_numbers_that_are_names_stay_names() -> None:
    found = _matched(_images("7", "8", "9"), "9", "8", "7")
    assert found.labels is not None
    assert found.labels.tolist() == [0, 2, 1, 1, 0]


def test_an_unknown_class_is_named_with_the_nearest() -> None:
    with pytest.raises(
        BenchError, match=r"'mine' has classes that the network does not know: 'automobil'.*'automobile'"
    ):
        _matched(_images("cat", "dog", "automobil"), "cat", "dog", "automobile")


def test_an_unknown_class_without_images_does_not_matter() -> None:
    images = ArrayImages(PIXELS, LABELS, classes=("a", "b", "c", "nobody"))
    assert _matched(images, "c", "b", "a").labels is not None


def test_images_without_names_or_labels_stay_as_they_are() -> None:
    for images in (ArrayImages(PIXELS, LABELS), ArrayImages(PIXELS), _images("a", "b", "c")):
        assert _matched(images, *images.classes or ("x",)) is images


def test_folders_of_numbers_are_in_the_order_of_numbers(tmp_path: Path) -> None:
    for name in ("0", "2", "10", "1"):
        (tmp_path / name).mkdir()
        Image.fromarray(PIXELS[0]).save(tmp_path / name / "a.png")
    images = open_folder(tmp_path)
    assert images.classes == ("0", "1", "2", "10")
    assert images.labels is not None
    assert {name.split("/")[0]: int(label) for name, label in zip(images.files, images.labels, strict=True)} == {
        "0": 0,
        "1": 1,
        "2": 2,
        "10": 3,
    }


def test_texts_become_labels() -> None:
    labels, classes = numbered(["b", "a", "b"])
    assert (labels.tolist(), classes) == ([1, 0, 1], ("a", "b"))
    labels, classes = numbered(["3", "10", "3"])
    assert (labels.tolist(), classes) == ([3, 10, 3], ())
    assert in_order({"b", "10", "9"}) == ["10", "9", "b"]
