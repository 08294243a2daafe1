"""A torch `Dataset` of images as a set to test on, read image by image."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from threading import Lock
from typing import Any, TypeGuard

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from bench.errors import BenchError

from .decode import pixels_of
from .encoded import stacked
from .images import Images, Pixels

_IMAGE_KEYS, _LABEL_KEYS = ("image", "img", "pixel_values"), ("label", "labels")
_CHANNELS = frozenset({1, 3, 4})


def is_dataset(given: object) -> TypeGuard[Any]:
    """Whether `given` is a data set as torch has them: its items are had by their places. `Images` are none."""
    own = isinstance(given, Images | str | Mapping | Sequence)
    return not own and (isinstance(given, torch.utils.data.Dataset) or hasattr(given, "__getitem__"))


class DatasetImages(Images):
    """The images of a torch `Dataset`, or of anything with a length and items, at its `places`.

    An item is an image, or a pair or mapping (`image`, `label`) of an image and a whole number. An image is Pillow's, a
    tensor `(C, H, W)` or `(H, W)`, or an array `(H, W, C)` or `(H, W)`: uint8, uint16 or floating point in [0, 1].

    All items are looked at once when this is made, for labels and identity, and again when they are needed; none is
    held. An item that raises an error is a broken image. Raises `BenchError` for items that are no such images, or that
    differ from one time to the next as random augmentation makes them.
    """

    def __init__(self, dataset: Any, *, name: str = "the torch Dataset") -> None:
        self.dataset, self.name = dataset, name
        self._lock = Lock()  # a dataset may keep a file open, and batches are read by several threads
        count = _length(dataset, name)
        self.places = np.arange(count)
        self.digests: list[bytes] = [b""] * count
        self.reasons: dict[int, str] = {}
        labels = [self._look_at(place) for place in range(count)]
        known = {place for place, label in enumerate(labels) if label is not None}
        if known and len(known) < count - len(self.reasons):
            raise BenchError(f"Some items of {name} have labels and others have none. Give all a label, or none.")
        if known:
            self.labels = np.array([-1 if label is None else label for label in labels], np.int64)
        self.classes = _classes(dataset, self.labels)

    def __len__(self) -> int:
        return len(self.places)

    def _look_at(self, place: int) -> int | None:
        """The label of an item, whose digest is kept; why it cannot be read is kept where it cannot."""
        try:
            image, label = _split(self._item(place))
        except Exception as error:  # whatever a user's own code raises
            self.reasons[place] = f"{type(error).__name__}: {error}"
            return None
        self.digests[place] = _digest(_pixels(image, f"item {place} of {self.name}"))
        return _label(label, f"item {place} of {self.name}")

    def _item(self, place: int) -> Any:
        with self._lock:
            return self.dataset[place]

    def read(self, indices: NDArray[np.intp]) -> Pixels:
        """The images at `indices`. Raises `BenchError` where one is not what it was before."""
        return stacked([self._image(int(self.places[index])) for index in indices])

    def _image(self, place: int) -> NDArray[Any]:
        where = f"item {place} of {self.name}"
        try:
            image, _ = _split(self._item(place))
        except Exception as error:  # as in _look_at
            raise BenchError(f"Cannot read {where}: {type(error).__name__}: {error}") from error
        pixels = _pixels(image, where)
        if _digest(pixels) != self.digests[place]:
            raise BenchError(
                f"{where} is another image each time. Leave random augmentation out of the transform of a data set "
                "that is tested on."
            )
        return pixels

    def sample_id(self, index: int) -> str:
        """The place in the dataset."""
        return str(self.places[index])

    def broken(self, *, thorough: bool = False) -> dict[int, str]:
        """The items that raised an error; each has been read whole."""
        del thorough
        return {index: self.reasons[place] for index, place in enumerate(self.places.tolist()) if place in self.reasons}

    def take(self, indices: NDArray[np.intp]) -> DatasetImages:
        """The items at `indices`, as if there were no others."""
        found = DatasetImages.__new__(DatasetImages)
        vars(found).update(
            {name: value for name, value in vars(self).items() if name not in ("identity", "fingerprints")}
        )
        found.places = self.places[indices]
        found.labels = None if self.labels is None else self.labels[indices]
        return found

    def update_digest(self, digest: hashlib._Hash) -> None:
        """The digests of the pixels."""
        for place in self.places:
            digest.update(self.digests[place])


def _length(dataset: Any, name: str) -> int:
    try:
        return len(dataset)
    except TypeError as error:
        raise BenchError(
            f"{name} has no length: images are read by their places, and more than once. Give a map-style Dataset."
        ) from error


def _classes(dataset: Any, labels: NDArray[np.int64] | None) -> tuple[str, ...]:
    """The names of the classes that torchvision's sets carry, where they fit the labels."""
    names = getattr(dataset, "classes", None)
    fits = isinstance(names, Sequence) and all(isinstance(one, str) for one in names)
    return tuple(names or ()) if fits and labels is not None and labels.max(initial=-1) < len(names or ()) else ()


def _split(item: Any) -> tuple[Any, Any]:
    """The image of an item, and its label or None."""
    if isinstance(item, Mapping):
        image = next((item[key] for key in _IMAGE_KEYS if key in item), None)
        return image, next((item[key] for key in _LABEL_KEYS if key in item), None)
    if isinstance(item, tuple | list):
        return item[0], item[1] if len(item) > 1 else None
    return item, None


def _label(label: Any, where: str) -> int | None:
    if label is None:
        return None
    value = label.item() if isinstance(label, torch.Tensor | np.ndarray | np.generic) and label.ndim == 0 else label
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise BenchError(f"The label of {where} is {value!r}, but must be a whole number from 0 on.")
    return value


def _pixels(image: Any, where: str) -> NDArray[Any]:
    """The pixels `(H, W[, C])`. Raises `BenchError` for what is no image of known range."""
    if isinstance(image, Image.Image):
        return pixels_of(image, where)
    if isinstance(image, torch.Tensor):
        found = image.detach().cpu()
        array = (found.float() if found.is_floating_point() else found).numpy()
        array = array.transpose(1, 2, 0) if array.ndim == 3 and array.shape[0] in _CHANNELS else array
    else:
        array = image
    shaped = isinstance(array, np.ndarray) and (array.ndim == 2 or (array.ndim == 3 and array.shape[2] in _CHANNELS))
    if not shaped or array.size == 0:
        shape = f" of the shape {tuple(image.shape)}" if hasattr(image, "shape") else ""
        raise BenchError(
            f"{where} is a {type(image).__name__}{shape}, but must be a Pillow image, a tensor (C, H, W) or an array "
            "(H, W, C) with 1, 3 or 4 channels."
        )
    return _in_range(array, where)


def _in_range(array: NDArray[Any], where: str) -> NDArray[Any]:
    if array.dtype.kind == "u" and array.dtype.itemsize <= 2:
        return array
    if array.dtype.kind != "f":
        raise BenchError(f"{where} is of type {array.dtype}, but must be uint8, uint16 or floating point in [0, 1].")
    if not (array.min() >= 0 and array.max() <= 1):
        raise BenchError(
            f"{where} has values outside [0, 1]. Leave normalisation out of the data set's transform: it belongs to "
            "the network, and is given by normalize or transform."
        )
    return array.astype(np.float32, copy=False)


def _digest(pixels: NDArray[Any]) -> bytes:
    digest = hashlib.sha256(repr((pixels.shape, pixels.dtype.str)).encode())
    digest.update(np.ascontiguousarray(pixels).data)
    return digest.digest()
