"""The work of a misclassification run: cells of methods on the ID test set."""

from __future__ import annotations

from bench.running.extraction import Extractor
from bench.running.network_need import NetworkNeed
from bench.running.network_notes import keep_network
from bench.running.part import Part
from bench.running.part_work import PartWork, parts_of

from .evaluation import PredictionEvaluation
from .specification import PredictionPreparation


class PredictionWork(PartWork[PredictionPreparation, PredictionEvaluation]):
    """The parts of one prepared run; the ID set stands where the parts of other runs have OOD sets."""

    def __init__(self, preparation: PredictionPreparation) -> None:
        super().__init__(preparation, preparation.specification.folder)

    def parts(self) -> list[Part]:
        """All of the run, a part for each network."""
        return parts_of(self.preparation, (self.preparation.id_set.name,))

    def keys(self, part: Part) -> list[str]:
        """The keys of the cells of a part, whose network is at hand."""
        evaluation = self.evaluation(part)
        return [evaluation.cell(method).key for method in self.methods(part)]

    def finish(self, part: Part, ood: str) -> list[str]:
        """Evaluate the cells of a part."""
        del ood
        return [row["key"] for row in self.evaluation(part).rows(self.methods(part))]

    def make_evaluation(self, need: NetworkNeed) -> PredictionEvaluation:
        """What evaluates the cells of one network, which is trained first where that is to be."""
        preparation, spec = self.preparation, self.preparation.specification
        network = preparation.tested_network(need)
        keep_network(spec.folder, network, preparation.left_out)
        return PredictionEvaluation(
            extract=Extractor(network, preparation.device, spec.pass_options),
            id=preparation.id_set.name,
            images=preparation.id_images,
            train_images=lambda: preparation.train_images,
            store=self.store,
            log=self.log,
            caveats=preparation.caveats,
        )
