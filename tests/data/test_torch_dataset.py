"""Torch Datasets as sets to test on: what items may be, and what is refused with which words."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch.utils.data import Dataset, IterableDataset, Subset, TensorDataset
from torchvision.datasets import ImageFolder
from torchvision.transforms import v2

from bench.data.broken import usable
from bench.data.images import ArrayImages
from bench.data.torch_dataset import DatasetImages, is_dataset
from bench.errors import BenchError

PIXELS = np.random.default_rng(0).integers(0, 256, (6, 5, 7, 3), dtype=np.uint8)


class Items(Dataset[Any]):
    """Counts how often each is asked for."""

    def __init__(self, make: Callable[[int], Any], count: int = 6) -> None:
        self.make, self.count, self.asked = make, count, 0

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, place: int) -> Any:
        self.asked += 1
        return self.make(place)


SHAPES: dict[str, Callable[[int], Any]] = {
    "Pillow": lambda place: Image.fromarray(PIXELS[place]),
    "array": lambda place: PIXELS[place],
    "tensor": lambda place: torch.from_numpy(PIXELS[place]).permute(2, 0, 1),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_images_are_what_the_items_show(shape: str) -> None:
    images = DatasetImages(Items(lambda place: (SHAPES[shape](place), place % 3)))
    np.testing.assert_array_equal(images.read(np.array([4, 0])), PIXELS[[4, 0]])
    assert images.labels is not None
    assert images.labels.tolist() == [0, 1, 2, 0, 1, 2]


@pytest.mark.parametrize(
    "label", [2, np.int64(2), torch.tensor(2), np.array(2)], ids=["int", "numpy", "tensor", "array"]
)
def test_labels_are_whole_numbers_of_any_make(label: Any) -> None:
    images = DatasetImages(Items(lambda place: {"image": PIXELS[place], "label": label}))
    assert images.labels is not None
    assert images.labels.tolist() == [2] * 6


def test_images_alone_have_no_labels() -> None:
    assert DatasetImages(Items(lambda place: PIXELS[place])).labels is None
    assert DatasetImages(Items(lambda place: (PIXELS[place],))).labels is None


def test_unit_tensors_are_the_pixels_divided() -> None:
    dataset = TensorDataset(torch.from_numpy(PIXELS).permute(0, 3, 1, 2).double() / 255, torch.arange(6))
    images = DatasetImages(dataset)
    np.testing.assert_allclose(images.read(np.arange(6)), PIXELS / 255, atol=1e-6)
    assert images.fingerprints.tolist() == ArrayImages(PIXELS).fingerprints.tolist()


def test_nothing_is_held_and_equal_content_has_one_identity() -> None:
    items = Items(lambda place: (PIXELS[place], 0))
    images = DatasetImages(items)
    assert items.asked == 6
    images.read(np.array([1]))
    images.read(np.array([1]))
    assert items.asked == 8
    assert images.identity == DatasetImages(Subset(Items(lambda place: (PIXELS[place], 0)), range(6))).identity
    assert images.identity != DatasetImages(Items(lambda place: (PIXELS[place], 1))).identity
    assert images.identity != DatasetImages(Items(lambda place: (PIXELS[place][::-1], 0))).identity


def test_torchvisions_folder_brings_its_classes(tmp_path: Path) -> None:
    for place, name in enumerate(["cat", "ant", "bee"]):
        (tmp_path / name).mkdir()
        Image.fromarray(PIXELS[place]).save(tmp_path / name / "a.png")
    images = DatasetImages(ImageFolder(str(tmp_path)))
    assert images.classes == ("ant", "bee", "cat")
    np.testing.assert_array_equal(images.read(np.arange(3)), PIXELS[[1, 2, 0]])


def _fails_at(*places: int) -> Items:
    def make(place: int) -> Any:
        if place in places:
            raise OSError("image file is truncated")
        return PIXELS[place], place

    return Items(make)


def test_items_that_raise_are_broken_images() -> None:
    images = DatasetImages(_fails_at(1, 4), name="my data")
    with pytest.raises(BenchError, match=r"2 broken images among 6: 1 \(OSError: image file is truncated\), 4"):
        usable(images, "my data")
    kept = usable(images, "my data", skip_broken=True)
    assert kept.labels is not None
    assert kept.labels.tolist() == [0, 2, 3, 5]
    np.testing.assert_array_equal(kept.read(np.arange(4)), PIXELS[[0, 2, 3, 5]])
    assert kept.identity == DatasetImages(Subset(_fails_at(), [0, 2, 3, 5])).identity


BAD: dict[str, tuple[Any, str]] = {
    "normalised": (torch.randn(3, 5, 7), r"Leave normalisation out"),
    "of type int64": (torch.zeros(3, 5, 7, dtype=torch.int64), "of type int64"),
    "with two channels": (np.zeros((5, 7, 2), np.uint8), r"shape \(5, 7, 2\)"),
    "a batch": (torch.zeros(2, 3, 5, 7), "must be a Pillow image"),
    "a path": ("a.png", "is a str"),
    "nothing": (None, "is a NoneType"),
    "of not a number": (np.full((5, 7), np.nan, np.float32), "Leave normalisation out"),
}


@pytest.mark.parametrize("case", BAD)
def test_items_that_are_no_images_are_refused_and_named(case: str) -> None:
    item, message = BAD[case]
    with pytest.raises(BenchError, match=message) as caught:
        DatasetImages(Items(lambda place: (PIXELS[place] if place < 3 else item, 0)), name="my data")
    assert "item 3 of my data" in str(caught.value)


@pytest.mark.parametrize("label", [-1, 1.0, "cat", True, torch.tensor([1, 0])])
def test_labels_that_are_none_are_refused(label: Any) -> None:
    with pytest.raises(BenchError, match="must be a whole number from 0 on"):
        DatasetImages(Items(lambda place: (PIXELS[place], label)))


def test_random_augmentation_is_noticed() -> None:
    flip = v2.RandomResizedCrop((4, 4), antialias=True)
    images = DatasetImages(Items(lambda place: flip(Image.fromarray(PIXELS[place]))))
    with pytest.raises(BenchError, match="Leave random augmentation out"):
        images.read(np.arange(6))


def test_half_labelled_and_endless_sets_are_refused() -> None:
    with pytest.raises(BenchError, match="have labels and others have none"):
        DatasetImages(Items(lambda place: (PIXELS[place], place) if place else PIXELS[place]))

    class Endless(IterableDataset[Any]):
        def __iter__(self) -> Iterator[Any]:
            yield PIXELS[0]

    with pytest.raises(BenchError, match="has no length"):
        DatasetImages(Endless())


def test_what_is_a_dataset() -> None:
    assert is_dataset(Items(lambda _: 0))
    assert not any(is_dataset(one) for one in ("cifar10", ArrayImages(PIXELS), ["a"], {"a": 1}, None, 3))
