"""MNIST and the sets made in its format: 28x28 grey images in idx files, read by torchvision."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, ClassVar

from bench.citation import Citation
from bench.data.dataset import dataset
from bench.data.download import Archive
from bench.data.stored import StoredSet
from bench.data.unpack import unpack

if TYPE_CHECKING:
    from pathlib import Path

    from bench.data.images import Images
    from bench.data.transform import InputTransform

_PARTS = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")


def _archives(folder: str, url: str, facts: tuple[tuple[str, int], ...]) -> tuple[Archive, ...]:
    """The four packed files of a set in `folder`, with MD5 and size of each in the order of `_PARTS`."""
    return tuple(
        Archive(f"{url}{part}.gz", f"{folder}/raw/{part}.gz", md5, size, into=f"{folder}/raw")
        for part, (md5, size) in zip(_PARTS, facts, strict=True)
    )


def _files(folder: str) -> dict[str, tuple[str, ...]]:
    paths = [f"{folder}/raw/{part}" for part in _PARTS]
    return {"train": tuple(paths[:2]), "test": tuple(paths[2:])}


class _Idx(StoredSet):
    """28x28 grey images, white on black. `files` lists images and labels of each split."""

    obtained = "torchvision"
    counts: ClassVar = {"train": 60_000, "test": 10_000}
    image_size = (28, 28)
    normalization: ClassVar[tuple[float, float]]

    def read(self, split: str, root: Path) -> Images:
        """uint8 `(N, 28, 28)` with labels."""
        from torchvision.datasets.mnist import read_image_file, read_label_file

        from bench.data.images import ArrayImages

        images, labels = (str(root / path) for path in self.files[split])
        return ArrayImages(read_image_file(images).numpy(), read_label_file(labels).numpy(), classes=self.classes)

    def training_transform(self) -> InputTransform:
        """32x32 grey with the commonly published mean and standard deviation of the training pixels."""
        from bench.data.transform import InputTransform

        mean, std = self.normalization
        return InputTransform(height=32, width=32, channels=1, mean=(mean,), std=(std,))


@dataset("mnist")
class Mnist(_Idx):
    """MNIST: handwritten digits, 60,000 to train and 10,000 to test."""

    title = "MNIST"
    citation = Citation(
        "Gradient-based learning applied to document recognition",
        "LeCun, Bottou, Bengio, Haffner",
        1998,
        "Proceedings of the IEEE 86(11)",
        "https://doi.org/10.1109/5.726791",
    )
    licence = "CC BY-SA 3.0 (as commonly given)"
    classes = tuple("0123456789")
    normalization = (0.1307, 0.3081)
    download_bytes = 11_594_722
    archives = _archives(
        "MNIST",
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        (
            ("f68b3c2dcbeaaa9fbdd348bbdeb94873", 9_912_422),
            ("d53e105ee54ea40749a09fcbcd1e9432", 28_881),
            ("9fb629c4189551a2d022fa330f9573f3", 1_648_877),
            ("ec29112dd5afa0611ce80d1b7f02629c", 4_542),
        ),
    )
    by_hand = "Unpack the four original .gz files in {root}/MNIST/raw."
    files: ClassVar = _files("MNIST")
    checksums: ClassVar = {
        "MNIST/raw/train-images-idx3-ubyte": "md5:6bbc9ace898e44ae57da46a324031adb",
        "MNIST/raw/train-labels-idx1-ubyte": "md5:a25bea736e30d166cdddb491f175f624",
        "MNIST/raw/t10k-images-idx3-ubyte": "md5:2646ac647ad5339dbf082846283269ea",
        "MNIST/raw/t10k-labels-idx1-ubyte": "md5:27ae3e4e09519cfbb04c329615203637",
    }


@dataset("fashion-mnist")
class FashionMnist(_Idx):
    """Fashion-MNIST: photographs of clothes in MNIST's format."""

    title = "Fashion-MNIST"
    citation = Citation(
        "Fashion-MNIST: a Novel Image Dataset for Benchmarking Machine Learning Algorithms",
        "Xiao, Rasul, Vollgraf",
        2017,
        "",
        "https://arxiv.org/abs/1708.07747",
    )
    licence = "MIT"
    classes = (
        "T-shirt/top",
        "Trouser",
        "Pullover",
        "Dress",
        "Coat",
        "Sandal",
        "Shirt",
        "Sneaker",
        "Bag",
        "Ankle boot",
    )
    normalization = (0.2860, 0.3530)
    download_bytes = 30_878_645
    archives = _archives(
        "FashionMNIST",
        "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/",
        (
            ("8d4fb7e6c68d591d4c3dfef9ec88bf0d", 26_421_880),
            ("25c81989df183df01b3e8a0aad5dffbe", 29_515),
            ("bef4ecab320f06d8554ea6380940ec79", 4_422_102),
            ("bb300cfdad3c16e7a12a480ee83cd310", 5_148),
        ),
    )
    by_hand = "Unpack the four original .gz files in {root}/FashionMNIST/raw."
    files: ClassVar = _files("FashionMNIST")
    checksums: ClassVar = {
        "FashionMNIST/raw/train-images-idx3-ubyte": "md5:f4a8712d7a061bf5bd6d2ca38dc4d50a",
        "FashionMNIST/raw/train-labels-idx1-ubyte": "md5:9018921c3c673c538a1fc5bad174d6f9",
        "FashionMNIST/raw/t10k-images-idx3-ubyte": "md5:8181f5470baa50b63fa0f6fddb340f0a",
        "FashionMNIST/raw/t10k-labels-idx1-ubyte": "md5:15d484375f8d13e6eb1aabb0c3f46965",
    }


