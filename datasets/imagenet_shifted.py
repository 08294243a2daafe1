"""ImageNet's classes under a covariate shift, for full-spectrum evaluation."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from bench.citation import Citation
from bench.data.dataset import dataset
from bench.data.stored import StoredSet

from .imagenet200 import CLASSES, PLACES, of_these_classes

if TYPE_CHECKING:
    from pathlib import Path

    from bench.data.images import Images

_V2 = "imagenetv2-matched-frequency-format-val"
_C = "imagenet-c"
_SEVERITIES = 5
_PER_CLASS = 10

KINDS = (
    "gaussian_noise", "shot_noise", "impulse_noise", "defocus_blur", "glass_blur", "motion_blur", "zoom_blur", "snow",
    "frost", "fog", "brightness", "contrast", "elastic_transform", "pixelate", "jpeg_compression",
)  # fmt: skip
"""The corruptions of ImageNet-C that its authors test with; a folder each."""


@dataset("imagenet-r")
class ImageNetR(StoredSet):
    """ImageNet-R: 30,000 renditions, such as paintings and toys, of 200 of ImageNet's classes."""

    title = "ImageNet-R"
    citation = Citation(
        "The Many Faces of Robustness: A Critical Analysis of Out-of-Distribution Generalization",
        "Hendrycks et al.",
        2021,
        "ICCV",
        "https://arxiv.org/abs/2006.16241",
    )
    licence = "none stated (images from the web)"
    obtained = "archive"
    counts: ClassVar = {"test": 30_000}
    classes = CLASSES
    files: ClassVar = {"test": ("imagenet-r",)}
    checksums: ClassVar = {"imagenet-r": "images:30000"}
    by_hand = "Unpack imagenet-r.tar (https://github.com/hendrycks/imagenet-r) in {root}."

    def read(self, split: str, root: Path) -> Images:
        """Files of various sizes, labelled by class folder."""
        return of_these_classes(root / self.files[split][0])


@dataset("imagenet-v2")
class ImageNetV2(StoredSet):
    """ImageNet-V2 (matched frequency): 10,000 images, collected anew as ImageNet's validation images were."""

    title = "ImageNet-V2"
    citation = Citation(
        "Do ImageNet Classifiers Generalize to ImageNet?",
        "Recht, Roelofs, Schmidt, Shankar",
        2019,
        "ICML",
        "https://arxiv.org/abs/1902.10811",
    )
    licence = "MIT (the collection); the images belong to their owners"
    obtained = "archive"
    counts: ClassVar = {"test": 10_000}
    classes = tuple(map(str, range(1000)))
    files: ClassVar = {"test": (_V2,)}
    checksums: ClassVar = {_V2: "images:10000"}
    by_hand = (
        "Unpack imagenetv2-matched-frequency.tar.gz (https://github.com/modestyachts/ImageNetV2) in {root}, so that it "
        f"holds {_V2}/0 to 999."
    )

    def read(self, split: str, root: Path) -> Images:
        """Files of various sizes, labelled by class folder, whose name is the place among ImageNet's classes."""
        return _numbered(root / self.files[split][0], {str(place): place for place in range(1000)}, self.classes)


@dataset("imagenet200-v2")
class ImageNet200V2(ImageNetV2):
    """ImageNet-V2's images of the classes of `imagenet200`: 2,000."""

    title = "ImageNet-V2, 200 classes"
    counts: ClassVar = {"test": 2_000}
    classes = CLASSES

    def read(self, split: str, root: Path) -> Images:
        """Files of various sizes, labelled by the place of the class among the 200."""
        labels = {str(place): label for label, place in enumerate(PLACES)}
        return _numbered(root / self.files[split][0], labels, self.classes)


@dataset("imagenet-c")
class ImageNetC(StoredSet):
    """ImageNet-C: 10,000 of ImageNet's validation images, each under one of 15 corruptions at one of 5 severities.

    Ten images of each class, drawn with a fixed seed, the 75 corruptions spread evenly: a sample in the way of
    OpenOOD's, not the same images.
    """

    title = "ImageNet-C, a sample"
    citation = Citation(
        "Benchmarking Neural Network Robustness to Common Corruptions and Perturbations",
        "Hendrycks, Dietterich",
        2019,
        "ICLR",
        "https://arxiv.org/abs/1903.12261",
    )
    licence = "CC BY 4.0 (the corruptions); images from ImageNet"
    obtained = "archive"
    counts: ClassVar = {"test": 10_000}
    files: ClassVar = {"test": tuple(f"{_C}/{kind}/{level}" for kind in KINDS for level in range(1, _SEVERITIES + 1))}
    checksums: ClassVar = {f"{_C}/{kind}/{level}": "images:50000" for kind in KINDS for level in range(1, 6)}
    by_hand = (
        "Unpack noise.tar, blur.tar, weather.tar and digital.tar (https://zenodo.org/records/2235448) in "
        f"{{root}}/{_C}, so that it holds {_C}/fog/1."
    )

    def read(self, split: str, root: Path) -> Images:
        """Files of 224x224 pixels, labelled by class folder."""
        del split
        return _sample(root / _C, None)


@dataset("imagenet200-c")
class ImageNet200C(ImageNetC):
    """The images of `imagenet-c` of the classes of `imagenet200`: 2,000."""

    title = "ImageNet-C, a sample, 200 classes"
    counts: ClassVar = {"test": 2_000}
    classes = CLASSES

    def read(self, split: str, root: Path) -> Images:
        """Files of 224x224 pixels, labelled by the place of the class among the 200."""
        del split
        return _sample(root / _C, CLASSES)


def _numbered(folder: Path, labels: dict[str, int], classes: tuple[str, ...]) -> Images:
    """The images in those subfolders of `folder` that `labels` names, with their labels."""
    import numpy as np

    from bench.data.files import FileImages, find_images

    found = [path for path in find_images(folder) if path.partition("/")[0] in labels]
    return FileImages(folder, found, np.array([labels[path.partition("/")[0]] for path in found]), classes=classes)


def _sample(folder: Path, classes: tuple[str, ...] | None) -> Images:
    """The sample of ImageNet-C below `folder`, or its images of some classes."""
    import numpy as np

    from bench.data.files import FileImages, find_images

    names = find_images(folder / KINDS[0] / "1")  # the same in every folder
    words = np.random.PCG64(0)  # raw words of a bit generator never change between numpy versions; other draws may
    chosen = _some_of_each_class(names, words.random_raw(len(names)).tolist())
    order = words.random_raw(len(chosen)).argsort(kind="stable")
    combinations = [f"{kind}/{level}" for kind in KINDS for level in range(1, _SEVERITIES + 1)]
    wanted = classes or tuple(sorted({name.partition("/")[0] for name in chosen}))
    labels = {name: label for label, name in enumerate(wanted)}
    found = [
        (f"{combinations[turn % len(combinations)]}/{name}", labels[name.partition("/")[0]])
        for name, turn in zip(chosen, order.argsort().tolist(), strict=True)
        if name.partition("/")[0] in labels
    ]
    return FileImages(folder, [path for path, _ in found], np.array([label for _, label in found]), classes=wanted)


def _some_of_each_class(names: list[str], drawn: list[int]) -> list[str]:
    """Of each class folder the ten images with the smallest draws, or all where there are fewer, in order."""
    by_class: dict[str, list[tuple[int, str]]] = {}
    for name, number in zip(names, drawn, strict=True):
        by_class.setdefault(name.partition("/")[0], []).append((number, name))
    return sorted(name for members in by_class.values() for _, name in sorted(members)[:_PER_CLASS])
