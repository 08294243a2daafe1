"""The cells that a run will evaluate, by names that are known before its networks are trained."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

from bench.data.transform import InputTransform
from bench.errors import BenchError
from bench.method_contract import Method
from bench.networks.checkpoint import Checkpoint, weights_hash_in
from bench.networks.classifier import NETWORKS
from bench.training.train import TrainingPlan

from .asked import Planned
from .cells import Cell
from .network import NoNetwork, TestedNetwork, ensemble_of, no_network, origin_of, with_code
from .network_need import NetworkNeed
from .preparation import Preparation

UNKNOWN = ""
"""Stands for weights that are not there yet."""


def planned_cells(preparation: Preparation) -> Iterator[Planned]:
    """All cells of a run whose images are loaded, in the order of its networks, data sets and methods."""
    for need in preparation.needs:
        network = _network(preparation, need)
        known = all(one.weights_hash for one in (network, *network.members))
        for ood in preparation.ood_images:
            for method in need.methods:
                cell = _cell(preparation, network, method, ood)
                key = cell.key if known else ""
                yield Planned(cell.slot, key, method.name, cell.id, ood, network.name, network.seed, need.name)


def _cell(preparation: Preparation, network: TestedNetwork, method: Method, ood: str) -> Cell:
    spec, tuned_on = preparation.specification, preparation.tune_images
    return Cell(
        network=network,
        method=method,
        id=preparation.id_set.name,
        ood=ood,
        id_images=preparation.id_images,
        ood_images=preparation.ood_images[ood],
        shifted=preparation.shifted_images,
        protocol=spec.protocol,
        tune_on=spec.tune_on,
        tune_identity=None if tuned_on is None else tuned_on.identity,
        train_identity=preparation.train_images.identity if "training" in method.needs else None,
        precision=spec.pass_options.identity,
    )


def _network(preparation: Preparation, need: NetworkNeed) -> TestedNetwork:
    """What is known of a need's network without training or running it."""
    if need.members:
        return ensemble_of([_network(preparation, member) for member in need.members])
    if need.model is not None:
        return need.model
    if need.checkpoint is not None:
        return _of_checkpoint(need.checkpoint)
    return no_network(preparation.transform) if need.plan is None else _of_plan(need.plan)


def _of_checkpoint(checkpoint: Checkpoint) -> TestedNetwork:
    weights = with_code(checkpoint.weights_hash, NETWORKS.get(checkpoint.network))
    network = _stub(checkpoint.network, weights, checkpoint.transform, checkpoint.objective, checkpoint.seed)
    return replace(network, origin=origin_of(checkpoint.training))


def _of_plan(plan: TrainingPlan) -> TestedNetwork:
    try:
        weights = with_code(weights_hash_in(plan.path), NETWORKS.get(plan.network)) if plan.path.exists() else UNKNOWN
    except BenchError:  # damaged: whoever needs it will tell
        weights = UNKNOWN
    network = _stub(plan.network, weights, plan.transform, plan.objective, plan.seed)
    return replace(network, origin=origin_of(json.loads(json.dumps(plan.describe()))))


def _stub(name: str, weights: str, transform: InputTransform, objective: str, seed: int | None) -> TestedNetwork:
    return TestedNetwork(NoNetwork(), name, weights, transform, objective, seed)
