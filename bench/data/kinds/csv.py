"""`csv:FILE[@ROOT]`: a table with a column of paths and, if there are labels, one of labels."""

from __future__ import annotations

import csv
from io import StringIO
from pathlib import Path

from bench.data.binding_kind import binding_kind
from bench.data.class_order import numbered
from bench.data.files import FileImages
from bench.data.listed import checked_path, listed_images, read_lines
from bench.data.listed_kind import ListedKind
from bench.errors import BenchError, did_you_mean


@binding_kind("csv")
class Csv(ListedKind):
    """A CSV file with a column `path` and, if there are labels, one `label` of numbers from 0 on or names of classes.

    Paths count from the root that is given, or else from the folder of the file or one above it that has the first of
    the images. A table in bench.toml may name other columns with the keys `path` and `label`.
    """

    keys = ("root", "path", "label")

    def open(self, split: str) -> FileImages:
        """The images that the rows name."""
        del split
        columns = self._columns(self.file)
        paths = [
            checked_path(text, f"Row {number} of {self.file}") for number, text in enumerate(columns["path"], start=1)
        ]
        images = listed_images(self.file, self.root, paths, None)
        if set(columns.get("label", ["-1"])) != {"-1"}:  # as in OpenOOD's lists, that is how OOD images are marked
            images.labels, images.classes = numbered(_complete(columns["label"], self.file))
        return images

    def _columns(self, file: Path) -> dict[str, list[str]]:
        """The columns of paths and, where there is one, of labels."""
        try:
            rows = csv.DictReader(StringIO(read_lines(file), newline=""), strict=True)
            content, names = list(rows), [name.strip() for name in rows.fieldnames or []]
        except csv.Error as error:
            raise BenchError(f"{file} is no table of comma-separated values: {error}.") from error
        found = {}
        for column in ("path", "label"):
            wanted = self.options.get(column, column)
            if wanted in names:
                original = (rows.fieldnames or [])[names.index(wanted)]
                found[column] = [(row[original] or "").strip() for row in content]
            elif column == "path" or column in self.options:
                raise BenchError(
                    f"{file} has no column '{wanted}'.{did_you_mean(wanted, names)} Its first line must name the "
                    f"columns, and names: {', '.join(names) or 'none'}."
                )
        return found


def _complete(labels: list[str], file: Path) -> list[str]:
    missing = [number for number, label in enumerate(labels, start=1) if not label]
    if missing:
        raise BenchError(f"{len(missing):,} rows of {file} have no label, the first is row {missing[0]}.")
    negative = [label for label in labels if label.startswith("-") and label[1:].isdecimal()]
    if negative:
        raise BenchError(f"{file} has the label {negative[0]}, but classes count from 0. All -1 means OOD.")
    return labels
