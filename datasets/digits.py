"""scikit-learn's handwritten digits: embedded, so that everything can be tried without a download."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar

from bench.citation import Citation
from bench.data.dataset import DataSet, Place, dataset

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from bench.data.images import ArrayImages, Images
    from bench.data.transform import InputTransform

_CITATION = Citation(
    "Optical Recognition of Handwritten Digits",
    "Alpaydin, Kaynak",
    1998,
    "UCI Machine Learning Repository",
    "https://doi.org/10.24432/C50P49",
    "the test file, as scikit-learn ships it",
)


class _Digits(DataSet):
    """8x8 grey images with 17 levels: counts of ink in the 4x4 blocks of a 32x32 bitmap, scaled to uint8."""

    citation = _CITATION
    licence = "CC BY 4.0"
    obtained = "embedded"
    image_size = (8, 8)
    default_network = "convnet"
    default_recipe = "smoke"

    def training_transform(self) -> InputTransform:
        """32x32 grey; mean and standard deviation of the 1,297 training digits at that size."""
        from bench.data.transform import InputTransform

        return InputTransform(height=32, width=32, channels=1, mean=(0.3054,), std=(0.3234,), fit="crop")


@dataset("digits")
class Digits(_Digits):
    """1,797 handwritten digits, 1,297 to train and 500 to test.

    The split is fixed and stratified. Both parts hold digits of the same 13 writers: the accuracy is that of known
    hands.
    """

    title = "Handwritten digits"
    counts: ClassVar = {"train": 1297, "test": 500}
    classes = tuple("0123456789")

    def load(self, split: str, place: Place) -> Images:
        """uint8 `(N, 8, 8)` with the digit as label."""
        self.require_split(split)
        return _split(split)


@dataset("digits-0to6")
class Digits0To6(_Digits):
    """The digits 0 to 6 of `digits`, in the same split: in-distribution when 7 to 9 are held out."""

    title = "Handwritten digits 0 to 6"
    counts: ClassVar = {"train": 912, "test": 352}
    classes = tuple("0123456")

    def load(self, split: str, place: Place) -> Images:
        """uint8 `(N, 8, 8)` with the digit as label."""
        self.require_split(split)
        return _restrict(_split(split), self.classes)


@dataset("digits-7to9")
class Digits7To9(_Digits):
    """The digits 7 to 9 of `digits`, in the same split: held-out classes, near to those of `digits-0to6`."""

    title = "Handwritten digits 7 to 9"
    counts: ClassVar = {"train": 385, "test": 148}
    classes = tuple("789")

    def load(self, split: str, place: Place) -> Images:
        """uint8 `(N, 8, 8)`; label 0 is the digit 7."""
        self.require_split(split)
        return _restrict(_split(split), self.classes)


@cache
def _split(split: str) -> ArrayImages:
    import numpy as np
    from sklearn.datasets import load_digits

    from bench.data.images import ArrayImages

    found: Any = load_digits()
    levels, labels = np.asarray(found["images"], dtype=np.int64), np.asarray(found["target"], dtype=np.int64)
    pixels = ((levels * 255 + 8) // 16).astype(np.uint8)
    in_test = _test_mask(labels, 500)
    chosen = in_test if split == "test" else ~in_test
    return ArrayImages(pixels[chosen], labels[chosen], classes=Digits.classes)


def _test_mask(labels: NDArray[np.int64], count: int) -> NDArray[np.bool_]:
    """Which images are test images: `count` of them, from each class its share by largest remainder."""
    import numpy as np

    sizes = np.bincount(labels)
    exact = sizes * count / len(labels)
    shares = np.floor(exact).astype(int)
    shares[np.argsort(shares - exact, kind="stable")[: count - shares.sum()]] += 1
    # Raw words of a bit generator never change between numpy versions; shuffles may.
    order = np.random.PCG64(0).random_raw(len(labels)).argsort(kind="stable")
    mask = np.zeros(len(labels), dtype=bool)
    for label, share in enumerate(shares):
        mask[order[labels[order] == label][:share]] = True
    return mask


def _restrict(images: ArrayImages, classes: tuple[str, ...]) -> Images:
    """Only the images of the digits `classes`, with labels counted from the first of them."""
    import numpy as np

    from bench.data.images import SubsetImages

    assert images.labels is not None
    labels = images.labels - int(classes[0])
    indices = np.flatnonzero((labels >= 0) & (labels < len(classes)))
    return SubsetImages(images, indices, labels=labels[indices], classes=classes)
