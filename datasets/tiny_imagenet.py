"""Tiny ImageNet."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from bench.citation import Citation
from bench.data.dataset import dataset
from bench.data.stored import StoredSet

if TYPE_CHECKING:
    from pathlib import Path

    from bench.data.images import Images


@dataset("tinyimagenet")
class TinyImageNet(StoredSet):
    """Tiny ImageNet: the 10,000 validation images of 200 of ImageNet's classes at 64x64, without labels, as `test`.

    OpenOOD tests on those of them that show no class of CIFAR-10, or CIFAR-100; here all of them count.
    """

    title = "Tiny ImageNet"
    citation = Citation(
        "Tiny ImageNet Visual Recognition Challenge",
        "Le, Yang",
        2015,
        "Stanford CS 231N",
        "http://vision.stanford.edu/teaching/cs231n/reports/2015/pdfs/yle_project.pdf",
    )
    licence = "none stated (images from ImageNet)"
    obtained = "archive"
    counts: ClassVar = {"test": 10_000}
    image_size = (64, 64)
    files: ClassVar = {"test": ("tiny-imagenet-200/val/images",)}
    checksums: ClassVar = {"tiny-imagenet-200/val/images": "images:10000"}
    by_hand = "Unpack tiny-imagenet-200.zip in {root}."

    def read(self, split: str, root: Path) -> Images:
        """Files of 64x64 pixels; some are grey."""
        from bench.data.files import FileImages, find_images

        folder = root / self.files[split][0]
        return FileImages(folder, find_images(folder))