@dataset("kmnist")
class Kmnist(_Idx):
    """Kuzushiji-MNIST: ten cursive Japanese characters in MNIST's format."""

    title = "Kuzushiji-MNIST"
    citation = Citation(
        "Deep Learning for Classical Japanese Literature",
        "Clanuwat, Bober-Irizar, Kitamoto, Lamb, Yamamoto, Ha",
        2018,
        "",
        "https://arxiv.org/abs/1812.01718",
    )
    licence = "CC BY-SA 4.0"
    classes = ("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo")
    normalization = (0.1918, 0.3483)
    download_bytes = 21_240_888
    archives = _archives(
        "KMNIST",
        "https://codh.rois.ac.jp/kmnist/dataset/kmnist/",
        (
            ("bdb82020997e1d708af4cf47b453dcf7", 18_165_135),
            ("e144d726b3acfaa3e44228e80efcd344", 29_497),
            ("5c965bf0a639b31b8f53240b1b52f4d7", 3_041_136),
            ("7320c461ea6c1c855c0b718fb2a4b134", 5_120),
        ),
    )
    by_hand = "Unpack the four original .gz files in {root}/KMNIST/raw."
    files: ClassVar = _files("KMNIST")
    checksums: ClassVar = {
        "KMNIST/raw/train-images-idx3-ubyte": "size:47040016",
        "KMNIST/raw/train-labels-idx1-ubyte": "size:60008",
        "KMNIST/raw/t10k-images-idx3-ubyte": "size:7840016",
        "KMNIST/raw/t10k-labels-idx1-ubyte": "size:10008",
    }


@dataset("emnist-letters")
class EmnistLetters(_Idx):
    """EMNIST letters: 26 handwritten letters, upper and lower case merged; turned upright as MNIST's digits are.

    The original files hold each image transposed.
    """

    title = "EMNIST letters"
    citation = Citation(
        "EMNIST: an extension of MNIST to handwritten letters",
        "Cohen, Afshar, Tapson, van Schaik",
        2017,
        "",
        "https://arxiv.org/abs/1702.05373",
    )
    licence = "none stated (derived from NIST Special Database 19)"
    counts: ClassVar = {"train": 124_800, "test": 20_800}
    classes = tuple("abcdefghijklmnopqrstuvwxyz")
    normalization = (0.1722, 0.3309)
    download_bytes = 561_753_746
    archives = (
        Archive(
            "https://biometrics.nist.gov/cs_links/EMNIST/gzip.zip",
            "EMNIST/raw/gzip.zip",
            "58c8d27c78d21e728a6bc7b3cc06412e",
            561_753_746,
            into="EMNIST/raw",
        ),
    )
    by_hand = "Unpack the emnist-letters files of EMNIST's gzip.zip in {root}/EMNIST/raw."
    files: ClassVar = {
        split: tuple(f"EMNIST/raw/emnist-letters-{split}-{part}-ubyte" for part in ("images-idx3", "labels-idx1"))
        for split in ("train", "test")
    }
    checksums: ClassVar = {
        "EMNIST/raw/emnist-letters-train-images-idx3-ubyte": "size:97843216",
        "EMNIST/raw/emnist-letters-train-labels-idx1-ubyte": "size:124808",
        "EMNIST/raw/emnist-letters-test-images-idx3-ubyte": "size:16307216",
        "EMNIST/raw/emnist-letters-test-labels-idx1-ubyte": "size:20808",
    }

    def read(self, split: str, root: Path) -> Images:
        """uint8 `(N, 28, 28)`, label 0 is the letter a."""
        import numpy as np
        from torchvision.datasets.mnist import read_image_file, read_label_file

        from bench.data.images import ArrayImages

        images, labels = (str(root / path) for path in self.files[split])
        upright = np.ascontiguousarray(read_image_file(images).numpy().transpose(0, 2, 1))
        return ArrayImages(upright, read_label_file(labels).numpy() - 1, classes=self.classes)

    def arrange(self, root: Path) -> None:
        """Unpack the four files of letters out of the folder that the archive brings, and remove that."""
        folder = root / "EMNIST" / "raw"
        for packed in sorted((folder / "gzip").glob("emnist-letters-*-ubyte.gz")):
            unpack(packed, folder)
        shutil.rmtree(folder / "gzip")
