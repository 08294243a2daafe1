"""Checks of a data set's images: how many, of which shape and range, with which labels, the same each time."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.errors import MissingDataError

from .check import check
from .dataset_subject import DatasetSubject
from .method_subject import random_state, restored_random_state, seed_all
from .method_surroundings import UNLIKELY
from .outcome import raised

READ = "import numpy as np\nprint(images.read(np.arange(4)))"


@check
def loads(subject: DatasetSubject) -> None:
    """Each split loads without an error, or says that its files are not on this machine."""
    for split in subject.data_set.counts or {"test": 0}:
        try:
            images = subject.load(split)
            images.read(np.arange(min(2, len(images))))
        except MissingDataError:
            continue
        except Exception as error:
            raise subject.image_failure(split, "images", raised(error)) from error


@check
def counts(subject: DatasetSubject) -> None:
    """Each split has as many images as the data set says."""
    for split, images in subject.splits.items():
        expected = subject.data_set.counts.get(split, len(images))
        if len(images) != expected:
            raise subject.image_failure(split, f"{expected} images", f"{len(images)}", "print(len(images))")


@check
def shapes(subject: DatasetSubject) -> None:
    """Images are `(height, width)` or `(height, width, channels)` with 1, 3 or 4 channels, of the size that is said."""
    of_network = subject.data_set.image_size is None and subject.data_set.obtained == "generated"
    size = (subject.place.height, subject.place.width) if of_network else subject.data_set.image_size
    for split, (_, pixels) in subject.sampled.items():
        for image in pixels:
            wrong = image.ndim not in (2, 3) or (image.ndim == 3 and image.shape[2] not in (1, 3, 4))
            if wrong or (size is not None and image.shape[:2] != size):
                told = "any height and width" if size is None else f"{size[0]}x{size[1]} pixels"
                raise subject.image_failure(
                    split,
                    f"{told}, grey or with 1, 3 or 4 channels last",
                    f"an image of shape {image.shape}",
                    READ,
                )


@check
def pixel_range(subject: DatasetSubject) -> None:
    """Pixels are uint8, uint16, or floating point in [0, 1]."""
    for split, (_, pixels) in subject.sampled.items():
        for image in pixels:
            whole = image.dtype in (np.uint8, np.uint16)
            inside = image.dtype.kind == "f" and float(image.min()) >= 0 and float(image.max()) <= 1
            if not whole and not inside:
                raise subject.image_failure(
                    split,
                    "uint8, uint16, or floating point from 0 to 1",
                    f"{image.dtype} from {image.min()} to {image.max()}",
                    READ,
                )


@check
def labels(subject: DatasetSubject) -> None:
    """Labels, where there are any, are one class index per image, int64, and no larger than there are classes."""
    for split, images in subject.splits.items():
        given = images.labels
        if given is None:
            continue
        number = len(images.classes) or len(subject.data_set.classes) or int(np.max(given)) + 1
        wrong = np.shape(given) != (len(images),) or getattr(given, "dtype", None) != np.int64
        if wrong or set(np.unique(given).tolist()) - set(range(number)):
            raise subject.image_failure(
                split,
                f"an int64 array of shape ({len(images)},) with class indices from 0 to {number - 1}",
                f"{getattr(given, 'dtype', type(given).__name__)} of shape {np.shape(given)}, "
                f"from {np.min(given)} to {np.max(given)}",
                "print(images.labels)",
            )


@check
def class_names(subject: DatasetSubject) -> None:
    """Labelled images know the names of the classes that the data set has, in its order."""
    subject.require_facts()
    for split, images in subject.splits.items():
        known = bool(images.classes) or images.labels is not None
        if known and tuple(images.classes) != tuple(subject.data_set.classes):
            raise subject.image_failure(
                split,
                f"the classes of the data set: {', '.join(subject.data_set.classes) or 'none'}",
                ", ".join(images.classes) or "none",
                "print(images.classes, one.data_set.classes)",
            )


@check
def same_each_time(subject: DatasetSubject) -> None:
    """Loading again gives the same images and labels."""
    for split, (places, pixels) in subject.sampled.items():
        again = subject.load(split)
        former = subject.splits[split].labels
        if not _equal(list(again.read(places)), pixels) or not np.array_equal(again.labels, former):  # type: ignore[arg-type]
            raise subject.image_failure(
                split,
                "the same images and labels when it is loaded once more",
                "others. Draw what is random from a seed, and sort the names of files.",
                "print(images.identity, one.load('test').identity)",
            )


@check
def reads_in_any_order(subject: DatasetSubject) -> None:
    """An image is the same whatever others are read with it, and images come in the order that is asked for."""
    for split, (places, pixels) in subject.sampled.items():
        images = subject.splits[split]
        backwards = list(images.read(places[::-1]))
        alone = [one for place in places[:3] for one in images.read(np.array([place]))]
        if not _equal(backwards[::-1], pixels) or not _equal(alone, pixels[: len(alone)]):
            raise subject.image_failure(
                split,
                "the same images when they are read backwards, or one by one",
                "others",
                "import numpy as np\nprint(images.read(np.array([1, 0])), images.read(np.array([0, 1])))",
            )


@check
def identity(subject: DatasetSubject) -> None:
    """The identity, which results are kept under, is the same each time and another for other images."""
    seen: dict[str, str] = {}
    for split, images in subject.splits.items():
        found = images.identity
        if not re.fullmatch(r"[0-9a-f]{64}", found):
            raise subject.image_failure(split, "64 hexadecimal digits", repr(found), "print(images.identity)")
        if _repeats(subject, split) and subject.load(split).identity != found:
            raise subject.image_failure(
                split, "the same identity when it is loaded again", "another", "print(images.identity)"
            )
        if found in seen:
            raise subject.image_failure(
                split,
                f"another identity for other images: '{seen[found]}' and '{split}' differ",
                found,
                "print(images.identity)",
            )
        seen[found] = split


@check
def sample_ids(subject: DatasetSubject) -> None:
    """Each image has a name of its own by which a person can find it."""
    for split, images in subject.splits.items():
        names = [images.sample_id(place) for place in range(min(len(images), 1000))]
        if len(set(names)) < len(names) or not all(isinstance(name, str) and name for name in names):
            raise subject.image_failure(
                split,
                "a different name for each image",
                f"{len(set(names))} names for {len(names)} images, such as {names[0]!r}",
                "print(images.sample_id(0), images.sample_id(1))",
            )


@check
def leaves_random_state_alone(subject: DatasetSubject) -> None:
    """The global random states of Python, NumPy and torch are neither set nor used: others rely on them."""
    splits = list(subject.splits)
    with restored_random_state():
        seed_all(UNLIKELY)
        before = random_state()
        for split in splits:
            images = subject.load(split)
            images.read(np.arange(min(2, len(images))))
        changed = [library for library, state in random_state().items() if state != before[library]]
    if changed:
        raise subject.failure(
            "random numbers from a generator of one's own, such as numpy.random.default_rng([self.seed, index])",
            f"the state of {' and '.join(changed)} has moved",
            f"images = one.load({splits[0]!r})",
            READ,
        )


def _repeats(subject: DatasetSubject, split: str) -> bool:
    places, pixels = subject.sampled[split]
    return _equal(list(subject.load(split).read(places)), pixels)


def _equal(one: list[NDArray[Any]], other: list[NDArray[Any]]) -> bool:
    return len(one) == len(other) and all(
        a.dtype == b.dtype and np.array_equal(a, b) for a, b in zip(one, other, strict=True)
    )


CHECKS = (
    loads, counts, shapes, pixel_range, labels, class_names, same_each_time, reads_in_any_order, identity, sample_ids,
    leaves_random_state_alone,
)  # fmt: skip
