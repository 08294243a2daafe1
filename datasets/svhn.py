"""Street View House Numbers, read by torchvision."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from bench.citation import Citation
from bench.data.dataset import dataset
from bench.data.download import Archive
from bench.data.stored import StoredSet

if TYPE_CHECKING:
    from pathlib import Path

    from bench.data.images import Images
    from bench.data.transform import InputTransform

_URL = "https://ufldl.stanford.edu/housenumbers/"


@dataset("svhn")
class Svhn(StoredSet):
    """Street View House Numbers: 73,257 digits to train (without `extra`) and 26,032 to test, 32x32 colour.

    One of the two files is enough for its split.
    """

    title = "SVHN"
    citation = Citation(
        "Reading Digits in Natural Images with Unsupervised Feature Learning",
        "Netzer, Wang, Coates, Bissacco, Wu, Ng",
        2011,
        "NIPS Workshop on Deep Learning and Unsupervised Feature Learning",
        "http://ufldl.stanford.edu/housenumbers/",
    )
    licence = "non-commercial use only"
    obtained = "torchvision"
    counts: ClassVar = {"train": 73_257, "test": 26_032}
    classes = tuple("0123456789")
    image_size = (32, 32)
    download_bytes = 246_316_178
    archives = (
        Archive(f"{_URL}train_32x32.mat", "train_32x32.mat", "e26dedcc434d2e4c54c9b2d4a06d8373", 182_040_794),
        Archive(f"{_URL}test_32x32.mat", "test_32x32.mat", "eb5a983be6a315427106f1b164d9cef3", 64_275_384),
    )
    by_hand = "Put train_32x32.mat and test_32x32.mat into {root}."
    files: ClassVar = {"train": ("train_32x32.mat",), "test": ("test_32x32.mat",)}
    checksums: ClassVar = {archive.path: f"md5:{archive.md5}" for archive in archives}

    def read(self, split: str, root: Path) -> Images:
        """uint8 `(N, 32, 32, 3)` with the digit as label."""
        import numpy as np
        from torchvision.datasets import SVHN

        from bench.data.images import ArrayImages

        found = SVHN(root, split=split)
        return ArrayImages(np.ascontiguousarray(found.data.transpose(0, 2, 3, 1)), found.labels, classes=self.classes)

    def training_transform(self) -> InputTransform:
        """32x32 RGB with the constants of DeVries & Taylor's code."""
        from bench.data.transform import NORMALIZATIONS, InputTransform

        mean, std = NORMALIZATIONS["svhn"]
        return InputTransform(height=32, width=32, channels=3, mean=mean, std=std)
