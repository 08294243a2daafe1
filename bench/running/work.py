"""A prepared run, done part by part: what one part has made serves the next ones."""

from __future__ import annotations

from dataclasses import dataclass

from bench.data.images import Images
from bench.errors import BenchError
from bench.method_contract import Method
from bench.presence import doing
from bench.stopping import Stopping, is_asked
from bench.store import Store

from .estimates import Estimates
from .evaluation import Evaluation
from .extraction import Extractor
from .failures import Failure, FailureLog
from .network_need import NetworkNeed
from .network_notes import keep_network
from .part import Part
from .preparation import Preparation


@dataclass(frozen=True)
class PartReport:
    """What came of a part: the keys of its finished cells in their order, and what failed."""

    keys: tuple[str, ...]
    failures: tuple[Failure, ...]


class Work:
    """The parts of one prepared run. The network of the last part, and what was fitted on it, is kept."""

    def __init__(self, preparation: Preparation) -> None:
        self.preparation = preparation
        self.store = Store(preparation.specification.out)
        self.log = FailureLog(self.store)
        self._kept: tuple[str, Evaluation] | None = None

    def parts(self) -> list[Part]:
        """All of the run, a part for each network."""
        ood = tuple(self.preparation.ood_images)
        return [
            Part(need.name, ood, tuple(dict.fromkeys(method.name for method in need.methods)))
            for need in self.preparation.needs
        ]

    def found(self, part: Part) -> PartReport | None:
        """The report of a part whose cells are all in the store; None where one is missing or not known yet."""
        need = self._need(part)
        if not need.is_at_hand:
            return None
        evaluation, methods = self._evaluation(need), _chosen(need, part)
        keys = [
            cell.key for ood in part.ood for cell in evaluation.cells(methods, ood, self.preparation.ood_images[ood])
        ]
        return PartReport(tuple(keys), ()) if all(map(self.store.has, keys)) else None

    def do(self, part: Part) -> PartReport:
        """Evaluate the cells of a part that the store does not have; each is kept as soon as it is done.

        Where the user wants to stop, it ends before the next OOD set, or after the epoch of a training. An error
        outside of single cells, as in a training, fails the part as a whole, and no other.
        """
        keys: list[str] = []
        before = len(self.log.failures)
        try:
            with doing(self.store.folder, part.to_dict()):
                need = self._need(part)
                evaluation, methods = self._evaluation(need), _chosen(need, part)
                for ood in part.ood:
                    if is_asked():
                        break
                    keys += [row["key"] for row in evaluation.rows(methods, {ood: self._images(ood)})]
                else:
                    self.log.settle(part)
                Estimates(self.store).prepare(keys)
        except Stopping:
            pass
        except Exception as error:
            self.log.note(part, error)
        return PartReport(tuple(keys), tuple(self.log.failures[before:]))

    def _need(self, part: Part) -> NetworkNeed:
        for need in self.preparation.needs:
            if need.name == part.network:
                return need
        raise BenchError(f"This machine knows no network '{part.network}' of the run. Use one version of oodbench.")

    def _images(self, ood: str) -> Images:
        if ood not in self.preparation.ood_images:
            raise BenchError(f"'{ood}' is not on this machine. {self.preparation.missing.get(ood, '')}".rstrip())
        return self.preparation.ood_images[ood]

    def _evaluation(self, need: NetworkNeed) -> Evaluation:
        if self._kept is None or self._kept[0] != need.name:
            self._kept = None  # before the next network takes memory too
            self._kept = (need.name, self._make_evaluation(need))
        return self._kept[1]

    def _make_evaluation(self, need: NetworkNeed) -> Evaluation:
        preparation, spec = self.preparation, self.preparation.specification
        network = preparation.tested_network(need)
        if need.has_network:
            keep_network(spec.out, network, preparation.left_out)
        return Evaluation(
            extract=Extractor(network, preparation.device, spec.pass_options),
            id=preparation.id_set.name,
            id_images=preparation.id_images,
            shifted=preparation.shifted_images,
            train_images=lambda: preparation.train_images,
            protocol=spec.protocol,
            tune_on=spec.tune_on,
            tune_images=preparation.tune_images,
            caveats=preparation.caveats if need.has_network else (),
            fit_caveats=preparation.fit_caveats,
            facts=need.facts,
            store=self.store,
            log=self.log,
        )


def _chosen(need: NetworkNeed, part: Part) -> list[Method]:
    return [method for method in need.methods if method.name in part.methods]
