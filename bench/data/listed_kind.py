"""What kinds of binding that name a file with a list of images have in common: `FILE[@ROOT]`."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from .binding_kind import BindingKind
from .listed import locate_list, split_root


class ListedKind(BindingKind):
    """A file that lists paths of images, which count from a root: the one given, or else one that is looked for."""

    form = "FILE[@ROOT]"
    keys: ClassVar[tuple[str, ...]] = ("root",)

    @classmethod
    def located(cls, text: str, base: Path) -> str:
        """Both paths counting from `base`."""
        return locate_list(text, base)

    def paths(self) -> dict[str, list[Path]]:
        """The file that lists the images."""
        return {"test": [self.file]}

    @property
    def file(self) -> Path:
        """The file that lists the images."""
        return Path(split_root(self.source)[0])

    @property
    def root(self) -> Path | None:
        """The root that is given beside the file or by a key, or None."""
        root = split_root(self.source)[1] or self.options.get("root")
        return None if root is None else Path(root)
