"""What a kind of binding is: a class that opens the images which the text after `NAME=KIND:` means."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from bench.errors import UnknownNameError
from bench.registry import registers, registry
from bench.user_path import user_path

if TYPE_CHECKING:
    from .images import Images

binding_kind = registers("binding_kind")
"""Class decorator that registers a kind of binding under a literal name: `@binding_kind("npz")`."""

BINDING_KINDS = registry("binding_kind")


class BindingKind(ABC):
    """Images by a `source`: a path, or whatever text the kind reads. One file in `bench/data/kinds/` per kind.

    Class data: `form` shows how a source is written; `keys` are what a `[datasets.NAME]` table may say beside it, whose
    values come as `options`.
    """

    name: ClassVar[str]
    form: ClassVar[str] = "PATH"
    keys: ClassVar[tuple[str, ...]] = ()

    def __init__(self, source: str, options: Mapping[str, str]) -> None:
        self.source, self.options = source, options

    @classmethod
    def located(cls, text: str, base: Path) -> str:
        """The source with its paths counting from the folder `base`; a path, unless a kind says otherwise."""
        return str(user_path(text, base))

    @classmethod
    def located_option(cls, key: str, text: str, base: Path) -> str:
        """The value of one of `keys`, with a path counting from `base` where it is one; `root` is."""
        return str(user_path(text, base)) if key == "root" else text

    def paths(self) -> dict[str, list[Path]]:
        """The splits that there are, `test` at least, each with the files and folders that it needs."""
        return {"test": [Path(self.source)]}

    def sources(self) -> list[Path] | None:
        """All files and folders that decide which splits there are and what is in them, be they there or not.

        None where that is not known.
        """
        return None

    def remedy(self) -> str:
        """What to type where the paths are not there; empty where a kind knows nothing."""
        return ""

    @abstractmethod
    def open(self, split: str) -> Images:
        """The images of one of the splits that `paths` names. Raises `BenchError` for what a user can mend."""


def known_kind(kind: str) -> type[BindingKind]:
    """The class of a kind; raises `UnknownNameError` for another text."""
    if kind not in BINDING_KINDS:
        raise UnknownNameError("kind of binding", kind, BINDING_KINDS.names())
    found: type[BindingKind] = BINDING_KINDS.get(kind)
    return found


def likely_kind(text: str) -> str:
    """The kind that a path without one is most likely of."""
    suffixes = {".npz": "npz", ".csv": "csv", ".txt": "imglist", ".tar": "webdataset"}
    return suffixes.get(Path(text).suffix.lower(), "folder")
