"""Evaluation of one network: all methods on all pairs, from one pass over each data set."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.data.images import Images
from bench.errors import BenchError
from bench.extraction.view import CLEAN
from bench.fitting.data import Facts
from bench.method_contract import Method
from bench.metrics import evaluate
from bench.provenance import provenance
from bench.report import CellScores
from bench.store import Store

from .cells import Cell
from .cost import Cost, state_bytes
from .extraction import Extractor, Found, wanted_by
from .failures import FailureLog
from .fitter import Fitter, spelt
from .full_spectrum import Shifted, shifted_tests
from .positives import Positives
from .protocol import Split, split_pair
from .rows import row_of
from .scoring import Scored, score_all
from .tuning import Search, Tuned, search, tune


@dataclass(frozen=True)
class Ready:
    """A cell whose parameters are chosen: its fitted method, what fitting cost, and how the parameters were found."""

    cell: Cell
    method: Method
    cost: Cost
    tuned: Tuned | None


@dataclass
class Evaluation:
    """One network's cells: evaluated unless the store has them, each kept as soon as it is done.

    `caveats` are warnings that stand in each of its rows, `fit_caveats` in those of methods fitted on training images.
    `facts` are those of the network, which candidates of a search must be able to work with. The covariate-shifted sets
    `shifted` count as in-distribution in the test.
    """

    extract: Extractor
    id: str
    id_images: Images
    train_images: Callable[[], Images]
    protocol: str
    tune_on: str | None
    tune_images: Images | None
    store: Store
    log: FailureLog
    caveats: tuple[str, ...] = ()
    fit_caveats: tuple[str, ...] = ()
    facts: Facts | None = None
    shifted: Shifted = field(default_factory=dict)
    _id_scores: dict[tuple[str, str], Scored] = field(default_factory=dict)
    _tuned: dict[tuple[str | None, ...], Tuned] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.fitter = Fitter(self.extract, self.train_images, self.id)

    def rows(self, methods: Sequence[Method], ood_sets: Mapping[str, Images]) -> Iterator[dict[str, Any]]:
        """One row for each OOD set and method, in that order; failed cells are left out."""
        for ood, ood_images in ood_sets.items():
            cells = self.cells(methods, ood, ood_images)
            missing = [cell for cell in cells if self.store.finished(cell.key) is None]
            if missing:
                self._evaluate_missing(missing)
            for cell in cells:
                record = self.store.finished(cell.key)
                if record is not None:
                    yield row_of(record)

    def cells(self, methods: Sequence[Method], ood: str, ood_images: Images) -> list[Cell]:
        """The cells of one pair, one for each method."""
        return [self._cell(method, ood, ood_images) for method in methods]

    def _cell(self, method: Method, ood: str, ood_images: Images) -> Cell:
        return Cell(
            network=self.extract.network,
            method=method,
            id=self.id,
            ood=ood,
            id_images=self.id_images,
            ood_images=ood_images,
            shifted=self.shifted,
            protocol=self.protocol,
            tune_on=self.tune_on,
            tune_identity=None if self.tune_images is None else self.tune_images.identity,
            train_identity=self.train_images().identity if "training" in method.needs else None,
            precision=self.extract.options.identity,
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
                for cell in self.log.unsettled(cells):
                    self._evaluate_missing([cell])

    def _evaluate_pair(self, cells: Sequence[Cell]) -> None:
        ood = cells[0].ood
        split = split_pair(self.protocol, self.id_images, cells[0].ood_images, ood=ood, tune_images=self.tune_images)
        ready = self._fit(cells) if split.tune_id is None else self._tune(cells, split, split.tune_id)
        if not ready:
            return
        by_method = {id(one.method): one for one in ready}
        wanted = wanted_by(one.method for one in ready)
        shifted = shifted_tests(self.shifted, split, self.protocol)

        def guard(method: Method) -> AbstractContextManager[None]:
            return self.log.guard([by_method[id(method)].cell])

        positives = Positives([one.method for one in ready])
        for name, images in {self.id: split.test_id, **shifted}.items():
            found = self.extract(images, wanted, name)
            positives.add(name, self._score_id(positives.methods, name, images, found, guard), _correct(found))
        of_ood = self.extract(split.test_ood, wanted, ood)
        for method, scored in score_all(positives.methods, of_ood, ood, guard):
            with guard(method):
                self._keep(by_method[id(method)], split, shifted, positives, scored)

    def _fit(self, cells: Sequence[Cell]) -> list[Ready]:
        """The cells with their methods fitted; cells whose fit failed are left out."""
        self.fitter.announce(cell.method for cell in cells)
        ready = []
        for cell in cells:
            with self.log.guard([cell]):
                fitted = self.fitter.fit(cell.method)
                ready.append(Ready(cell, fitted.method, fitted.cost, None))
        return ready

    def _tune(self, cells: Sequence[Cell], split: Split, tune_id: Images) -> list[Ready]:
        """The cells with the parameters that the protocol chooses; cells whose tuning failed are left out."""
        tried: dict[Cell, Search] = {}
        for cell in cells:
            with self.log.guard([cell]):
                tried[cell] = search(cell.method, self.protocol, self.facts)
        self.fitter.announce(one for searched in tried.values() for one in searched.able)
        for cell, searched in list(tried.items()):
            del tried[cell]
            with self.log.guard([cell]):
                fitted = tuple(self.fitter.fit(one).method for one in searched.able)
                tried[cell] = replace(searched, able=fitted)
        if not tried:
            return []
        wanted = wanted_by(one for searched in tried.values() if searched.chooses for one in searched.able)
        of_id = self.extract(tune_id, wanted, f"{self.id} (tuning)")
        of_ood = None if split.tune_ood is None else self.extract(split.tune_ood, wanted, "outliers (tuning)")
        ready = []
        for cell, searched in tried.items():
            with self.log.guard([cell]):
                tuned = self._choose(searched, split, of_id, of_ood) if searched.chooses else None
                chosen = self.fitter.fit(tuned.method if tuned else searched.able[0])
                ready.append(Ready(cell, chosen.method, chosen.cost, tuned))
        return ready

    def _choose(self, searched: Search, split: Split, of_id: Found, of_ood: Found | None) -> Tuned:
        """The best of the candidates; the choice is made once where several pairs are tuned on the same images."""
        tuned_on = [None if images is None else images.identity for images in (split.tune_id, split.tune_ood)]
        key = (spelt(*searched.able), *tuned_on)
        if key not in self._tuned:
            self._tuned[key] = tune(searched, of_id, of_ood)
        return self._tuned[key]

    def _score_id(
        self,
        methods: Sequence[Method],
        name: str,
        images: Images,
        found: Found,
        guard: Callable[[Method], AbstractContextManager[None]],
    ) -> dict[Method, Scored]:
        """The scores of ID test images; those that an earlier pair needed too are not computed again."""

        def key(method: Method) -> tuple[str, str]:
            return spelt(method), images.identity

        new = [method for method in methods if key(method) not in self._id_scores]
        for method, scored in score_all(new, found, name, guard):
            self._id_scores[key(method)] = scored
        return {method: self._id_scores[key(method)] for method in methods if key(method) in self._id_scores}

    def _keep(self, ready: Ready, split: Split, shifted: Shifted, positives: Positives, of_ood: Scored) -> None:
        cell, method = ready.cell, ready.method
        of_id = positives.of(method)
        scores = CellScores(of_id.scores, of_ood.scores, positives.correct)
        metrics = evaluate(scores.id_scores, scores.ood_scores, context=f"{method.name} on {cell.id} / {cell.ood}")
        device = self.extract.device
        seconds = ready.cost.seconds + of_id.cost.seconds + of_ood.cost.seconds
        row = cell.row(method, split, shifted, metrics, positives.accuracies, tuned=ready.tuned is not None)
        caveats = (*self.caveats, *(self.fit_caveats if "training" in method.needs else ()))
        record = {
            "slot": cell.slot,
            "cell": cell.describe(),
            "row": {**row, "warnings": [*caveats, *row["warnings"]]},
            "cost": _cost(ready, of_id, of_ood),
            "tuning": ready.tuned.describe() if ready.tuned else [],
            "provenance": {**provenance(device, seconds), "pass": self.extract.options.describe()},
        }
        self.store.put(cell.key, record, scores)


def _correct(of_id: Found) -> NDArray[np.bool_] | None:
    """Which ID images the network classified rightly; None without labels or without a network."""
    clean = of_id[CLEAN]
    return None if clean.labels is None or clean.logits.shape[1] == 0 else clean.correct


def _cost(ready: Ready, of_id: Scored, of_ood: Scored) -> dict[str, float | int | None]:
    count = len(of_id.scores) + len(of_ood.scores)
    passes = of_id.passes + of_ood.passes
    total = of_id.cost + of_ood.cost
    peak = (ready.cost + total).megabytes
    return {
        "fit_seconds": round(ready.cost.seconds, 4),
        "microseconds_per_image": _microseconds((total.seconds + passes.seconds) / count),
        "microseconds_of_earlier_passes": _microseconds(passes.earlier / count),
        "peak_memory_mb": None if peak is None else round(peak, 1),
        "state_bytes": state_bytes(ready.method),
    }


def _microseconds(seconds: float) -> float | None:
    return None if math.isnan(seconds) else round(1e6 * seconds, 3)
