"""Images by what a user types for them: image files, folders, NumPy archives, data sets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path

from bench.errors import UnknownNameError

from .bindings import Binding
from .broken import usable
from .dataset import DATASETS, Place
from .files import FileImages, open_folder
from .images import Images
from .npz import open_npz
from .resolve import resolve_dataset


@dataclass(frozen=True)
class Source:
    """Images, and what their sample ids need before them to name them to the user."""

    images: Images
    prefix: str

    def name(self, index: int) -> str:
        """The name of one image: a path for a file, `SET:ID` for an image of an archive or a data set."""
        return self.prefix + self.images.sample_id(index)


def open_sources(
    texts: Sequence[str], place: Place, bindings: Mapping[str, Binding], *, skip_broken: bool = False
) -> Iterator[Source]:
    """The images that each of `texts` means, in their order; files that follow each other are one source.

    Broken images are left out if `skip_broken`, and are an error otherwise.

    A text is the path of an image file, of a folder of images or of a `.npz` file, or, where there is no such path, the
    name of a data set, whose test images are meant. Raises `BenchError` for anything else.
    """
    for are_files, group in groupby(texts, lambda text: Path(text).is_file() and Path(text).suffix != ".npz"):
        if are_files:
            images = usable(FileImages(Path(), list(group)), "the files", skip_broken=skip_broken)
            yield Source(images, "")
        else:
            yield from (_usable(_open(text, place, bindings), text, skip_broken) for text in group)


def _usable(source: Source, name: str, skip_broken: bool) -> Source:
    return replace(source, images=usable(source.images, name, skip_broken=skip_broken))


def _open(text: str, place: Place, bindings: Mapping[str, Binding]) -> Source:
    path = Path(text)
    if path.is_dir():
        return Source(open_folder(path), f"{path}/")
    if path.is_file():
        return Source(open_npz(path), f"{text}:")
    if "=" not in text and text not in bindings and text not in DATASETS and not text.startswith("corrupt:"):
        raise UnknownNameError("image file, folder or data set", text, [*DATASETS.names(), *bindings])
    data_set = resolve_dataset(text, bindings, {})
    return Source(data_set.load("test", place), f"{data_set.name}:")
