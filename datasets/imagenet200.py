"""The 200 of ImageNet's classes that ImageNet-R shows, which OpenOOD calls ImageNet-200."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from bench.citation import Citation
from bench.data.dataset import dataset
from bench.data.stored import StoredSet

if TYPE_CHECKING:
    from pathlib import Path

    from bench.data.images import Images
    from bench.data.transform import InputTransform

_NUMBERS = """
01443537 01484850 01494475 01498041 01514859 01518878 01531178 01534433 01614925 01616318 01630670 01632777 01644373
01677366 01694178 01748264 01770393 01774750 01784675 01806143 01820546 01833805 01843383 01847000 01855672 01860187
01882714 01910747 01944390 01983481 01986214 02007558 02009912 02051845 02056570 02066245 02071294 02077923 02085620
02086240 02088094 02088238 02088364 02088466 02091032 02091134 02092339 02094433 02096585 02097298 02098286 02099601
02099712 02102318 02106030 02106166 02106550 02106662 02108089 02108915 02109525 02110185 02110341 02110958 02112018
02112137 02113023 02113624 02113799 02114367 02117135 02119022 02123045 02128385 02128757 02129165 02129604 02130308
02134084 02138441 02165456 02190166 02206856 02219486 02226429 02233338 02236044 02268443 02279972 02317335 02325366
02346627 02356798 02363005 02364673 02391049 02395406 02398521 02410509 02423022 02437616 02445715 02447366 02480495
02480855 02481823 02483362 02486410 02510455 02526121 02607072 02655020 02672831 02701002 02749479 02769748 02793495
02797295 02802426 02808440 02814860 02823750 02841315 02843684 02883205 02906734 02909870 02939185 02948072 02950826
02951358 02966193 02980441 02992529 03124170 03272010 03345487 03372029 03424325 03452741 03467068 03481172 03494278
03495258 03498962 03594945 03602883 03630383 03649909 03676483 03710193 03773504 03775071 03888257 03930630 03947888
04086273 04118538 04133789 04141076 04146614 04147183 04192698 04254680 04266014 04275548 04310018 04325704 04347754
04389033 04409515 04465501 04487394 04522168 04536866 04552348 04591713 07614500 07693725 07695742 07697313 07697537
07714571 07714990 07718472 07720875 07734744 07742313 07745940 07749582 07753275 07753592 07768694 07873807 07880968
07920052 09472597 09835506 10565667 12267677
"""
_PLACES = """
1 2 4 6 8 9 11 13 22 23 26 29 31 39 47 63 71 76 79 84 90 94 96 97 99 100 105 107 113 122 125 130 132 144 145 147 148
150 151 155 160 161 162 163 171 172 178 187 195 199 203 207 208 219 231 232 234 235 242 245 247 250 251 254 259 260
263 265 267 269 276 277 281 288 289 291 292 293 296 299 301 308 309 310 311 314 315 319 323 327 330 334 335 337 338
340 341 344 347 353 355 361 362 365 366 367 368 372 388 390 393 397 401 407 413 414 425 428 430 435 437 441 447 448
457 462 463 469 470 471 472 476 483 487 515 546 555 558 570 579 583 587 593 594 596 609 613 617 621 629 637 657 658
701 717 724 763 768 774 776 779 780 787 805 812 815 820 824 833 847 852 866 875 883 889 895 907 928 931 932 933 934
936 937 943 945 947 948 949 951 953 954 957 963 965 967 980 981 983 988
"""

CLASSES = tuple(f"n{number}" for number in _NUMBERS.split())
"""The WordNet numbers of the classes, in their order."""

PLACES = tuple(map(int, _PLACES.split()))
"""The place of each class among ImageNet's 1,000."""


@dataset("imagenet200")
class ImageNet200(StoredSet):
    """ImageNet-200: the images of `imagenet` of 200 classes, those that ImageNet-R shows; as OpenOOD has it.

    OpenOOD keeps 1,000 of the 10,000 test images for validation; here all of them are `test`.
    """

    title = "ImageNet-200"
    citation = Citation(
        "OpenOOD v1.5: Enhanced Benchmark for Out-of-Distribution Detection",
        "Zhang et al.",
        2023,
        "arXiv",
        "https://arxiv.org/abs/2306.09301",
        "section 4; images from ImageNet, classes from ImageNet-R",
    )
    licence = "non-commercial research, on registration"
    obtained = "archive"
    counts: ClassVar = {"train": 258_951, "test": 10_000}
    classes = CLASSES
    files: ClassVar = {"train": ("imagenet/train",), "test": ("imagenet/val",)}
    checksums: ClassVar = {"imagenet/train": "images:1281167", "imagenet/val": "images:50000"}
    by_hand = "Its images are those of imagenet below {root}/imagenet; see: bench describe dataset imagenet"

    def read(self, split: str, root: Path) -> Images:
        """Files of various sizes, labelled by class folder."""
        return of_these_classes(root / self.files[split][0])

    def training_transform(self) -> InputTransform:
        """224x224 RGB with torchvision's constants."""
        from bench.data.transform import NORMALIZATIONS, InputTransform

        mean, std = NORMALIZATIONS["imagenet"]
        return InputTransform(height=224, width=224, channels=3, mean=mean, std=std)


def of_these_classes(folder: Path) -> Images:
    """The images in the subfolders of `folder` that are called by the 200 classes; raises `ValueError` without any."""
    import numpy as np

    from bench.data.files import FileImages, find_images

    found = [
        (f"{name}/{path}", label)
        for label, name in enumerate(CLASSES)
        if (folder / name).is_dir()
        for path in find_images(folder / name)
    ]
    if not found:
        raise ValueError(f"{folder} has no folder called by one of the 200 classes, such as {CLASSES[0]}")
    return FileImages(folder, [path for path, _ in found], np.array([label for _, label in found]), classes=CLASSES)
