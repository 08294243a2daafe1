"""What ablations give, and what a report of them is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from bench.registry import registers, registry

ablation_report = registers("ablation_report")
"""Class decorator that registers a report of ablations under a literal name."""

ABLATION_REPORTS = registry("ablation_report")


@dataclass(frozen=True)
class VariantRows:
    """The rows of an ablation, in the order of its variants.

    Each has the columns of `bench.running.rows.COLUMNS` and before them `variant` and `value`, the number that the
    variant stands for, or None. `variants` maps the names of all variants, failed ones too, to their values; `axis`
    names what is varied.
    """

    name: str
    summary: str
    axis: str
    variants: Mapping[str, float | None]
    rows: Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class TransferRows:
    """The cells of a transfer: a `parameter` tuned on one set and tested on another.

    Each row has `method`, `id`, `network`, `seed`, `weights`, `tuned_on` (the name of an OOD set, `noise`, `id-only`,
    or `reference`), `ood`, `value` (what was chosen), `auroc` as a fraction, `n_id` and `n_ood`. `reference` is the
    parameter's value in the reference rows; `provenance` is how the rows came about, as each cell of a run tells it.
    """

    name: str
    parameter: str
    reference: float
    rows: Sequence[Mapping[str, Any]]
    provenance: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Surface:
    """What a network trained on 2-D points says of a square grid `(G, G)`, the second coordinate first.

    `confidence` and `positive`, the probability of class 1, are in (0, 1). `measured` are means over the last epoch of
    training: `accuracy`, and what the objective measured and kept.
    """

    variant: str
    confidence: NDArray[np.float64]
    positive: NDArray[np.float64]
    measured: Mapping[str, float]


@dataclass(frozen=True)
class Surfaces:
    """One surface for each variant over the plane [-`extent`, `extent`]², and the training data of all.

    `points` `(N, 2)`; `labels` `(N,)` are 0 or 1 as trained on, `wrong` `(N,)` says which were made wrong.
    """

    axis: str
    extent: float
    points: NDArray[np.float64]
    labels: NDArray[np.int64]
    wrong: NDArray[np.bool_]
    surfaces: Sequence[Surface]


T = TypeVar("T", VariantRows, TransferRows, Surfaces)


class AblationReport(ABC, Generic[T]):
    """One kind of file made of what an ablation gave; `of` says of which kind of outcome."""

    name: ClassVar[str]
    of: ClassVar[type]

    @abstractmethod
    def write(self, outcome: T, folder: Path) -> list[Path]:
        """Write the report's files into `folder` and return their paths."""


def write_reports(outcome: VariantRows | TransferRows | Surfaces, folder: Path) -> list[Path]:
    """Write every report there is of such an outcome; returns the files' paths."""
    paths: list[Path] = []
    for name in ABLATION_REPORTS.names():
        kind = ABLATION_REPORTS.get(name)
        if isinstance(outcome, kind.of):
            paths += kind().write(outcome, folder)
    return paths
