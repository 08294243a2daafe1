"""The OOD sets of ImageNet that OpenOOD v1.5 tests with, whole, as their authors have them."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from bench.citation import Citation
from bench.data.dataset import dataset
from bench.data.stored import StoredSet

if TYPE_CHECKING:
    from pathlib import Path

    from bench.data.images import Images


class _Folder(StoredSet):
    """All images below one folder, without labels."""

    obtained = "archive"

    def read(self, split: str, root: Path) -> Images:
        """Files of various sizes."""
        from bench.data.files import FileImages, find_images

        folder = root / self.files[split][0]
        return FileImages(folder, find_images(folder))


@dataset("ssb-hard")
class SsbHard(_Folder):
    """SSB-hard: 49,000 images of 980 classes of ImageNet-21K that are close to ImageNet's 1,000."""

    title = "SSB-hard"
    citation = Citation(
        "Open-Set Recognition: A Good Closed-Set Classifier is All You Need?",
        "Vaze, Han, Vedaldi, Zisserman",
        2022,
        "ICLR",
        "https://arxiv.org/abs/2110.06207",
        "the hard split of the Semantic Shift Benchmark",
    )
    licence = "non-commercial research (images from ImageNet-21K)"
    counts: ClassVar = {"test": 49_000}
    files: ClassVar = {"test": ("ssb_hard",)}
    checksums: ClassVar = {"ssb_hard": "images:49000"}
    by_hand = "Unpack OpenOOD's ssb_hard.zip in {root}/ssb_hard."


@dataset("ninco")
class Ninco(_Folder):
    """NINCO: 5,879 images of 64 classes, each looked at to show none of ImageNet's 1,000."""

    title = "NINCO"
    citation = Citation(
        "In or Out? Fixing ImageNet Out-of-Distribution Detection Evaluation",
        "Bitterwolf, Müller, Hein",
        2023,
        "ICML",
        "https://arxiv.org/abs/2306.00826",
    )
    licence = "CC BY 4.0 as commonly given; the images belong to their owners"
    counts: ClassVar = {"test": 5_879}
    files: ClassVar = {"test": ("NINCO/NINCO_OOD_classes",)}
    checksums: ClassVar = {"NINCO/NINCO_OOD_classes": "images:5879"}
    by_hand = "Unpack NINCO_all.tar.gz (https://zenodo.org/records/8013288) in {root}, so that it holds NINCO/."


@dataset("inaturalist")
class INaturalist(_Folder):
    """iNaturalist: 10,000 photographs of 110 kinds of plants that are not among ImageNet's classes."""

    title = "iNaturalist (OOD)"
    citation = Citation(
        "MOS: Towards Scaling Out-of-distribution Detection for Large Semantic Space",
        "Huang, Li",
        2021,
        "CVPR",
        "https://arxiv.org/abs/2105.01879",
        "section 4.1; images from iNaturalist 2017, Van Horn et al. 2018",
    )
    licence = "non-commercial research and education"
    counts: ClassVar = {"test": 10_000}
    files: ClassVar = {"test": ("iNaturalist/images",)}
    checksums: ClassVar = {"iNaturalist/images": "images:10000"}
    by_hand = "Unpack the iNaturalist.tar.gz of MOS (https://github.com/deeplearning-wisc/large_scale_ood) in {root}."


@dataset("openimage-o")
class OpenImageO(_Folder):
    """OpenImage-O: 17,632 photographs from the test set of OpenImages, each looked at to show no ImageNet class.

    OpenOOD keeps 1,763 of them to tune on; here all of them are `test`.
    """

    title = "OpenImage-O"
    citation = Citation(
        "ViM: Out-Of-Distribution with Virtual-logit Matching",
        "Wang, Li, Feng, Zhang",
        2022,
        "CVPR",
        "https://arxiv.org/abs/2203.10807",
        "section 5",
    )
    licence = "CC BY 2.0 as given by OpenImages, to be verified for each image"
    counts: ClassVar = {"test": 17_632}
    files: ClassVar = {"test": ("openimage_o",)}
    checksums: ClassVar = {"openimage_o": "images:17632"}
    by_hand = "Put the images that ViM lists (https://github.com/haoqiwang/vim) into {root}/openimage_o."
