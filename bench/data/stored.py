"""Data sets kept as files below the data root: what must be there, whether it is whole, and how to get it."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from bench.errors import BenchError, MissingDataError

from .checksum import checked
from .dataset import DataSet, FileStatus, Place
from .download import Archive, Say, download, readable_bytes
from .unpack import unpack

if TYPE_CHECKING:
    from .images import Images


class StoredSet(DataSet):
    """A data set read from `files`, which `archives` bring.

    Class data: `files` lists, per split, the paths below the data root that loading needs (a folder counts as one
    path); `archives` is what `fetch` downloads and unpacks, `by_hand` says how to get the files
    without it, with `{root}` for the data root.
    `checksums` gives the checksum of a path below the data root, as `bench.data.checksum` reads it.
    """

    files: ClassVar[Mapping[str, tuple[str, ...]]]
    archives: ClassVar[tuple[Archive, ...]] = ()
    by_hand: ClassVar[str]

    @abstractmethod
    def read(self, split: str, root: Path) -> Images:
        """The images of `split`, whose files are all there."""

    def load(self, split: str, place: Place) -> Images:
        """The images of `split`.

        Raises `MissingDataError` when files are missing, `BenchError` when they are damaged, both saying what to type.
        """
        self.require_split(split)
        for path in self.files[split]:
            if not (place.root / path).exists():
                raise self.missing(place.root, path)
        try:
            return self.read(split, place.root)
        except (RuntimeError, ValueError, AssertionError, OSError) as error:
            again = f"Type: bench data fetch {self.name} --data {place.root}" if self.archives else self.by_hand
            raise BenchError(
                f"The files of {self.name} below {place.root} cannot be read ({error}). {again}"
            ) from error

    def sources(self, split: str, root: Path) -> list[Path] | None:
        """The files and folders of `split`."""
        return [root / path for path in self.files.get(split, ())]

    def missing(self, root: Path, path: str) -> MissingDataError:
        """The error for an absent file or folder `path` below `root`."""
        return MissingDataError(
            f"{self.name} is not on this machine: there is no {root / path}.{self._remedy(root)} Another folder is "
            f"given with --data DIR or BENCH_DATA, your own images with {self.name}=folder:PATH or "
            f"{self.name}=npz:PATH."
        )

    def _remedy(self, root: Path) -> str:
        by_hand = self.by_hand.format(root=root)
        if not self.archives:
            return f" {by_hand}"
        size = readable_bytes(self.download_bytes)
        return f" Type: bench data fetch {self.name} --data {root} (downloads {size}). By hand: {by_hand}"

    def fetch(self, root: Path, say: Say) -> None:
        """Download and unpack what is missing or damaged; `say` is told the size first.

        Raises `BenchError` when there is nothing that could be downloaded, or it is not whole afterwards.
        """
        if all(file.passes for file in self.verify(root)):
            say(f"{self.name} is complete below {root}.")
            return
        if not self.archives:
            raise BenchError(f"{self.name} cannot be downloaded.{self._remedy(root)}")
        for archive in self.archives:
            path = download(archive, root, say)
            if archive.into is not None:
                say(f"Unpacking {path}.")
                unpack(path, root / archive.into)
        self.arrange(root)
        for file in self.verify(root):
            if not file.passes:
                raise BenchError(f"{file.path} is {file.state} after the download of {self.name}. {file.detail}")
        say(f"{self.name} is complete below {root}.")

    def arrange(self, root: Path) -> None:
        """Put what was unpacked in its place; nothing to do unless an archive holds more than the files."""

    def status(self, root: Path) -> list[FileStatus]:
        """Which of the files and folders are there."""
        paths = dict.fromkeys(path for needed in self.files.values() for path in needed)
        return [FileStatus(root / path, "ok" if (root / path).exists() else "missing") for path in paths]

    def verify(self, root: Path) -> list[FileStatus]:
        """The state of each file, read whole where its checksum is known."""
        return [checked(file, self.checksums.get(file.path.relative_to(root).as_posix())) for file in self.status(root)]
