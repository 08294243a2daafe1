"""What a misclassification run is asked to do, and its preparation: that of a run without OOD sets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

from bench.errors import BenchError
from bench.running.network_need import NetworkNeed
from bench.running.preparation import Preparation
from bench.running.specification import RunSpecification
from bench.store import PREDICTIONS

FOLDER = PREDICTIONS
"""Where in a results folder all of this is kept, apart from the cells of OOD detection."""


@dataclass(frozen=True)
class PredictionSpecification(RunSpecification):
    """A run of methods on the ID test set alone, with published parameters or those of its settings."""

    needed: ClassVar[Mapping[str, str]] = {"method": "methods", "id": "datasets"}
    ood: tuple[str, ...] = ()

    @property
    def folder(self) -> Path:
        """The folder of the results."""
        return self.out / FOLDER


class PredictionPreparation(Preparation):
    """A misclassification run with its names resolved. Building it raises `BenchError` for what a user can mend."""

    specification: PredictionSpecification

    def _find_needs(self) -> Iterator[NetworkNeed]:
        """The networks; methods that look at pixels alone predict no class, so nothing of theirs is right or wrong."""
        for method in self.methods:
            if method.objective is None:
                self._skip(method, f"{method.name} looks at pixels alone: without a network nothing is predicted.")
        for need in super()._find_needs():
            yield need if need.has_network else replace(need, methods=())

    def load_images(self) -> None:
        """Load the ID images. Raises `BenchError` if they have no labels."""
        if self.id_images.labels is None:
            raise BenchError(
                f"The images of '{self.id_set.name}' have no labels, so no prediction is known to be right or wrong. "
                "Name a labelled set, or bind a .npz file that has labels."
            )

    def plan_lines(self) -> Sequence[str]:
        """The plan of the run, for `--dry-run`."""
        cells = sum(len(need.methods) for need in self.needs)
        return [
            f"ID: {self.id_set.name} ({len(self.id_images):,} test images)",
            *(f"Network: {need.describe()}" for need in self.needs),
            *(f"Left out: {reason}" for reason in self.skipped),
            *(f"Warning: {caveat}." for caveat in self.caveats),
            f"Cells: {cells}, results in {self.specification.folder}, on {self.device}",
        ]
