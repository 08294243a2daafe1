"""The 200 classes of ImageNet-R, and the sample of ImageNet-C."""

from __future__ import annotations

from collections import Counter
from importlib import import_module
from pathlib import Path

import numpy as np
from PIL import Image

from bench.data.class_order import with_classes_of
from bench.data.dataset import DATASETS, Place
from bench.data.files import FileImages

imagenet200 = import_module("bench.datasets.imagenet200")
shifted = import_module("bench.datasets.imagenet_shifted")


def test_the_classes_are_in_order_and_known_ones_are_at_their_places() -> None:
    assert len(set(imagenet200.CLASSES)) == len(set(imagenet200.PLACES)) == 200
    assert list(imagenet200.CLASSES) == sorted(imagenet200.CLASSES)
    assert list(imagenet200.PLACES) == sorted(imagenet200.PLACES)
    places = dict(zip(imagenet200.CLASSES, imagenet200.PLACES, strict=True))
    # Goldfish, hammerhead, goldfinch, bald eagle, tarantula, pug, tabby, lion, pizza, volcano, acorn.
    known = {
        "n01443537": 1, "n01494475": 4, "n01531178": 11, "n01614925": 22, "n01774750": 76, "n02110958": 254,
        "n02123045": 281, "n02129165": 291, "n07873807": 963, "n09472597": 980, "n12267677": 988,
    }  # fmt: skip
    assert {name: places[name] for name in known} == known


def make_corrupted(root: Path, classes: int, per_class: int) -> None:
    """The folders of all 75 corruptions, and the images of the first: the others have the same, and none is read."""
    pixel = Image.fromarray(np.zeros((1, 1, 3), np.uint8))
    for kind in shifted.KINDS:
        for level in range(1, 6):
            (root / "imagenet-c" / kind / str(level)).mkdir(parents=True)
    for label in range(classes):
        folder = root / "imagenet-c" / shifted.KINDS[0] / "1" / f"n{label:08d}"
        folder.mkdir()
        for place in range(per_class):
            pixel.save(folder / f"{place}.png")


def test_the_sample_takes_ten_of_each_class_and_spreads_the_corruptions(tmp_path: Path) -> None:
    make_corrupted(tmp_path, classes=15, per_class=12)
    images = DATASETS.get("imagenet-c")().load("test", Place(tmp_path))
    assert isinstance(images, FileImages)
    parts = [Path(name).parts for name in images.files]
    assert len(set(images.files)) == len({(name, file) for _, _, name, file in parts}) == 150
    assert set(Counter(name for _, _, name, _ in parts).values()) == {10}
    assert set(Counter((kind, level) for kind, level, _, _ in parts).values()) == {2}
    assert len(Counter((kind, level) for kind, level, _, _ in parts)) == 75
    assert images.labels is not None
    assert images.labels.tolist() == [int(name[1:]) for _, _, name, _ in parts]
    # The draw is the same on every machine.
    assert [images.files[place] for place in (0, 149)] == ["brightness/2/n00000000/0.png", "frost/2/n00000014/9.png"]


def test_renditions_find_their_places_among_the_thousand_classes(tmp_path: Path) -> None:
    for name in ("n01443537", "n12267677"):
        (tmp_path / "imagenet-r" / name).mkdir(parents=True)
        Image.fromarray(np.zeros((2, 2, 3), np.uint8)).save(tmp_path / "imagenet-r" / name / "a.png")
    images = DATASETS.get("imagenet-r")().load("test", Place(tmp_path))
    thousand = [f"other {place}" for place in range(1000)]
    for name, place in zip(imagenet200.CLASSES, imagenet200.PLACES, strict=True):
        thousand[place] = name
    found = with_classes_of(images, thousand, name="imagenet-r", whose="the network")
    assert found.labels is not None
    assert found.labels.tolist() == [1, 988]
