"""A parameter tuned on one set and tested on another: what is left of its gain where the test's own set is not seen.

All choices are tested on the same images, as `bench.ablation.transfer_sets` splits them. Every image set is passed
through a network once, with the views of all values of the parameter.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import nullcontext
from typing import Any

import numpy as np

from bench.atomic import require_writable
from bench.errors import BenchError
from bench.method_contract import Method, Scores
from bench.metrics import auroc
from bench.progress import say
from bench.provenance import provenance
from bench.running.extraction import Extractor, wanted_by
from bench.running.fitter import Fitter
from bench.running.network_need import NetworkNeed
from bench.running.preparation import Preparation
from bench.running.scoring import score_all
from bench.running.specification import RunSpecification

from .file import Ablation
from .outcome import TransferRows
from .transfer_sets import ID_TESTED, ID_TUNED, NOISE, TransferSets, tuned_part

ID_ONLY, REFERENCE = "id-only", "reference"
"""What is tuned on besides sets of outliers: ID images alone, or nothing."""

Scored = Mapping[str, Scores]
"""The scores of one candidate on each set of images, by name."""


def prepare_transfer(ablation: Ablation, specification: RunSpecification) -> Preparation:
    """The preparation of a transfer. Raises `BenchError` where a method does not tune the parameter."""
    preparation = Preparation(specification)
    for method in preparation.methods:
        if ablation.transfer not in method.search:
            raise BenchError(f"{method.name} has no search over '{ablation.transfer}'. Choose other methods.")
    for taken in (NOISE, ID_ONLY, REFERENCE):
        if taken in preparation.ood_sets:
            raise BenchError(f"An OOD set cannot be called '{taken}' here. Bind it under another name.")
    return preparation


def run_transfer(ablation: Ablation, preparation: Preparation) -> TransferRows:
    """Tune on each set and test on each other one, with every network of the preparation."""
    started = time.monotonic()
    preparation.load_images()
    require_writable(preparation.specification.out)
    sets = TransferSets.of(preparation.id_images, preparation.ood_images)
    rows: list[dict[str, Any]] = []
    for need in preparation.needs:
        say(f"{ablation.name}: {need.describe()}")
        rows += _rows_of_network(ablation, preparation, need, sets)
    how = provenance(preparation.device, time.monotonic() - started)
    return TransferRows(ablation.name, ablation.transfer, ablation.reference, rows, how)


def _rows_of_network(
    ablation: Ablation, preparation: Preparation, need: NetworkNeed, sets: TransferSets
) -> Iterator[dict[str, Any]]:
    network = preparation.tested_network(need)
    extract = Extractor(network, preparation.device, preparation.specification.pass_options)
    fitter = Fitter(extract, lambda: preparation.train_images, preparation.id_set.name)
    candidates = {method.name: _candidates(ablation, method, fitter) for method in need.methods}
    scores = _score(candidates, extract, sets)
    common = {
        "id": preparation.id_set.name,
        "network": network.name,
        "objective": network.objective,
        "seed": network.seed,
        "weights": network.weights_hash[:12],
        "n_id": len(sets.test_id),
    }
    for method in need.methods:
        id_only = ablation.transfer in method.id_only_search
        choices = choose(scores[method.name], ablation.reference, sets, id_only=id_only)
        for tuned_on, value in choices.items():
            for ood, images in sets.test.items():
                one = scores[method.name][value]
                yield {
                    "method": method.name,
                    **common,
                    "n_ood": len(images),
                    "tuned_on": tuned_on,
                    "ood": ood,
                    "value": value,
                    "auroc": auroc(one[ID_TESTED], one[ood]),
                }


def _candidates(ablation: Ablation, method: Method, fitter: Fitter) -> dict[float, Method]:
    """The method with each value of the parameter, the reference among them, fitted; other parameters as they are."""
    values = sorted({ablation.reference, *method.search[ablation.transfer]})
    made = {value: type(method).make({**method.parameters(), ablation.transfer: value}) for value in values}
    return {value: fitter.fit(one).method for value, one in made.items()}


def _score(
    candidates: Mapping[str, Mapping[float, Method]], extract: Extractor, sets: TransferSets
) -> dict[str, dict[float, dict[str, Scores]]]:
    """The scores of each method, with each value, on each set of images; one pass over each."""
    scores: dict[str, dict[float, dict[str, Scores]]] = {
        name: {value: {} for value in by_value} for name, by_value in candidates.items()
    }
    places = {id(one): (name, value) for name, by_value in candidates.items() for value, one in by_value.items()}
    every = [one for by_value in candidates.values() for one in by_value.values()]
    for label, images in sets.named():
        found = extract(images, wanted_by(every), label)
        for one, scored in score_all(every, found, label, lambda _: nullcontext()):
            name, value = places[id(one)]
            scores[name][value][label] = scored.scores
    return scores


def choose(scores: Mapping[float, Scored], reference: float, sets: TransferSets, *, id_only: bool) -> dict[str, float]:
    """The value chosen on each set, by the highest AUROC; on ID images alone by the highest mean score.

    Of equally good values the smallest is chosen. `id_only` says whether the method may be tuned that way.
    """
    chosen = {REFERENCE: reference}
    for source in sets.tune:
        chosen[source] = _best({value: auroc(one[ID_TUNED], one[tuned_part(source)]) for value, one in scores.items()})
    if id_only:
        chosen[ID_ONLY] = _best({value: float(np.mean(one[ID_TUNED])) for value, one in scores.items()})
    return chosen


def _best(quality: Mapping[float, float]) -> float:
    return max(sorted(quality), key=lambda value: quality[value])


def transfer_lines(ablation: Ablation, preparation: Preparation) -> list[str]:
    """The plan of a transfer, for `--dry-run`. Raises `BenchError` where an image would be tuned on and tested on."""
    TransferSets.of(preparation.id_images, preparation.ood_images)
    methods = [method for need in preparation.needs for method in need.methods]
    rows = len(preparation.ood_sets) + 3
    cells = len(methods) * rows * len(preparation.ood_sets)
    plan = [line for line in preparation.plan_lines() if not line.startswith(("Protocol:", "Cells:"))]
    values = {method.name: len({ablation.reference, *method.search[ablation.transfer]}) for method in methods}
    counts = ", ".join(f"{name} {count}" for name, count in values.items())
    where = f"results in {preparation.specification.out}, on {preparation.device}"
    return [*plan, f"Values of {ablation.transfer}: {counts}", f"Cells: {cells}, {where}"]
