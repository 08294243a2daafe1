"""CIFAR-10 and CIFAR-100, read by torchvision."""

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

_CITATION = Citation(
    "Learning Multiple Layers of Features from Tiny Images",
    "Krizhevsky",
    2009,
    "Technical report, University of Toronto",
    "https://www.cs.toronto.edu/~kriz/cifar.html",
)

_FINE_CLASSES = """
apple aquarium_fish baby bear beaver bed bee beetle bicycle bottle bowl boy bridge bus butterfly camel can
castle caterpillar cattle chair chimpanzee clock cloud cockroach couch crab crocodile cup dinosaur dolphin
elephant flatfish forest fox girl hamster house kangaroo keyboard lamp lawn_mower leopard lion lizard lobster
man maple_tree motorcycle mountain mouse mushroom oak_tree orange orchid otter palm_tree pear pickup_truck
pine_tree plain plate poppy porcupine possum rabbit raccoon ray road rocket rose sea seal shark shrew skunk
skyscraper snail snake spider squirrel streetcar sunflower sweet_pepper table tank telephone television tiger
tractor train trout tulip turtle wardrobe whale willow_tree wolf woman worm
"""


class _Cifar(StoredSet):
    """60,000 photographs of 32x32 pixels, in the original pickled files.

    torchvision unpickles them only after their checksums have matched those of the originals.
    """

    citation = _CITATION
    licence = "none stated"
    obtained = "torchvision"
    counts: ClassVar = {"train": 50_000, "test": 10_000}
    image_size = (32, 32)
    reader: ClassVar[str]

    def read(self, split: str, root: Path) -> Images:
        """uint8 `(N, 32, 32, 3)` with labels."""
        import numpy as np
        from torchvision import datasets as torchvision_sets

        from bench.data.images import ArrayImages

        found = getattr(torchvision_sets, self.reader)(root, train=split == "train")
        return ArrayImages(np.ascontiguousarray(found.data), np.array(found.targets), classes=self.classes)


@dataset("cifar10")
class Cifar10(_Cifar):
    """CIFAR-10: 10 classes of animals and vehicles, 6,000 photographs each."""

    title = "CIFAR-10"
    classes = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
    reader = "CIFAR10"
    download_bytes = 170_498_071
    archives = (
        Archive(
            "https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz",
            "cifar-10-python.tar.gz",
            "c58f30108f718f92721af3b95e74349a",
            170_498_071,
            into=".",
        ),
    )
    by_hand = "Unpack cifar-10-python.tar.gz in {root}, so that it holds cifar-10-batches-py/."
    checksums: ClassVar = {
        "cifar-10-batches-py/data_batch_1": "md5:c99cafc152244af753f735de768cd75f",
        "cifar-10-batches-py/data_batch_2": "md5:d4bba439e000b95fd0a9bffe97cbabec",
        "cifar-10-batches-py/data_batch_3": "md5:54ebc095f3ab1f0389bbae665268c751",
        "cifar-10-batches-py/data_batch_4": "md5:634d18415352ddfa80567beed471001a",
        "cifar-10-batches-py/data_batch_5": "md5:482c414d41f54cd18b22e5b47cb7c3cb",
        "cifar-10-batches-py/test_batch": "md5:40351d587109b95175f43aff81a1287e",
        "cifar-10-batches-py/batches.meta": "md5:5ff9c542aee3614f3951f8cda6e48888",
    }
    files: ClassVar = dict.fromkeys(("train", "test"), tuple(checksums))

    def training_transform(self) -> InputTransform:
        """32x32 RGB with the constants of DeVries & Taylor's code."""
        from bench.data.transform import NORMALIZATIONS, InputTransform

        mean, std = NORMALIZATIONS["cifar10"]
        return InputTransform(height=32, width=32, channels=3, mean=mean, std=std)


@dataset("cifar100")
class Cifar100(_Cifar):
    """CIFAR-100: 100 classes (the fine labels), 600 photographs each; near-OOD for CIFAR-10."""

    title = "CIFAR-100"
    classes = tuple(_FINE_CLASSES.split())
    reader = "CIFAR100"
    download_bytes = 169_001_437
    archives = (
        Archive(
            "https://www.cs.toronto.edu/~kriz/cifar-100-python.tar.gz",
            "cifar-100-python.tar.gz",
            "eb9058c3a382ffc7106e4002c42a8d85",
            169_001_437,
            into=".",
        ),
    )
    by_hand = "Unpack cifar-100-python.tar.gz in {root}, so that it holds cifar-100-python/."
    checksums: ClassVar = {
        "cifar-100-python/train": "md5:16019d7e3df5f24257cddd939b257f8d",
        "cifar-100-python/test": "md5:f0ef6b0ae62326f3e7ffdfab6717acfc",
        "cifar-100-python/meta": "md5:7973b15100ade9c7d40fb424638fde48",
    }
    files: ClassVar = dict.fromkeys(("train", "test"), tuple(checksums))

    def training_transform(self) -> InputTransform:
        """32x32 RGB with the constants of fb.resnet.torch's CIFAR-100 loader (Facebook AI Research, 2016)."""
        from bench.data.transform import InputTransform

        mean, std = (129.3 / 255, 124.1 / 255, 112.4 / 255), (68.2 / 255, 65.4 / 255, 70.4 / 255)
        return InputTransform(height=32, width=32, channels=3, mean=mean, std=std)
