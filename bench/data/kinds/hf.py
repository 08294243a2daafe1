"""`hf:DATASET[:SPLIT[:COLUMN]]`: a Hugging Face data set that is on this machine."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from bench.data.binding_kind import BindingKind, binding_kind
from bench.data.class_order import numbered
from bench.data.hub import EXTRA, PURPOSE, HubImages, download_command, read_table, repository_folder, snapshot
from bench.errors import BenchError, UnknownNameError
from bench.optional import optional_module
from bench.user_path import user_path

_TEST_SPLITS = ("test", "validation", "valid", "val", "dev")


@binding_kind("hf")
class HuggingFace(BindingKind):
    """A folder in the layout of a Hugging Face data set, or the name of one that the hub's client has downloaded.

    Without a split, the test images are those of `test`, else of `validation`, else of the only split. The column is
    the one of images. Labels are in the column `label`, else in the only one of classes; a table in bench.toml may say
    which with the key `label`, and which configuration with `config`. No code of a data set is run.
    """

    form = "DATASET[:SPLIT[:COLUMN]]"
    keys = ("label", "config")

    @classmethod
    def located(cls, text: str, base: Path) -> str:
        """A folder counting from `base` where there is one; else the name as it is."""
        name, colon, rest = text.partition(":")
        folder = user_path(name, base)
        return f"{folder}{colon}{rest}" if folder.is_dir() or name.startswith((".", "/", "~")) else text

    def _parts(self) -> tuple[str, str, str]:
        name, split, column, *further = [*self.source.split(":"), "", ""]
        if any(further):
            raise BenchError(f"Cannot read 'hf:{self.source}'. Write hf:{self.form}.")
        return name, split, column

    def paths(self) -> dict[str, list[Path]]:
        """The folder of the data set, for both splits: which there are is known when it is read."""
        name, split, _ = self._parts()
        folder = Path(name) if _is_path(name) else repository_folder(name)
        return {"test": [folder], **({} if split == "train" else {"train": [folder]})}

    def remedy(self) -> str:
        """The command of the hub's own client."""
        name, _, _ = self._parts()
        return "" if _is_path(name) else download_command(name)

    def open(self, split: str) -> HubImages:
        """The images of a split."""
        name, given, column = self._parts()
        folder = Path(name) if _is_path(name) else snapshot(name)
        home = folder if _is_path(name) else repository_folder(name)
        tables = read_table(folder, self.options.get("config"))
        chosen = _chosen(tables, given, split, f"'{self.source}'")
        return _images(tables[chosen], column, self.options.get("label"), chosen, home)


def _is_path(name: str) -> bool:
    return Path(name).is_absolute() or Path(name).is_dir()


def _chosen(tables: dict[str, Any], given: str, split: str, whose: str) -> str:
    """The table that the images of a split are in."""
    if given and given not in tables:
        raise UnknownNameError(f"split of {whose}", given, tables)
    found = given or next((one for one in _TEST_SPLITS if one in tables), "")
    if not found and len(tables) == 1:
        [found] = tables
    if not found:
        raise BenchError(f"{whose} has the splits {', '.join(tables)}. Say which with hf:DATASET:SPLIT.")
    if split == "test":
        return found
    if found == "train" or "train" not in tables:
        raise BenchError(f"{whose} gives only test images, of the split '{found}', but training images are asked for.")
    return "train"


def _images(rows: Any, column: str, label: str | None, split: str, home: Path) -> HubImages:
    library = optional_module("datasets", extra=EXTRA, purpose=PURPOSE)
    images = [name for name, kind in rows.features.items() if isinstance(kind, library.Image)]
    if column and column not in images:
        raise UnknownNameError(f"column of images in {home}", column, images)
    if len(images) != 1 and not column:
        which = f"the columns of images {', '.join(images)}" if images else "no column of images"
        raise BenchError(f"{home} has {which}. Say which one to read with hf:DATASET:{split}:COLUMN.")
    chosen = column or images[0]
    found = HubImages(rows.cast_column(chosen, library.Image(decode=False)), chosen, split, home)
    _add_labels(found, rows, label, library)
    return found


def _add_labels(images: HubImages, rows: Any, label: str | None, library: Any) -> None:
    if label is not None and label not in rows.features:
        raise UnknownNameError(f"column in {images.home}", label, rows.features)
    classed = [name for name, kind in rows.features.items() if isinstance(kind, library.ClassLabel)]
    column = label or ("label" if "label" in rows.features else classed[0] if len(classed) == 1 else None)
    if column is None:
        return
    values, kind = list(rows[column]), rows.features[column]
    if set(values) == {-1}:  # how the hub marks a split whose labels are kept secret
        return
    _require_labels(values, f"the column '{column}' of {images.home}")
    if isinstance(kind, library.ClassLabel):
        images.labels, images.classes = np.array(values, np.int64), tuple(kind.names)
    else:
        images.labels, images.classes = numbered([str(value) for value in values])


def _require_labels(values: Iterable[Any], where: str) -> None:
    """Raise `BenchError` unless all are texts or whole numbers >= 0."""
    for place, value in enumerate(values):
        fits = isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool) and value >= 0)
        if not fits:
            raise BenchError(f"{where} holds {value!r} in row {place}, but labels are numbers from 0 on or names.")
