"""Evaluation of one network: all methods on all pairs, from one pass over each data set."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from bench.data.images import Images
from bench.errors import BenchError
from bench.extraction.cache import extract_cached
from bench.extraction.outputs import Outputs
from bench.extraction.view import CLEAN, View
from bench.method import Method, Scores
from bench.metrics import evaluate
from bench.provenance import provenance
from bench.report import CellScores
from bench.store import Store

from .cells import Cell, TestedNetwork
from .failures import FailureLog
from .protocol import Split, split_pair
from .tuning import candidates, tune

Found = Mapping[View, Outputs]


@dataclass
class Evaluation:
    """One network's cells: evaluated unless the store has them, each kept as soon as it is done."""

    network: TestedNetwork
    id: str
    id_images: Images
    protocol: str
    tune_on: str | None
    tune_images: Images | None
    store: Store
    log: FailureLog
    device: torch.device

    def rows(self, methods: Sequence[Method], ood_sets: Mapping[str, Images]) -> Iterator[dict[str, Any]]:
        """One row for each OOD set and method, in that order; failed cells are left out."""
        for ood, ood_images in ood_sets.items():
            cells = [self._cell(method, ood, ood_images) for method in methods]
            missing = [cell for cell in cells if self.store.get(cell.key) is None]
            if missing:
                self._evaluate_missing(missing)
            for cell in cells:
                record = self.store.get(cell.key)
                if record is not None:
                    yield record["row"]

    def _cell(self, method: Method, ood: str, ood_images: Images) -> Cell:
        tune_identity = None if self.tune_images is None else self.tune_images.identity
        return Cell(
            self.network, method, self.id, ood, self.id_images, ood_images, self.protocol, self.tune_on, tune_identity
        )

    def _evaluate_missing(self, cells: Sequence[Cell]) -> None:
        """Evaluate cells of one pair together; where a bug breaks what they share, each alone, so that one fails."""
        with self.log.guard(cells):
            try:
                self._evaluate_pair(cells)
            except BenchError:
                raise
            except Exception:
                if len(cells) == 1:
                    raise
                for cell in cells:
                    if self.store.get(cell.key) is None and not self.log.holds(cell):
                        self._evaluate_missing([cell])

    def _evaluate_pair(self, cells: Sequence[Cell]) -> None:
        ood = cells[0].ood
        split = split_pair(self.protocol, self.id_images, cells[0].ood_images, ood=ood, tune_images=self.tune_images)
        tuned = self._tune(cells, split)
        views = [method.view() for method in tuned.values()]
        of_id = self._extract(split.test_id, [CLEAN, *views], self.id)
        of_ood = self._extract(split.test_ood, views, ood)
        for cell, method in tuned.items():
            with self.log.guard([cell]):
                self._finish(cell, method, split, of_id, of_ood)

    def _tune(self, cells: Iterable[Cell], split: Split) -> dict[Cell, Method]:
        """The methods with the parameters that the protocol chooses; cells whose tuning failed are left out."""
        if split.tune_id is None:
            return {cell: cell.method for cell in cells}
        views = [candidate.view() for cell in cells if cell.method.search for candidate in candidates(cell.method)]
        of_id = self._extract(split.tune_id, views, f"{self.id} (tuning)")
        of_ood = None if split.tune_ood is None else self._extract(split.tune_ood, views, "outliers (tuning)")
        tuned = {}
        for cell in cells:
            with self.log.guard([cell]):
                tuned[cell] = tune(cell.method, of_id, of_ood) if cell.method.search else cell.method
        return tuned

    def _extract(self, images: Images, views: Iterable[View], label: str) -> Found:
        return extract_cached(
            self.network.model,
            self.network.weights_hash,
            images,
            self.network.transform,
            list(views),
            device=self.device,
            label=f"Extracting {label} with {self.network.name}",
        )

    def _finish(self, cell: Cell, method: Method, split: Split, of_id: Found, of_ood: Found) -> None:
        started = time.perf_counter()
        clean = of_id[CLEAN]
        scores = CellScores(
            _score(method, of_id[method.view()], cell.id),
            _score(method, of_ood[method.view()], cell.ood),
            None if clean.labels is None else clean.correct,
        )
        metrics = evaluate(scores.id_scores, scores.ood_scores, context=f"{method.name} on {cell.id} / {cell.ood}")
        id_accuracy = None if scores.id_correct is None else float(scores.id_correct.mean())
        record = {
            "cell": cell.describe(),
            "row": cell.row(method, split, metrics, id_accuracy),
            "provenance": provenance(self.device, time.perf_counter() - started),
        }
        self.store.put(cell.key, record, scores)


def _score(method: Method, outputs: Outputs, name: str) -> Scores:
    scores = method.score(outputs)
    if len(scores) != len(outputs):
        raise BenchError(f"{method.name} gives {len(scores)} scores for {len(outputs)} images of {name}.")
    return scores
