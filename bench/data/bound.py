"""A data set of the user's own images."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from bench.citation import Citation
from bench.errors import BenchError, MissingDataError
from bench.wording import counted

from .binding_kind import BindingKind, known_kind
from .bindings import Binding
from .dataset import DATASETS, DataSet, FileStatus, Place

if TYPE_CHECKING:
    from .images import Images
    from .transform import InputTransform

_FACTS = ("title", "citation", "licence", "classes", "image_size", "default_network", "default_recipe")


@dataclass(frozen=True)
class _Told:
    """What reading a split whole has shown."""

    is_bad: bool
    words: str


class BoundSet(DataSet):
    """A data set bound to images of the user's; every table shows the binding.

    When the name is a registered one, its facts (title, citation, classes, input transform) stay. The images are the
    `test` split, unless the binding has a `train` one too. Where the names of classes are known, labels count in their
    order.
    """

    obtained = "local"

    def __init__(self, binding: Binding) -> None:
        self.binding = binding
        self.registered: DataSet | None = DATASETS.get(binding.name)() if binding.name in DATASETS else None
        facts = self.registered or _Unregistered
        # The facts of a bound set are its own, not its class's.
        vars(self).update(name=binding.name, counts={}, **{fact: getattr(facts, fact) for fact in _FACTS})
        if binding.classes:
            vars(self).update(classes=binding.classes)
        self._told: dict[str, _Told] = {}

    @property
    def origin(self) -> str:
        """What the name is bound to, and where that is said."""
        return self.binding.origin

    @cached_property
    def _kinds(self) -> dict[str, BindingKind]:
        """What opens each of the splits that there are."""
        binding = self.binding
        opener = known_kind(binding.kind)
        test = opener(binding.source, binding.options)
        kinds = dict.fromkeys(test.paths(), test)
        if binding.train is not None:
            kinds["train"] = opener(binding.train, binding.options)
        return kinds

    @property
    def splits(self) -> tuple[str, ...]:
        """The splits that the binding gives."""
        return tuple(self._kinds)

    def _paths(self, split: str) -> list[Path]:
        """The files and folders of a split; a source of training images has these as its own test images."""
        return self._kinds[split].paths()[self._split_within(split)]

    def _split_within(self, split: str) -> str:
        return "test" if split == "train" and self.binding.train is not None else split

    def load(self, split: str, place: Place) -> Images:
        """The images that the binding names; `place` is not used."""
        if split not in self._kinds:
            raise BenchError(
                f"The binding '{self.binding}' gives only test images, but the split '{split}' is asked for. "
                "Bind a folder with the subfolders train and test, or say train = … beside it in bench.toml."
            )
        from .class_order import with_classes_of

        for path in self._paths(split):
            if not path.exists():
                raise self._missing(path)
        images = self._open(split)
        if images.labels is not None and not images.classes:
            images.classes = self.classes
        return with_classes_of(images, self.classes, name=self.name, whose=f"'{self.name}'")

    def sources(self, split: str, root: Path) -> list[Path] | None:
        """What the kinds of the binding know of them; `root` is not used."""
        found: list[Path] = []
        for kind in dict.fromkeys(kind for one, kind in self._kinds.items() if one in ("test", split)):
            paths = kind.sources()
            if paths is None:
                return None
            found += paths
        return found

    def _open(self, split: str) -> Images:
        images = self._kinds[split].open(self._split_within(split))
        source = self.binding.train if split == "train" and self.binding.train else self.binding.source
        images.note = "; ".join(part for part in (f"bound to {self.binding.kind}:{source}", images.note) if part)
        return images

    def _missing(self, path: Path) -> MissingDataError:
        remedy = " ".join(dict.fromkeys(kind.remedy() for kind in self._kinds.values()))
        return MissingDataError(
            f"The binding '{self.binding}' points to nothing: there is no {path}. {remedy}".rstrip()
        )

    def fetch(self, root: Path, say: Callable[[str], None]) -> None:
        """Say that there is nothing to fetch. Raises `MissingDataError` where the binding points to nothing."""
        for file in self.status(root):
            if file.state == "missing":
                raise self._missing(file.path)
        say(f"{self.name} needs no download: it is {self.origin}.")

    def status(self, root: Path) -> list[FileStatus]:
        """Whether there is something where the binding points to; `root` is not used."""
        paths = dict.fromkeys(path for split in self._kinds for path in self._paths(split))
        return [FileStatus(path, "ok" if path.exists() else "missing", self.origin) for path in paths]

    def verify(self, root: Path) -> list[FileStatus]:
        """What can be said without a checksum: how many images there are, and which of them are broken."""
        return [file if file.state == "missing" else self._looked_into(file) for file in self.status(root)]

    def _looked_into(self, file: FileStatus) -> FileStatus:
        """What is known of a file when all images of the split that it belongs to have been read."""
        split = next(split for split in self._kinds if file.path in self._paths(split))
        told = self._told_of(split)
        state: Literal["unchecked", "corrupt"] = "corrupt" if told.is_bad else "unchecked"
        return replace(file, state=state, detail=told.words if told.is_bad else f"{told.words}; {file.detail}")

    def _told_of(self, split: str) -> _Told:
        if split not in self._told:
            self._told[split] = self._read_whole(split)
        return self._told[split]

    def _read_whole(self, split: str) -> _Told:
        from .broken import broken_words

        try:
            images = self._open(split)
            broken = images.broken(thorough=True)
        except BenchError as error:
            return _Told(True, str(error))
        if broken:
            return _Told(True, broken_words(images, broken))
        return _Told(False, f"read ({counted(len(images), 'image')})")

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
