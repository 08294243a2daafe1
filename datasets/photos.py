"""Patches of the two photographs that scikit-learn ships."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, ClassVar

from bench.citation import Citation
from bench.data.dataset import DataSet, Place, dataset

if TYPE_CHECKING:
    from bench.data.images import Images

_PER_PHOTO, _SIDE, _LARGEST = 750, 32, 128


@dataset("photos")
class Photos(DataSet):
    """1,500 patches of scikit-learn's two sample photographs, `china` and `flower`.

    Squares of 32 to 128 pixels at seeded places, reduced to 32x32. They overlap, so they say less than 1,500
    independent photographs would.
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
    words = iter(np.random.PCG64(0).random_raw(2 * _PER_PHOTO * 3).tolist())
    patches = []
    for photo in map(Image.fromarray, load_sample_images().images):
        for _ in range(_PER_PHOTO):
            side = _SIDE + next(words) % (_LARGEST - _SIDE + 1)
            left, top = next(words) % (photo.width - side + 1), next(words) % (photo.height - side + 1)
            patch = photo.crop((left, top, left + side, top + side))
            patches.append(np.asarray(patch.resize((_SIDE, _SIDE), Image.Resampling.BILINEAR)))
    return ArrayImages(np.stack(patches), np.repeat([0, 1], _PER_PHOTO), classes=Photos.classes)
