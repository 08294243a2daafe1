"""STL-10."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from bench.citation import Citation
from bench.data.dataset import dataset
from bench.data.download import Archive
from bench.data.stored import StoredSet

if TYPE_CHECKING:
    from pathlib import Path

    from bench.data.images import Images


@dataset("stl10")
class Stl10(StoredSet):
    """STL-10: 96x96 photographs of ten classes from ImageNet, 5,000 to train and 8,000 to test.

    The images stay on disk and are mapped into memory; the 100,000 unlabelled ones are not needed.
    """

    title = "STL-10"
    citation = Citation(
        "An Analysis of Single-Layer Networks in Unsupervised Feature Learning",
        "Coates, Lee, Ng",
        2011,
        "AISTATS",
        "https://cs.stanford.edu/~acoates/stl10/",
    )
    licence = "none stated (images from ImageNet)"
    obtained = "torchvision"
    counts: ClassVar = {"train": 5_000, "test": 8_000}
    classes = ("airplane", "bird", "car", "cat", "deer", "dog", "horse", "monkey", "ship", "truck")
    image_size = (96, 96)
    download_bytes = 2_640_397_119
    archives = (
        Archive(
            "https://cs.stanford.edu/~acoates/stl10/stl10_binary.tar.gz",
            "stl10_binary.tar.gz",
            "91f7769df0f17e558f3565bffb0c7dfb",
            2_640_397_119,
            into=".",
        ),
    )
    by_hand = "Unpack stl10_binary.tar.gz in {root}, so that it holds stl10_binary/."
    files: ClassVar = {
        split: (f"stl10_binary/{split}_X.bin", f"stl10_binary/{split}_y.bin") for split in ("train", "test")
    }
    checksums: ClassVar = {
        "stl10_binary/train_X.bin": "md5:918c2871b30a85fa023e0c44e0bee87f",
        "stl10_binary/train_y.bin": "md5:5a34089d4802c674881badbb80307741",
        "stl10_binary/test_X.bin": "md5:7f263ba9f9e0b06b93213547f721ac82",
        "stl10_binary/test_y.bin": "md5:36f9794fa4beb8a2c72628de14fa638e",
    }

    def read(self, split: str, root: Path) -> Images:
        """uint8 `(N, 96, 96, 3)` with labels."""
        import numpy as np

        from bench.data.images import ArrayImages

        images, labels = (root / path for path in self.files[split])
        # The file holds, for each image, three channels of 96 columns.
        stored = np.memmap(images, dtype=np.uint8, mode="r").reshape(-1, 3, 96, 96)
        found = np.fromfile(labels, dtype=np.uint8).astype(np.int64) - 1
        if len(found) != len(stored):
            raise ValueError(f"{len(stored)} images, but {len(found)} labels")
        return ArrayImages(stored.transpose(0, 3, 2, 1), found, classes=self.classes)
