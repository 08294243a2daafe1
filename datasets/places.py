"""Places365, listed by torchvision."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from bench.citation import Citation
from bench.data.dataset import dataset
from bench.data.download import Archive
from bench.data.stored import StoredSet

if TYPE_CHECKING:
    from pathlib import Path

    from bench.data.images import Images

_URL = "https://data.csail.mit.edu/places/places365/"


@dataset("places365")
class Places365(StoredSet):
    """Places365: photographs of 365 kinds of scenes, the 36,500 official validation images at 256x256.

    They serve as `test`, since the labels of the official test images were not published.
    """

    title = "Places365"
    citation = Citation(
        "Places: A 10 Million Image Database for Scene Recognition",
        "Zhou, Lapedriza, Khosla, Oliva, Torralba",
        2018,
        "IEEE Transactions on Pattern Analysis and Machine Intelligence 40(6)",
        "http://places2.csail.mit.edu/",
    )
    licence = "research use; the images belong to their owners"
    obtained = "torchvision"
    counts: ClassVar = {"test": 36_500}
    image_size = (256, 256)
    download_bytes = 592_656_896
    archives = (
        Archive(
            f"{_URL}filelist_places365-standard.tar",
            "filelist_places365-standard.tar",
            "35a0585fee1fa656440f3ab298f8479c",
            67_498_496,
            into=".",
        ),
        Archive(f"{_URL}val_256.tar", "val_256.tar", "e27b17d8d44f4af9a78502beb927f808", 525_158_400, into="."),
    )
    by_hand = "Unpack filelist_places365-standard.tar and val_256.tar in {root}."
    files: ClassVar = {"test": ("categories_places365.txt", "places365_val.txt", "val_256")}
    checksums: ClassVar = {
        "categories_places365.txt": "md5:06c963b85866bd0649f97cb43dd16673",
        "places365_val.txt": "md5:e9f2fd57bfd9d07630173f4e8708e4b1",
        "val_256": "images:36500",
    }

    def read(self, split: str, root: Path) -> Images:
        """Files of 256x256 pixels, labelled by scene."""
        from pathlib import Path

        import numpy as np
        from torchvision import datasets as torchvision_sets

        from bench.data.files import FileImages

        found = torchvision_sets.Places365(root, split="val", small=True)
        folder = root / "val_256"
        names = [Path(path).relative_to(folder).as_posix() for path, _ in found.imgs]
        return FileImages(folder, names, np.array(found.targets), classes=found.classes)
