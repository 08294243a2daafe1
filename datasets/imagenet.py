"""ImageNet's 1,000 classes."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from bench.citation import Citation
from bench.data.dataset import dataset
from bench.data.stored import StoredSet
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
        from torchvision import datasets as torchvision_sets

        folder = root / "imagenet"
        packed = [split for split, name in _PACKED.items() if (folder / name).is_file()]
        if not packed:
            raise BenchError(f"imagenet cannot be downloaded. {self.by_hand.format(root=root)}")
        for split in packed:
            say(f"Unpacking {folder / _PACKED[split]}.")
            try:
                torchvision_sets.ImageNet(folder, split=split)
            except (RuntimeError, OSError) as error:
                raise BenchError(f"Cannot unpack imagenet's {split} images: {error}") from error
        say(f"imagenet is below {folder}.")

    def training_transform(self) -> InputTransform:
        """224x224 RGB with torchvision's constants."""
        from bench.data.transform import NORMALIZATIONS, InputTransform

        mean, std = NORMALIZATIONS["imagenet"]
        return InputTransform(height=224, width=224, channels=3, mean=mean, std=std)
