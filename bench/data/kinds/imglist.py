"""`imglist:FILE[@ROOT]`: a list of paths and labels, as OpenOOD's archives have them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from bench.data.binding_kind import binding_kind
from bench.data.class_order import label_number
from bench.data.files import FileImages
from bench.data.images import Labels
from bench.data.listed import checked_path, listed_images, read_lines
from bench.data.listed_kind import ListedKind
from bench.errors import BenchError

_SUBFOLDERS = ("images_classic", "images_largescale", "images_medical")
"""Where OpenOOD's archives keep the images, beside the `benchmark_imglist` that their lists are in."""

_OOD = -1


@binding_kind("imglist")
class ImgList(ListedKind):
    """A text file with a line `PATH LABEL` for each image; the label -1 says that an image is out-of-distribution.

    Paths count from the root that is given, or else from the folder of the list or one above it that has the first of
    the images, or OpenOOD's `images_classic` or `images_largescale` there.
    """

    def open(self, split: str) -> FileImages:
        """The listed images; labels are None where all are -1."""
        del split
        paths, labels = _parsed(read_lines(self.file), self.file)
        return listed_images(self.file, self.root, paths, labels, subfolders=_SUBFOLDERS)


def _parsed(text: str, file: Path) -> tuple[list[str], Labels | None]:
    paths: list[str] = []
    labels: list[int] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        where, words = f"Line {number} of {file}", line.strip().rsplit(maxsplit=1)
        label = None if len(words) != 2 else _OOD if words[1] == str(_OOD) else label_number(words[1])
        if label is None:
            raise BenchError(f"{where} is '{line.strip()}', but must be PATH LABEL: a class from 0 on, or -1 for OOD.")
        paths.append(checked_path(words[0], where))
        labels.append(label)
    found = np.array(labels, np.int64)
    out = int((found == _OOD).sum())
    if 0 < out < len(found):
        raise BenchError(
            f"{out:,} of the {len(found):,} images that {file} lists have the label -1, which means OOD, and the "
            "others have classes. Put the OOD images into a list of their own."
        )
    return paths, None if out else found
