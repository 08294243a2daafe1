"""The work of a run: cells of methods on pairs of data sets."""

from __future__ import annotations

from bench.data.images import Images
from bench.errors import BenchError

from .estimates import Estimates
from .evaluation import Evaluation
from .extraction import Extractor
from .network_need import NetworkNeed
from .network_notes import keep_network
from .part import Part
from .part_work import PartWork, parts_of
from .preparation import Preparation


class Work(PartWork[Preparation, Evaluation]):
    """The parts of one prepared run."""

    def __init__(self, preparation: Preparation) -> None:
        super().__init__(preparation, preparation.specification.out)

    def parts(self) -> list[Part]:
        """All of the run, a part for each network."""
        return parts_of(self.preparation, tuple(self.preparation.ood_images))

    def keys(self, part: Part) -> list[str]:
        """The keys of the cells of a part, whose network is at hand."""
        evaluation, methods = self.evaluation(part), self.methods(part)
        return [cell.key for ood in part.ood for cell in evaluation.cells(methods, ood, self._images(ood))]

    def finish(self, part: Part, ood: str) -> list[str]:
        """Evaluate the cells on one OOD set."""
        found = self.evaluation(part).rows(self.methods(part), {ood: self._images(ood)})
        return [row["key"] for row in found]

    def estimate(self, keys: list[str]) -> None:
        """Keep the intervals and resamples of finished cells."""
        Estimates(self.store).prepare(keys)

    def make_evaluation(self, need: NetworkNeed) -> Evaluation:
        """What evaluates the cells of one network, which is trained first where that is to be."""
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

    def _images(self, ood: str) -> Images:
        if ood not in self.preparation.ood_images:
            raise BenchError(f"'{ood}' is not on this machine. {self.preparation.missing.get(ood, '')}".rstrip())
        return self.preparation.ood_images[ood]
