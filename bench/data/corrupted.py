"""Corrupted copies of any data set: `corrupt:NAME:KIND:SEVERITY`, as in CIFAR-10-C and ImageNet-C."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from bench.corruptions.corruption import CITATION, CORRUPTIONS, constants_for, corrupt, require_severity
from bench.errors import BenchError, UnknownNameError
from bench.seeds import derived_seed

from .dataset import DataSet, FileStatus, Place
from .derived import AdaptedImages
from .images import Images

if TYPE_CHECKING:
    from pathlib import Path

    from .transform import InputTransform

PREFIX = "corrupt:"
SEED = 0

_OF_PARENT = ("licence", "counts", "classes", "image_size", "download_bytes", "checksums")


class CorruptedSet(DataSet):
    """The images of `parent` with the corruption `kind` in one of five severities; labels stay.

    It takes the files, splits and classes of its parent. Its name is `corrupt:PARENT:KIND:SEVERITY`.
    """

    citation = CITATION

    def __init__(self, parent: DataSet, kind: str, severity: int) -> None:
        if kind not in CORRUPTIONS:
            raise UnknownNameError("corruption", kind, CORRUPTIONS.names())
        require_severity(severity)
        self.parent, self.kind, self.severity = parent, kind, severity
        # The facts of a corrupted set are its parent's, not its class's.
        vars(self).update(
            {fact: getattr(parent, fact) for fact in _OF_PARENT},
            name=f"{PREFIX}{parent.name}:{kind}:{severity}",
            title=f"{parent.title}, {kind} of severity {severity}",
            obtained=parent.obtained,
            default_network=parent.default_network,
            default_recipe=parent.default_recipe,
        )

    @property
    def origin(self) -> str:
        """How the images are had before they are corrupted."""
        return self.parent.origin

    def load(self, split: str, place: Place) -> Images:
        """The parent's images of `split`, each corrupted when it is read."""
        return corrupted(self.parent.load(split, place), self.kind, self.severity)

    def sources(self, split: str, root: Path) -> list[Path] | None:
        """The parent's."""
        return self.parent.sources(split, root)

    def training_transform(self) -> InputTransform | None:
        """The parent's."""
        return self.parent.training_transform()

    def fetch(self, root: Path, say: Callable[[str], None]) -> None:
        """Download what the parent needs."""
        self.parent.fetch(root, say)

    def status(self, root: Path) -> list[FileStatus]:
        """The parent's."""
        return self.parent.status(root)

    def verify(self, root: Path) -> list[FileStatus]:
        """The parent's."""
        return self.parent.verify(root)


def corrupted(images: Images, kind: str, severity: int) -> Images:
    """`images`, each with the corruption `kind` when it is read; uint8, without alpha.

    What is drawn for an image depends on the identity of the set, the kind, the severity and the image's place, so
    that it is the same in whatever order or batch it is read. The first image's size says whose constants all of
    them are corrupted with; the note tells.
    """
    if len(images) == 0:
        return images
    constants = constants_for(*images.read(np.arange(1))[0].shape[:2])

    def adapt(index: int, image: NDArray[Any]) -> NDArray[Any]:
        seed = derived_seed(SEED, "corruption", images.identity, kind, severity, index)
        return corrupt(image, kind, severity, constants, np.random.Generator(np.random.PCG64(seed)))

    version = CORRUPTIONS.get(kind).version
    about = f"{kind} of severity {severity}, {constants}'s constants"
    found = AdaptedImages(images, adapt, recipe=f"corrupted v{version}: {about}", note=about)
    if images.held_out is not None:
        found.held_out = corrupted(images.held_out, kind, severity)
    return found


def corrupted_set(text: str, resolve: Callable[[str], DataSet]) -> CorruptedSet:
    """The data set that `corrupt:NAME:KIND:SEVERITY` means; `resolve` finds the one called NAME.

    Raises `BenchError` for a text of another form or an unknown severity, `UnknownNameError` for an unknown kind.
    """
    name, *rest = text.removeprefix(PREFIX).rsplit(":", 2)
    if len(rest) < 2 or not name or not rest[1].isdecimal():
        raise BenchError(
            f"Cannot read '{text}'. Write {PREFIX}NAME:KIND:SEVERITY with a severity of 1 to 5, such as "
            f"{PREFIX}cifar10:fog:3. See the kinds with: bench list corruptions"
        )
    return CorruptedSet(resolve(name), rest[0], int(rest[1]))
