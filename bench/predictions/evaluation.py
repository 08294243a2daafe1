"""Evaluation of one network's predictions: all methods from one pass over the ID test set."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.data.images import Images
from bench.extraction.view import CLEAN
from bench.method_contract import Method, Scores
from bench.provenance import provenance
from bench.report import CellScores
from bench.running.extraction import Extractor, wanted_by
from bench.running.failures import FailureLog
from bench.running.fitter import Fitter
from bench.running.scoring import score_all
from bench.store import Store

from .cell import PredictionCell
from .metrics import prediction_metrics


@dataclass(frozen=True)
class PredictionEvaluation:
    """One network's cells: evaluated unless the store has them, each kept as soon as it is done.

    `caveats` are warnings that stand in each of its rows.
    """

    extract: Extractor
    id: str
    images: Images
    train_images: Callable[[], Images]
    store: Store
    log: FailureLog
    caveats: tuple[str, ...] = ()

    def rows(self, methods: Sequence[Method]) -> Iterator[dict[str, Any]]:
        """One row for each method, in their order; failed cells are left out."""
        cells = [self.cell(method) for method in methods]
        missing = [cell for cell in cells if self.store.finished(cell.key) is None]
        if missing:
            with self.log.guard(missing):
                self._evaluate(missing)
        for cell in cells:
            record = self.store.finished(cell.key)
            if record is not None:
                yield record["row"]

    def cell(self, method: Method) -> PredictionCell:
        """The cell of a method."""
        return PredictionCell(
            network=self.extract.network,
            method=method,
            id=self.id,
            images=self.images,
            train_identity=self.train_images().identity if "training" in method.needs else None,
            precision=self.extract.options.identity,
        )

    def _evaluate(self, cells: Sequence[PredictionCell]) -> None:
        started = time.perf_counter()
        fitted = self._fitted(cells)
        if not fitted:
            return
        cell_of = {id(method): cell for method, cell in fitted}
        methods = [method for method, _ in fitted]
        found = self.extract(self.images, wanted_by(methods), self.id)

        def guard(method: Method) -> AbstractContextManager[None]:
            return self.log.guard([cell_of[id(method)]])

        for method, scored in score_all(methods, found, self.id, guard):
            with guard(method):
                self._keep(cell_of[id(method)], method, scored.scores, found[CLEAN].correct, started)

    def _fitted(self, cells: Sequence[PredictionCell]) -> list[tuple[Method, PredictionCell]]:
        """The cells with their methods fitted; cells whose fit failed are left out."""
        fitter = Fitter(self.extract, self.train_images, self.id)
        fitter.announce(cell.method for cell in cells)
        fitted = []
        for cell in cells:
            with self.log.guard([cell]):
                fitted.append((fitter.fit(cell.method).method, cell))
        return fitted

    def _keep(
        self, cell: PredictionCell, method: Method, scores: Scores, correct: NDArray[np.bool_], started: float
    ) -> None:
        metrics = prediction_metrics(scores, method.probability(scores), correct, context=f"{method.name} on {cell.id}")
        seconds = time.perf_counter() - started
        record = {
            "cell": cell.describe(),
            "row": cell.row({**metrics, "warnings": [*self.caveats, *metrics["warnings"]]}),
            "provenance": {**provenance(self.extract.device, seconds), "pass": self.extract.options.describe()},
        }
        self.store.put(cell.key, record, CellScores(scores, np.empty(0), correct))
