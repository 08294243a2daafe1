"""The Describable Textures Dataset."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from bench.citation import Citation
from bench.data.dataset import dataset
from bench.data.download import Archive
from bench.data.stored import StoredSet

if TYPE_CHECKING:
    from pathlib import Path

    from bench.data.images import Images

_CLASSES = """
banded blotchy braided bubbly bumpy chequered cobwebbed cracked crosshatched crystalline dotted fibrous flecked freckled
frilly gauzy grid grooved honeycombed interlaced knitted lacelike lined marbled matted meshed paisley perforated pitted
pleated polka-dotted porous potholed scaly smeared spiralled sprinkled stained stratified striped studded swirly veined
waffled woven wrinkled zigzagged
"""


@dataset("dtd")
class Dtd(StoredSet):
    """Describable Textures: 47 textures, 120 images each, split 1 of the authors' ten into thirds."""

    title = "Describable Textures"
    citation = Citation(
        "Describing Textures in the Wild",
        "Cimpoi, Maji, Kokkinos, Mohamed, Vedaldi",
        2014,
        "CVPR",
        "https://www.robots.ox.ac.uk/~vgg/data/dtd/",
    )
    licence = "research use only"
    obtained = "torchvision"
    counts: ClassVar = {"train": 1_880, "val": 1_880, "test": 1_880}
    classes = tuple(_CLASSES.split())
    download_bytes = 625_239_812
    archives = (
        Archive(
            "https://www.robots.ox.ac.uk/~vgg/data/dtd/download/dtd-r1.0.1.tar.gz",
            "dtd/dtd-r1.0.1.tar.gz",
            "fff73e5086ae6bdbea199a49dfb8a4c1",
            625_239_812,
            into="dtd",
        ),
    )
    by_hand = "Unpack dtd-r1.0.1.tar.gz in {root}/dtd, so that it holds dtd/images/."
    files: ClassVar = {split: (f"dtd/dtd/labels/{split}1.txt", "dtd/dtd/images") for split in ("train", "val", "test")}
    checksums: ClassVar = {"dtd/dtd/images": "images:5640"}

    def read(self, split: str, root: Path) -> Images:
        """Files of various sizes with labels."""
        import numpy as np

        from bench.data.files import FileImages

        listing, folder = (root / path for path in self.files[split])
        names = listing.read_text(encoding="utf-8").split()
        labels = np.array([self.classes.index(name.split("/")[0]) for name in names])
        return FileImages(folder, names, labels, classes=self.classes)
