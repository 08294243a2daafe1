"""The rows of an ablation by OOD set, method and variant."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from bench.ablation.outcome import VariantRows
from bench.errors import BenchError

from .summary import Summary, summarise

Rows = Sequence[Mapping[str, Any]]


class VariantLines:
    """What figures and tables ask of an ablation's rows. Raises `BenchError` where no variant has any."""

    def __init__(self, outcome: VariantRows) -> None:
        if not outcome.rows:
            raise BenchError("There are no finished cells to report.")
        self.outcome = outcome
        self.variants = list(outcome.variants)
        self.values = list(outcome.variants.values())
        self.methods = list(dict.fromkeys(str(row["method"]) for row in outcome.rows))
        self.oods = list(dict.fromkeys(str(row["ood"]) for row in outcome.rows))

    @property
    def numeric(self) -> bool:
        """Whether every variant stands for a number, and there are several."""
        return len(self.values) > 1 and None not in self.values

    @property
    def about(self) -> list[str]:
        """The ID set, the networks, the protocols and the number of seeds, in words."""
        rows = self.outcome.rows
        words = [" and ".join(dict.fromkeys(str(row[name]) for row in rows)) for name in ("id", "network", "protocol")]
        seeds = {row["seed"] for row in rows if row["seed"] is not None}
        counted = f"mean over {len(seeds)} seeds" if len(seeds) > 1 else "".join(f"seed {seed}" for seed in seeds)
        return [words[0], words[1], f"protocol {words[2]}", *([counted] if counted else [])]

    def rows(self, variant: str, method: str, ood: str | None = None) -> Rows:
        """The rows of one method in one variant, on one OOD set or on all."""
        return [
            row
            for row in self.outcome.rows
            if row["variant"] == variant and row["method"] == method and ood in (None, row["ood"])
        ]

    def summary(self, metric: str, variant: str, method: str, ood: str) -> Summary | None:
        """The mean over seeds, or None where nothing was measured or it is undefined."""
        return summarise([row[metric] for row in self.rows(variant, method, ood)])

    def mean(self, metric: str, variant: str, method: str) -> Summary | None:
        """The mean over all OOD sets of each seed, averaged over seeds; None where a set is missing."""
        rows = self.rows(variant, method)
        seeds = dict.fromkeys(row["seed"] for row in rows)
        by_seed = [[row[metric] for row in rows if row["seed"] == seed] for seed in seeds]
        whole = all(len(values) == len(self.oods) and None not in values for values in by_seed)
        return summarise([statistics.fmean(values) for values in by_seed]) if whole else None

    def accuracy(self, variant: str, method: str) -> Summary | None:
        """The ID accuracy, over seeds."""
        by_seed = {row["seed"]: row["id_accuracy"] for row in self.rows(variant, method)}
        return summarise(list(by_seed.values()))
