"""Data sets with one fault each: `bad-CHECK` breaks the check called so, and no other; `--` sets variants apart."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

import bench
from bench import ArrayImages, Images, InputTransform, Place
from bench.data.dataset import Obtained

COUNTS = {"train": 12, "test": 9}


class Tiny(bench.DataSet):
    """A few made images: a data set without a fault."""

    title = "Tiny images"
    licence = "none needed (computed)"
    obtained: ClassVar[Obtained] = "embedded"
    counts = COUNTS
    classes = ("a", "b", "c")
    image_size: ClassVar[tuple[int, int] | None] = (8, 8)

    def load(self, split: str, place: Place) -> Images:
        self.require_split(split)
        count = COUNTS[split]
        pixels = np.random.default_rng(count).integers(0, 256, (count, 8, 8), np.uint8)
        return self.made(pixels, np.arange(count) % 3)

    def made(self, pixels: Any, labels: Any) -> Images:
        return ArrayImages(pixels, labels, classes=self.classes)

    def training_transform(self) -> InputTransform | None:
        return InputTransform(8, 8, 1, (0.5,), (0.25,))


@bench.dataset("good-tiny")
class Good(Tiny):
    """Images that are made here."""


class Stored(Tiny):
    """Images that are read from files."""

    obtained = "local"

    def load(self, split: str, place: Place) -> Images:
        self.require_split(split)
        if not (place.root / "tiny").exists():
            raise bench.MissingDataError(f"tiny is not on this machine: there is no {place.root / 'tiny'}. Make it.")
        return super().load(split, place)


@bench.dataset("good-stored")
class GoodStored(Stored):
    """Images of files that are missing here."""


@bench.dataset("bad-complete-metadata")
class NoLicence(Tiny):
    """Nobody knows whether it may be used."""

    licence = ""


@bench.dataset("bad-refuses-unknown-split")
class AnySplit(Tiny):
    """Any split is the test split."""

    def load(self, split: str, place: Place) -> Images:
        return super().load(split if split in COUNTS else "test", place)


@bench.dataset("bad-says-that-it-is-missing")
class KeyErrorInstead(Stored):
    """It says nothing of what is missing."""

    def load(self, split: str, place: Place) -> Images:
        self.require_split(split)
        if place.root.name.startswith("tmp"):
            raise bench.MissingDataError("Something is not there.")
        return super().load(split, place)


@bench.dataset("bad-says-that-it-is-missing--creates")
class CreatesFolders(Stored):
    """It makes a folder where its files should be."""

    def load(self, split: str, place: Place) -> Images:
        (place.root / "cache").mkdir(parents=True, exist_ok=True)
        return super().load(split, place)


@bench.dataset("bad-tells-its-status")
class AlwaysThere(Stored):
    """It says that its files are there, whatever folder is meant."""

    def status(self, root: Path) -> list[Any]:
        from bench.data.dataset import FileStatus

        return [FileStatus(root / "tiny", "ok")]


@bench.dataset("bad-training-transform-fits")
class RefusesItsImages(Tiny):
    """Its transform wants images of another size."""

    def training_transform(self) -> InputTransform | None:
        return InputTransform(9, 9, 1, (0.5,), (0.25,), fit="refuse")


@bench.dataset("bad-loads")
class Raises(Tiny):
    """Its test images cannot be read."""

    def load(self, split: str, place: Place) -> Images:
        self.require_split(split)
        raise ValueError("a broken file")


@bench.dataset("bad-counts")
class Fewer(Tiny):
    """It says that there are more images."""

    def made(self, pixels: Any, labels: Any) -> Images:
        return super().made(pixels[1:], labels[1:])


@bench.dataset("bad-shapes")
class ChannelsFirst(Tiny):
    """It has the channels in front."""

    image_size = None

    def made(self, pixels: Any, labels: Any) -> Images:
        return super().made(np.stack([pixels] * 3, 1), labels)

    def training_transform(self) -> InputTransform | None:
        return None


@bench.dataset("bad-shapes--size")
class OtherSize(Tiny):
    """It says that its images are larger."""

    image_size = (9, 9)


@bench.dataset("bad-pixel-range")
class Bytes(Tiny):
    """Its floating-point values go up to 255."""

    def made(self, pixels: Any, labels: Any) -> Images:
        return super().made(pixels.astype(np.float32), labels)


@bench.dataset("bad-labels")
class FromOne(Tiny):
    """Its labels are counted from one."""

    def made(self, pixels: Any, labels: Any) -> Images:
        return super().made(pixels, labels + 1)


@bench.dataset("bad-labels--fewer")
class TooFewLabels(Tiny):
    """One label is missing."""

    def made(self, pixels: Any, labels: Any) -> Images:
        return super().made(pixels, labels[1:])


@bench.dataset("bad-class-names")
class OtherNames(Tiny):
    """Its images call the classes in another order."""

    def made(self, pixels: Any, labels: Any) -> Images:
        return ArrayImages(pixels, labels, classes=self.classes[::-1])


@bench.dataset("bad-same-each-time")
class Unseeded(Tiny):
    """Its images are drawn anew each time."""

    def made(self, pixels: Any, labels: Any) -> Images:
        return super().made(np.random.default_rng().integers(0, 256, pixels.shape, np.uint8), labels)


class SortedReads(ArrayImages):
    """Images come in the order of the set, whatever order is asked for."""

    def read(self, indices: Any) -> Any:
        return super().read(np.sort(indices))


@bench.dataset("bad-reads-in-any-order")
class Sorts(Tiny):
    """It ignores the order of what is asked for."""

    def made(self, pixels: Any, labels: Any) -> Images:
        return SortedReads(pixels, labels, classes=self.classes)


class Nameless(ArrayImages):
    """Any images are the same."""

    def update_digest(self, digest: hashlib._Hash) -> None:
        digest.update(b"tiny")


@bench.dataset("bad-identity")
class OneIdentity(Tiny):
    """Its images of training and of testing are said to be the same."""

    def made(self, pixels: Any, labels: Any) -> Images:
        return Nameless(pixels, None, classes=self.classes)


class ByTheClock(ArrayImages):
    """Its identity is another each time."""

    def update_digest(self, digest: hashlib._Hash) -> None:
        digest.update(np.random.default_rng().bytes(8))


@bench.dataset("bad-identity--clock")
class NoIdentity(Tiny):
    """Nothing that is kept of it is found again."""

    def made(self, pixels: Any, labels: Any) -> Images:
        return ByTheClock(pixels, labels, classes=self.classes)


class OneName(ArrayImages):
    """All images have one name."""

    def sample_id(self, index: int) -> str:
        return "image.png"


@bench.dataset("bad-sample-ids")
class SameNames(Tiny):
    """Its images cannot be told apart by name."""

    def made(self, pixels: Any, labels: Any) -> Images:
        return OneName(pixels, labels, classes=self.classes)


@bench.dataset("bad-leaves-random-state-alone")
class SeedsTheGlobalState(Tiny):
    """It seeds the global random state."""

    def made(self, pixels: Any, labels: Any) -> Images:
        np.random.seed(0)  # noqa: NPY002
        return super().made(pixels, labels)
