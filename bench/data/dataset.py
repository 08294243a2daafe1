"""What a data set is: facts about it as class data, and a way to load its images."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal

from bench.citation import UNPUBLISHED, Citation
from bench.errors import UnknownNameError
from bench.registry import registers, registry

if TYPE_CHECKING:
    from .images import Images
    from .transform import InputTransform

dataset = registers("dataset")
"""Class decorator that registers a data set under a literal name: `@dataset("digits")`."""

DATASETS = registry("dataset")

Obtained = Literal["embedded", "generated", "torchvision", "archive", "local"]
"""How the images are had: shipped with a dependency, computed, downloaded by torchvision, unpacked by the user from
the original archive, or bound to a path by the user."""


@dataclass(frozen=True)
class Place:
    """Where a data set is loaded from, and the shape that generated images take.

    `height`, `width`, `channels` are the input shape of the network the images are meant for; only sets without a
    size of their own (noise) use them. `mean` and `std`, one value per channel, are that network's normalisation, or
    empty where it is not known.
    """

    root: Path
    height: int = 32
    width: int = 32
    channels: int = 3
    mean: tuple[float, ...] = ()
    std: tuple[float, ...] = ()


@dataclass(frozen=True)
class FileStatus:
    """One file or folder of a data set on this machine.

    `state` is `missing`, `corrupt` where it is not as its checksum says, or `ok`: there, and after `verify` as its
    checksum says. `verify` calls `unchecked` what is there and has no checksum that could tell; `detail` says more.
    """

    path: Path
    state: Literal["ok", "missing", "corrupt", "unchecked"]
    detail: str = ""

    @property
    def passes(self) -> bool:
        """Whether it is there and not known to be damaged."""
        return self.state in {"ok", "unchecked"}


class DataSet(ABC):
    """A data set by name. The constructor takes options only (a noise's `count` and `seed`, for instance).

    Class data, all of which may be left out: `counts` gives the number of images per split (empty where a path is
    bound); `image_size` is `(height, width)` or None where images differ or take the network's size; `download_bytes`
    is what `fetch` would transfer; `training_transform` is the input transform of a network trained on this set.
    """

    name: ClassVar[str]
    title: ClassVar[str] = ""
    citation: ClassVar[Citation] = UNPUBLISHED
    licence: ClassVar[str] = "not stated"
    obtained: ClassVar[Obtained] = "local"
    counts: ClassVar[Mapping[str, int]] = {}
    classes: ClassVar[tuple[str, ...]] = ()
    image_size: ClassVar[tuple[int, int] | None] = None
    download_bytes: ClassVar[int] = 0
    checksums: ClassVar[Mapping[str, str]] = {}
    default_network: ClassVar[str] = "resnet20"
    default_recipe: ClassVar[str] = "quick"

    @property
    def origin(self) -> str:
        """How the images are had, in words for a list."""
        return self.obtained

    @abstractmethod
    def load(self, split: str, place: Place) -> Images:
        """The images of `split`. Raises `MissingDataError` when they are not on this machine, saying what to type."""

    def sources(self, split: str, root: Path) -> list[Path] | None:
        """All files and folders that decide what `load` gives, be they there or not; None where that is not known.

        There are none for images that are computed or come with a package.
        """
        return [] if self.obtained in ("embedded", "generated") else None

    def require_split(self, split: str) -> None:
        """Raise `UnknownNameError` unless the data set has a split of that name."""
        if split not in self.counts:
            raise UnknownNameError(f"split of {self.name}", split, self.counts)

    def training_transform(self) -> InputTransform | None:
        """The input transform of a network trained on this set; None when the set is never trained on."""
        return None

    def fetch(self, root: Path, say: Callable[[str], None]) -> None:  # noqa: B027 - embedded sets have nothing to fetch
        """Download what is missing or corrupt; `say` is told what happens, the size first."""

    def status(self, root: Path) -> list[FileStatus]:
        """Which of the files are there, judged without reading them; empty for sets that need none."""
        return []

    def verify(self, root: Path) -> list[FileStatus]:
        """The state of each file with a known checksum, read whole; empty for sets that need no files."""
        return self.status(root)
