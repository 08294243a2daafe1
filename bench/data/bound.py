"""A data set of the user's own images."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from bench.citation import Citation
from bench.errors import BenchError, MissingDataError

from .bindings import Binding
from .dataset import DATASETS, DataSet, FileStatus, Place

if TYPE_CHECKING:
    from .images import Images
    from .transform import InputTransform

_FACTS = ("title", "citation", "licence", "classes", "image_size", "default_network", "default_recipe")
_SPLIT_FOLDERS = {"train": ("train",), "test": ("test", "val")}


class BoundSet(DataSet):
    """A data set bound to images on this machine; every table shows the binding.

    When the name is a registered one, its facts (title, citation, classes, input transform) stay. The images are the
    `test` split, unless the folder has subfolders `train` and `test` (or `val`).
    """

    obtained = "local"

    def __init__(self, binding: Binding) -> None:
        self.binding = binding
        self.registered: DataSet | None = DATASETS.get(binding.name)() if binding.name in DATASETS else None
        facts = self.registered or _Unregistered
        # The facts of a bound set are its own, not its class's.
        vars(self).update(
            name=binding.name,
            counts={},
            **{fact: getattr(facts, fact) for fact in _FACTS},
        )

    @property
    def origin(self) -> str:
        """What the name is bound to, and where that is said."""
        return self.binding.origin

    def _split_paths(self) -> dict[str, Path]:
        """The splits that are there, with their paths."""
        if self.binding.kind == "folder":
            found = {
                split: self.binding.path / name
                for split, names in _SPLIT_FOLDERS.items()
                for name in reversed(names)
                if (self.binding.path / name).is_dir()
            }
            if len(found) == 2:
                return found
        return {"test": self.binding.path}

    def load(self, split: str, place: Place) -> Images:
        """The images at the binding's path; `place` is not used."""
        path = self._split_paths().get(split)
        if path is None:
            raise BenchError(
                f"The binding '{self.binding}' gives only test images, but the split '{split}' is asked for. "
                "Bind a folder with the subfolders train and test."
            )
        if not path.exists():
            raise self._missing(path)
        images = self._open(path)
        if self.registered and images.labels is not None and not images.classes:
            images.classes = self.classes
        return images

    def _open(self, path: Path) -> Images:
        note = f"bound to {self.binding.kind}:{self.binding.path}"
        if self.binding.kind == "npz":
            from .npz import open_npz

            return open_npz(path, note=note)
        from .files import open_folder

        return open_folder(path, note=note)

    def _missing(self, path: Path) -> MissingDataError:
        return MissingDataError(f"The binding '{self.binding}' points to nothing: there is no {path}.")

    def fetch(self, root: Path, say: Callable[[str], None]) -> None:
        """Say that there is nothing to fetch. Raises `MissingDataError` where the binding points to nothing."""
        for file in self.status(root):
            if file.state == "missing":
                raise self._missing(file.path)
        say(f"{self.name} needs no download: it is {self.origin}.")

    def status(self, root: Path) -> list[FileStatus]:
        """Whether there is something at the binding's path; `root` is not used."""
        paths = self._split_paths().values()
        return [FileStatus(path, "ok" if path.exists() else "missing", self.origin) for path in paths]

    def verify(self, root: Path) -> list[FileStatus]:
        """What can be said without a checksum: that an archive can be read, or how many images a folder has."""
        return [file if file.state == "missing" else self._looked_into(file) for file in self.status(root)]

    def _looked_into(self, file: FileStatus) -> FileStatus:
        how = "read" if self.binding.kind == "npz" else "counted only"
        try:
            told = f"{how} ({len(self._open(file.path)):,} images)"
        except BenchError as error:
            return replace(file, state="corrupt", detail=str(error))
        return replace(file, state="unchecked", detail=f"{told}; {file.detail}")

    def training_transform(self) -> InputTransform | None:
        """That of the registered set of this name; None for a name of the user's own."""
        return self.registered.training_transform() if self.registered else None


class _Unregistered:
    title = "Local images"
    citation = Citation("Local images", "the user", 0)
    licence = "not known"
    classes: tuple[str, ...] = ()
    image_size: tuple[int, int] | None = None
    default_network = DataSet.default_network
    default_recipe = DataSet.default_recipe
