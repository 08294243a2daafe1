"""The image sets of ODIN (Liang et al.), which DeVries & Taylor and many others test with."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, ClassVar

from bench.citation import Citation
from bench.data.dataset import DATASETS, DataSet, FileStatus, Place, dataset
from bench.data.stored import StoredSet
from bench.errors import MissingDataError

if TYPE_CHECKING:
    from pathlib import Path

    from bench.data.download import Say
    from bench.data.images import Images

_CITATION = Citation(
    "Enhancing The Reliability of Out-of-distribution Image Detection in Neural Networks",
    "Liang, Li, Srikant",
    2018,
    "ICLR",
    "https://arxiv.org/abs/1706.02690",
    "section 4.2; the archives are linked from https://github.com/facebookresearch/odin",
)
_SIDE = 32
# Of ODIN's iSUN.tar.gz, and of the test images in tiny-imagenet-200.zip; those of its other archives are not known.
_ISUN = "8925 sha256:3bed3396b38460c174df435c4104f13600df36e731f2752c030502fc1cbd589a"
_TINY_IMAGENET = "10000 sha256:8705ba91e59a0d1d565231bd21cd81af6439f0cbd8c6f5d3ffe87508e7300f19"


class _Odin(StoredSet):
    """The images below one folder of ODIN's archives, without labels; those of 36x36 pixels are cut to the centre."""

    citation = _CITATION
    licence = "none stated"
    obtained = "archive"
    counts: ClassVar = {"test": 10_000}
    image_size = (_SIDE, _SIDE)

    def read(self, split: str, root: Path) -> Images:
        """uint8 `(N, 32, 32, 3)`."""
        from bench.data.derived import AdaptedImages, centre_crop
        from bench.data.files import FileImages, find_images

        folder = root / self.files[split][0]
        return AdaptedImages(FileImages(folder, find_images(folder)), centre_crop(_SIDE), recipe=f"centre {_SIDE}")


class _TinyImageNet(_Odin):
    """ODIN's archive if it is there, else (or with `derived=True`) made from Tiny ImageNet's own test images."""

    source: ClassVar[str] = "tiny-imagenet-200/test/images"

    def __init__(self, derived: bool = False) -> None:
        self.derived = derived

    def load(self, split: str, place: Place) -> Images:
        """uint8 `(N, 32, 32, 3)`; derived images are grey `(32, 32)` where the source is, and say so in their note."""
        self.require_split(split)
        if (self.derived or not self._has_archive(place.root)) and (place.root / self.source).exists():
            return self.derive(place.root / self.source)
        if self.derived:
            raise self.missing(place.root, self.source)
        return super().load(split, place)

    def sources(self, split: str, root: Path) -> list[Path]:
        """The archive's folder, and that from which the set may be derived."""
        return [*(root / path for path in self.files["test"]), root / self.source]

    @abstractmethod
    def derive(self, folder: Path) -> Images:
        """The images made from those in `folder`."""

    def _has_archive(self, root: Path) -> bool:
        return all((root / path).exists() for path in self.files["test"])

    def status(self, root: Path) -> list[FileStatus]:
        """The archive's folder, or that of the source when only this is there."""
        source = root / self.source
        if not self._has_archive(root) and source.exists():
            return [FileStatus(source, "ok", "from which it is derived")]
        return super().status(root)


@dataset("tinyimagenet-resize")
class TinyImageNetResize(_TinyImageNet):
    """TinyImageNet (resize): Tiny ImageNet's 10,000 test images, scaled from 64x64 to 32x32.

    From ODIN's archive `Imagenet_resize`, or derived with Pillow's bilinear filter, which smooths. The archive's images
    are reported to carry artefacts of their scaling (Tack et al. 2020, arXiv 2007.08176) that make them easier to
    detect, so the two are not the same test.
    """

    title = "TinyImageNet (resize)"
    files: ClassVar = {"test": ("Imagenet_resize",)}
    checksums: ClassVar = {"Imagenet_resize": "images:10000", _TinyImageNet.source: f"images:{_TINY_IMAGENET}"}
    by_hand = "Unpack ODIN's Imagenet_resize.tar.gz in {root}, or tiny-imagenet-200.zip to derive the set."

    def derive(self, folder: Path) -> Images:
        """All of them, scaled."""
        from bench.data.derived import AdaptedImages, resize
        from bench.data.files import FileImages, find_images

        images = FileImages(folder, find_images(folder))
        note = "derived from tiny-imagenet-200/test, bilinear"
        return AdaptedImages(images, resize(_SIDE), recipe=f"bilinear {_SIDE}", note=note)


