"""Audits of one ID set against several OOD sets, and what is written of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.atomic import write_json, write_text
from bench.data.bound import BoundSet
from bench.data.dataset import DataSet, Place
from bench.data.images import Images
from bench.progress import Progress

from .duplicates import Duplicates, Library
from .look import Look, look
from .markdown import as_markdown
from .pair import PairAudit, audit_pair
from .sheet import sheet_name, write_duplicates_sheet
from .shown import sample, transform_for

if TYPE_CHECKING:
    from bench.data.transform import InputTransform

SCHEMA = 1
TRAIN_LIMIT = 50_000
"""How many training images are compared with; hashing more takes long and each needs a kilobyte."""


@dataclass(frozen=True)
class Options:
    """At most `limit` test images of a set are looked at, drawn with `seed`; with `train` also training images."""

    limit: int = 10_000
    seed: int = 0
    train: bool = True


@dataclass(frozen=True)
class Audit:
    """What was found of an ID set and of its pairs."""

    id: str
    transform: InputTransform
    options: Options
    libraries: tuple[Library, ...]
    of_test: Duplicates | None
    pairs: Sequence[PairAudit]

    def to_dict(self, provenance: Mapping[str, Any]) -> dict[str, Any]:
        """As plain data; docs/audit.md tells what each key means."""
        test = self.libraries[0].seen
        return {
            "schema": SCHEMA,
            "kind": "audit",
            "id": self.id,
            "shown_as": [self.transform.height, self.transform.width, self.transform.channels],
            "options": asdict(self.options),
            "id_facts": {one.name: one.seen.facts.to_dict() for one in self.libraries},
            "id_periodicity": None if test.periodicity is None else asdict(test.periodicity),
            "id_test_in_train": None if self.of_test is None else self.of_test.to_dict(self.libraries[1].seen, test),
            "pairs": [one.to_dict() for one in self.pairs],
            "provenance": dict(provenance),
        }

    def write(self, folder: Path, provenance: Mapping[str, Any]) -> list[Path]:
        """Write `audit.json`, `audit.md` and a sheet for each pair of sets with duplicates; returns the paths."""
        data = self.to_dict(provenance)
        write_json(folder / "audit.json", data)
        write_text(folder / "audit.md", as_markdown(data))
        return [folder / "audit.json", folder / "audit.md", *self._write_sheets(folder)]

    def _write_sheets(self, folder: Path) -> list[Path]:
        found = [] if self.of_test is None else [(self.of_test, self.libraries[1].seen, self.libraries[0].seen)]
        for pair in self.pairs:
            found += [(one, of.seen, pair.seen) for one, of in zip(pair.duplicates, pair.libraries, strict=True)]
        paths = []
        for duplicates, known, among in found:
            if duplicates.count:
                paths.append(folder / sheet_name(duplicates.among, duplicates.known))
                write_duplicates_sheet(paths[-1], duplicates, known, among)
        return paths


def audit(id_set: DataSet, ood_sets: Sequence[DataSet], place_root: Path, options: Options) -> Audit:
    """Look at every set once, and compare.

    Sets without training images are audited without these. Raises `BenchError` where a set cannot be loaded.
    """
    root = Place(place_root)
    test = sample(id_set.load("test", root), options.limit, options.seed, id_set.name)
    transform = transform_for(id_set, test)
    place = Place(place_root, transform.height, transform.width, transform.channels)
    oods = [(one.name, sample(one.load("test", place), options.limit, options.seed, one.name)) for one in ood_sets]
    libraries = [Library.of(f"{id_set.name} test", _seen(f"{id_set.name} test", test, transform))]
    if options.train and "train" in _splits(id_set):
        train = sample(id_set.load("train", place), TRAIN_LIMIT, options.seed, f"{id_set.name} train")
        name = f"{id_set.name} train"
        libraries.append(Library.of(name, _seen(name, train, transform, full=False)))
    of_test = libraries[1].duplicates(libraries[0].name, libraries[0].seen) if len(libraries) > 1 else None
    pairs = [audit_pair(libraries, name, _seen(name, images, transform), seed=options.seed) for name, images in oods]
    return Audit(id_set.name, transform, options, tuple(libraries), of_test, pairs)


def _splits(data_set: DataSet) -> Collection[str]:
    return data_set.splits if isinstance(data_set, BoundSet) else data_set.counts


def _seen(name: str, images: Images, transform: InputTransform, *, full: bool = True) -> Look:
    progress = Progress(f"looking at {name}", len(images))
    found = look(images, transform, progress, full=full)
    progress.finish(f"{len(images):,} images")
    return found
