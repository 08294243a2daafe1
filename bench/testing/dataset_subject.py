"""A data set under check."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.data.bound import BoundSet
from bench.data.dataset import DataSet, Place
from bench.data.images import Images
from bench.errors import MissingDataError

from .check import CheckFailure, CheckSkipped

MOST = 64
"""How many images of a split are looked at, spread over it."""


class DatasetSubject:
    """A data set, how it is spelt in what is printed, and where its files are looked for."""

    def __init__(self, data_set: DataSet, spelling: str, root: Path) -> None:
        self.data_set, self.spelling = data_set, spelling
        self.place = Place(root, 20, 24, 3, (0.5,) * 3, (0.25,) * 3)

    @property
    def look(self) -> str:
        """Python lines that make the data set again."""
        return (
            f"from bench.testing import dataset_trial\none = dataset_trial({self.spelling!r}, {str(self.place.root)!r})"
        )

    def failure(self, expected: str, found: str, *lines: str) -> CheckFailure:
        """The failure of a check, with further lines that show it."""
        return CheckFailure(expected, found, "\n".join([self.look, *lines]))

    def image_failure(self, split: str, expected: str, found: str, *lines: str) -> CheckFailure:
        """The failure of a check of the images of a split."""
        return self.failure(expected, f"{found} (split '{split}')", f"images = one.load({split!r})", *lines)

    def load(self, split: str) -> Images:
        """The images of a split, loaded anew. Raises `MissingDataError` where they are not on this machine."""
        return self.data_set.load(split, self.place)

    def require_facts(self) -> None:
        """Raise `CheckSkipped` for images that a user has bound to a name: they say nothing of themselves."""
        if isinstance(self.data_set, BoundSet):
            raise CheckSkipped("images that are bound to a name say nothing of themselves")

    @cached_property
    def needs_no_files(self) -> bool:
        """Whether the images are shipped or computed: it says so, or it loads from an empty folder."""
        if self.data_set.obtained in {"embedded", "generated"}:
            return True
        if self.data_set.obtained != "local":
            return False
        with tempfile.TemporaryDirectory() as folder:
            try:
                self.data_set.load("test", replace(self.place, root=Path(folder)))
            except Exception:
                return False
            return True

    @cached_property
    def splits(self) -> dict[str, Images]:
        """The images by split. Raises `CheckSkipped` where there are none on this machine."""
        found: dict[str, Images] = {}
        missing = "it has no splits"
        for split in self.data_set.counts or {"test": 0}:
            try:
                found[split] = self.load(split)
            except MissingDataError as error:
                missing = f"its images are not on this machine: {str(error).splitlines()[0].partition('. ')[0]}"
            except Exception as error:
                raise CheckSkipped(f"nothing to look at before the check loads is mended ({error})") from error
        if not found:
            raise CheckSkipped(missing)
        return found

    @cached_property
    def sampled(self) -> dict[str, tuple[NDArray[np.intp], list[NDArray[Any]]]]:
        """Some places in each split, spread over it, and the images there."""
        return {
            split: (places := spread(len(images)), list(images.read(places))) for split, images in self.splits.items()
        }


def spread(count: int) -> NDArray[np.intp]:
    """At most `MOST` places among `count`, evenly spread, first and last among them."""
    return np.unique(np.linspace(0, count - 1, min(MOST, count)).astype(np.intp))