@dataset("tinyimagenet-crop")
class TinyImageNetCrop(_TinyImageNet):
    """TinyImageNet (crop): 32x32 patches of Tiny ImageNet's 10,000 test images.

    From ODIN's archive `Imagenet` (36x36, cut to the centre), or derived: one random patch of each image, its place
    drawn with `seed`.
    """

    title = "TinyImageNet (crop)"
    files: ClassVar = {"test": ("Imagenet",)}
    checksums: ClassVar = {"Imagenet": "images:10000", _TinyImageNet.source: f"images:{_TINY_IMAGENET}"}
    by_hand = "Unpack ODIN's Imagenet.tar.gz in {root}, or tiny-imagenet-200.zip to derive the set."

    def __init__(self, derived: bool = False, seed: int = 0) -> None:
        super().__init__(derived)
        self.seed = seed

    def derive(self, folder: Path) -> Images:
        """One patch of each."""
        from bench.data.derived import AdaptedImages, random_crop
        from bench.data.files import FileImages, find_images

        images = FileImages(folder, find_images(folder))
        crop = random_crop(_SIDE, self.seed, len(images))
        note = f"derived from tiny-imagenet-200/test, seed {self.seed}"
        return AdaptedImages(images, crop, recipe=f"random {_SIDE}, seed {self.seed}", note=note)


@dataset("lsun-resize")
class LsunResize(_Odin):
    """LSUN (resize): 10,000 test photographs of scenes, scaled to 32x32."""

    title = "LSUN (resize)"
    files: ClassVar = {"test": ("LSUN_resize",)}
    checksums: ClassVar = {"LSUN_resize": "images:10000"}
    by_hand = "Unpack ODIN's LSUN_resize.tar.gz in {root}."


@dataset("lsun-crop")
class LsunCrop(_Odin):
    """LSUN (crop): 36x36 patches of 10,000 test photographs of scenes, cut to the central 32x32."""

    title = "LSUN (crop)"
    files: ClassVar = {"test": ("LSUN",)}
    checksums: ClassVar = {"LSUN": "images:10000"}
    by_hand = "Unpack ODIN's LSUN.tar.gz in {root}."


@dataset("isun")
class Isun(_Odin):
    """iSUN: 8,925 photographs of scenes, scaled to 32x32."""

    title = "iSUN"
    counts: ClassVar = {"test": 8_925}
    files: ClassVar = {"test": ("iSUN",)}
    checksums: ClassVar = {"iSUN": f"images:{_ISUN}"}
    by_hand = "Unpack ODIN's iSUN.tar.gz in {root}."


@dataset("all-images")
class AllImages(DataSet):
    """DeVries & Taylor's "All Images": both TinyImageNet and both LSUN sets and iSUN, pooled without noise.

    Split as in the paper: the first 1,000 images of each part are `validation`, on which methods are tuned, the
    remaining 43,925 are `test`. With `available` the parts that are absent are left out, which the note says.
    """

    title = "All Images"
    citation = Citation(
        "Learning Confidence for Out-of-Distribution Detection in Neural Networks",
        "DeVries, Taylor",
        2018,
        "",
        "https://arxiv.org/abs/1802.04865",
        "section 4.1",
    )
    licence = "none stated"
    obtained = "archive"
    counts: ClassVar = {"validation": 5_000, "test": 43_925}
    image_size = (_SIDE, _SIDE)
    parts: ClassVar = ("tinyimagenet-crop", "tinyimagenet-resize", "lsun-crop", "lsun-resize", "isun")

    def __init__(self, available: bool = False) -> None:
        self.available = available

    def load(self, split: str, place: Place) -> Images:
        """The parts' images one after another. Raises `MissingDataError` naming every part that is absent."""
        import numpy as np

        from bench.data.images import PooledImages, SubsetImages

        self.require_split(split)
        found = self._load_parts(place)
        pooled = [] if len(found) == len(self.parts) else [f"pooled from {', '.join(found)} alone"]
        note = "; ".join([*pooled, *dict.fromkeys(part.note for part in found.values() if part.note)])
        first = PooledImages([SubsetImages(part, np.arange(1000)) for part in found.values()], note=note)
        if split == "validation":
            return first
        rest = PooledImages([SubsetImages(part, np.arange(1000, len(part))) for part in found.values()], note=note)
        rest.held_out = first
        return rest

    def _load_parts(self, place: Place) -> dict[str, Images]:
        found, absent = {}, []
        for name in self.parts:
            part: _Odin = DATASETS.get(name)()
            try:
                found[name] = part.load("test", place)
            except MissingDataError:
                absent.append(f"{name}: {part.by_hand.format(root=place.root)}")
        if absent and not (self.available and found):
            needed = "one of five sets, all" if self.available else f"five sets, {len(absent)}"
            raise MissingDataError("\n".join([f"all-images needs {needed} of which are absent.", *absent]))
        return found

    def sources(self, split: str, root: Path) -> list[Path]:
        """Those of all parts."""
        parts: list[_Odin] = [DATASETS.get(name)() for name in self.parts]
        return [path for part in parts for path in part.sources("test", root) or ()]

    def fetch(self, root: Path, say: Say) -> None:
        """Say of each part whether it is complete. Raises `BenchError` for one that is not: none can be downloaded."""
        for name in self.parts:
            DATASETS.get(name)().fetch(root, say)

    def status(self, root: Path) -> list[FileStatus]:
        """The folders of all parts."""
        return [file for name in self.parts for file in DATASETS.get(name)().status(root)]

    def verify(self, root: Path) -> list[FileStatus]:
        """The folders of all parts, read whole where their checksums are known."""
        return [file for name in self.parts for file in DATASETS.get(name)().verify(root)]
