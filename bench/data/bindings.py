"""Names bound to local images: `NAME=folder:PATH` and `NAME=npz:PATH`, or the same in a `bench.toml`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.citation import Citation
from bench.errors import BenchError, MissingDataError, UnknownNameError

from .dataset import DATASETS, DataSet, Place

if TYPE_CHECKING:
    from .images import Images
    from .transform import InputTransform

KINDS = ("folder", "npz")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_FACTS = ("title", "citation", "licence", "classes", "image_size", "default_network", "default_recipe")
_SPLIT_FOLDERS = {"train": ("train",), "test": ("test", "val")}


@dataclass(frozen=True)
class Binding:
    """`name` stands for the images at `path`, which is a `folder` or an `npz` file."""

    name: str
    kind: str
    path: Path

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise BenchError(f"'{self.name}' cannot name a data set: use letters, digits, '.', '_' and '-'.")
        if self.kind not in KINDS:
            raise UnknownNameError("kind of binding", self.kind, KINDS)
        if not str(self.path).strip() or self.path == Path():
            raise BenchError(f"The binding '{self.name}={self.kind}:' lacks a path.")

    def __str__(self) -> str:
        return f"{self.name}={self.kind}:{self.path}"


def parse_binding(text: str, base: Path = Path()) -> Binding:
    """Read `NAME=folder:PATH` or `NAME=npz:PATH`; a relative path counts from the folder `base`.

    Raises `BenchError` saying what to write instead.
    """
    name, equals, rest = text.partition("=")
    kind, colon, path = rest.partition(":")
    if not equals or not colon:
        guess = "npz" if text.endswith(".npz") else "folder"
        example = f"{name or 'NAME'}={guess}:{rest or 'PATH'}"
        raise BenchError(f"Cannot read the binding '{text}'. Write NAME=KIND:PATH, such as {example}.")
    return _bind(name, kind, path, base)


def parse_bindings(tables: Any, file: Path) -> dict[str, Binding]:
    """Read the `datasets` table of the TOML file `file`: `{"svhn": {"npz": "svhn.npz"}}`.

    Relative paths count from the folder of the file. Raises `BenchError` naming the file and the entry that is wrong.
    """
    if not isinstance(tables, Mapping):
        raise BenchError(f"'datasets' in {file} must be tables, such as [datasets.NAME], not {tables!r}.")
    bindings = {}
    for name, table in tables.items():
        if not isinstance(table, Mapping) or len(table) != 1 or not isinstance(next(iter(table.values())), str):
            wanted = 'one line, npz = "PATH" or folder = "PATH"'
            raise BenchError(f"The entry [datasets.{name}] in {file} must hold {wanted}, not {table!r}.")
        [(kind, path)] = table.items()
        bindings[name] = _bind(name, kind, path, file.parent)
    return bindings


def _bind(name: str, kind: str, path: str, base: Path) -> Binding:
    # Without a path it would be the folder `base`.
    return Binding(name, kind, base / Path(path).expanduser() if path.strip() else Path())


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
            raise MissingDataError(f"The binding '{self.binding}' points to nothing: there is no {path}.")
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
