"""`folder:PATH`: images in a folder and in those below it."""

from __future__ import annotations

from pathlib import Path

from bench.data.binding_kind import BindingKind, binding_kind
from bench.data.files import FileImages, open_folder

_SPLIT_FOLDERS = {"train": ("train",), "test": ("test", "val")}


@binding_kind("folder")
class Folder(BindingKind):
    """A folder of images; subfolders are classes, or `train` and `test` (or `val`) with classes below.

    The images are labelled where every one of them lies in one of two or more subfolders.
    """

    def paths(self) -> dict[str, list[Path]]:
        """The folder itself, or its subfolders where these are splits."""
        folder = Path(self.source)
        found = {
            split: [folder / name]
            for split, names in _SPLIT_FOLDERS.items()
            for name in reversed(names)
            if (folder / name).is_dir()
        }
        return found if len(found) == 2 else {"test": [folder]}

    def sources(self) -> list[Path]:
        """The folder, with all that is below it."""
        return [Path(self.source)]

    def open(self, split: str) -> FileImages:
        """The images of a split."""
        return open_folder(self.paths()[split][0])
