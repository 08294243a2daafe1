"""ImageNet's 1,000 classes."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, ClassVar

from bench.citation import Citation
from bench.data.dataset import dataset
from bench.data.stored import StoredSet
from bench.data.unpack import unpacking
from bench.errors import BenchError

if TYPE_CHECKING:
    from pathlib import Path

    from bench.data.download import Say
    from bench.data.images import Images
    from bench.data.transform import InputTransform

_PACKED = {"train": "ILSVRC2012_img_train.tar", "val": "ILSVRC2012_img_val.tar"}
_DEVKIT = "ILSVRC2012_devkit_t12.tar.gz"


@dataset("imagenet")
class ImageNet(StoredSet):
    """ImageNet (ILSVRC 2012): 1,281,167 photographs to train; the 50,000 official validation images serve as `test`.

    One folder per class below `imagenet/train` and `imagenet/val`, named by its WordNet number as in torchvision.
    """

    title = "ImageNet"
    citation = Citation(
        "ImageNet Large Scale Visual Recognition Challenge",
        "Russakovsky et al.",
        2015,
        "International Journal of Computer Vision 115(3)",
        "https://image-net.org/",
    )
    licence = "non-commercial research, on registration"
    obtained = "archive"
    counts: ClassVar = {"train": 1_281_167, "test": 50_000}
    files: ClassVar = {"train": ("imagenet/train",), "test": ("imagenet/val",)}
    checksums: ClassVar = {"imagenet/train": "images:1281167", "imagenet/val": "images:50000"}
    by_hand = (
        f"Register at https://image-net.org/, put {_PACKED['val']} (and {_PACKED['train']} to train) with {_DEVKIT} "
        "into {root}/imagenet, and type: bench data fetch imagenet --data {root} (which unpacks them)."
    )

    def read(self, split: str, root: Path) -> Images:
        """Files of various sizes, labelled by class folder."""
        from bench.data.files import open_folder

        return open_folder(root / self.files[split][0])

    def fetch(self, root: Path, say: Say) -> None:
        """Unpack the archives that the user has put below `root/imagenet`; torchvision checks and reads them."""
        folder = root / "imagenet"
        packed = [split for split, name in _PACKED.items() if (folder / name).is_file()]
        if not packed:
            raise BenchError(f"imagenet cannot be downloaded. {self.by_hand.format(root=root)}")
        for split in packed:
            say(f"Unpacking {folder / _PACKED[split]}.")
            _unpack(folder, split)
        say(f"imagenet is below {folder}.")

    def training_transform(self) -> InputTransform:
        """224x224 RGB with torchvision's constants."""
        from bench.data.transform import NORMALIZATIONS, InputTransform

        mean, std = NORMALIZATIONS["imagenet"]
        return InputTransform(height=224, width=224, channels=3, mean=mean, std=std)


def _unpack(folder: Path, split: str) -> None:
    """Unpack the images of a split into a folder that gets its name when they are all there."""
    from torchvision.datasets import imagenet

    if (folder / split).is_dir():
        return
    partial = folder / f"{split}.part"
    unpack_images = {"train": imagenet.parse_train_archive, "val": imagenet.parse_val_archive}[split]
    shutil.rmtree(partial, ignore_errors=True)
    try:
        with unpacking(folder / _PACKED[split], folder):
            try:
                imagenet.parse_devkit_archive(folder)
                unpack_images(folder, folder=partial.name)
            except RuntimeError as error:  # of torchvision, which says which of its archives is wrong
                raise BenchError(f"Cannot unpack imagenet's {split} images: {error}") from error
            partial.rename(folder / split)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
