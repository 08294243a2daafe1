"""Patches of the two photographs that scikit-learn ships."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar

from bench.citation import Citation
from bench.data.dataset import DataSet, Place, dataset

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL import Image

    from bench.data.images import Images

_PER_PHOTO, _SIDE, _LARGEST, _LEAST_CONTRAST = 750, 32, 128, 20.0


@dataset("photos")
class Photos(DataSet):
    """1,500 patches of scikit-learn's two sample photographs, `china` and `flower`.

    Squares of 32 to 128 pixels at seeded places, reduced to 32x32; empty sky and background (grey values with a
    standard deviation below 20 of 255) are left out. The patches overlap: they say less than 1,500 photographs would.
    """

    title = "Patches of two photographs"
    citation = Citation(
        "Scikit-learn: Machine Learning in Python",
        "Pedregosa et al.",
        2011,
        "Journal of Machine Learning Research 12",
        "https://scikit-learn.org/stable/modules/generated/sklearn.datasets.load_sample_images.html",
        "china.jpg by danielbuechele, flower.jpg by vultilion (both on flickr.com)",
    )
    licence = "CC BY 2.0"
    obtained = "embedded"
    counts: ClassVar = {"test": 2 * _PER_PHOTO}
    classes = ("china", "flower")
    image_size = (_SIDE, _SIDE)

    def load(self, split: str, place: Place) -> Images:
        """uint8 `(N, 32, 32, 3)`, labelled by photograph."""
        self.require_split(split)
        return _patches()


@cache
def _patches() -> Images:
    import numpy as np
    from PIL import Image
    from sklearn.datasets import load_sample_images

    from bench.data.images import ArrayImages

    # Raw words of a bit generator never change between numpy versions; other draws may.
    words = np.random.PCG64(0)
    photos: Any = load_sample_images()
    patches = [patch for photo in photos.images for patch in _from_photo(Image.fromarray(photo), words)]
    order = words.random_raw(len(patches)).argsort(kind="stable")
    labels = np.repeat([0, 1], _PER_PHOTO)
    return ArrayImages(np.stack(patches)[order], labels[order], classes=Photos.classes)


def _from_photo(photo: Image.Image, words: np.random.PCG64) -> list[NDArray[np.uint8]]:
    import numpy as np
    from PIL import Image

    patches: list[NDArray[np.uint8]] = []
    while len(patches) < _PER_PHOTO:
        side = _SIDE + words.random_raw() % (_LARGEST - _SIDE + 1)
        left, top = words.random_raw() % (photo.width - side + 1), words.random_raw() % (photo.height - side + 1)
        square = photo.crop((left, top, left + side, top + side))
        patch = np.asarray(square.resize((_SIDE, _SIDE), Image.Resampling.BILINEAR))
        if patch.mean(2).std() >= _LEAST_CONTRAST:
            patches.append(patch)
    return patches
