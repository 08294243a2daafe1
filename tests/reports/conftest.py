"""Made-up results in the shape of real ones: saturated softmaxes, confidences crowded near 1, sets easy and hard."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from bench.metrics import evaluate
from bench.report import CellScores, Results
from bench.running.rows import rows_to_frame

Floats = NDArray[np.float64]

OOD_SHIFTS = {
    "svhn": 0.5,
    "isun": 1.0,
    "tinyimagenet-resize": 0.8,
    "tinyimagenet-crop": 1.2,
    "lsun-resize": 1.1,
    "cifar100": 0.3,
    "gaussian": 2.0,
    "uniform": -0.5,
}
SCORES: Mapping[str, Callable[[Floats], Floats]] = {
    "msp": lambda gap: -np.log1p(9 * np.exp(-gap)),
    "odin": lambda gap: -np.log1p(9 * np.exp(-gap / 1000)),
    "confidence": lambda gap: 1 / (1 + np.exp(-0.8 * gap)),
    "confidence-preprocessed": lambda gap: 1 / (1 + np.exp(-gap)),
}
PARAMETERS = {"odin": {"temperature": 1000.0, "epsilon": 0.0014, "unit": "raw"}}


def make_row(**changes: Any) -> dict[str, Any]:
    """A row as the runner makes it."""
    row: dict[str, Any] = {
        "method": "msp",
        "id": "cifar10",
        "ood": "svhn",
        "network": "resnet20",
        "objective": "cross-entropy",
        "seed": 0,
        "protocol": "published",
        "parameters": {},
        "n_id": 10_000,
        "n_ood": 10_000,
        "id_accuracy": 0.9173,
        "auroc": 0.91,
        "fpr_at_95_tpr": 0.42,
        "fpr_at_95_tpr_ood": 0.31,
        "detection_error": 0.12,
        "aupr_in": 0.93,
        "aupr_out": 0.87,
        "fpr_at_95_tpr_band": 0.421,
        "tie_share": 0.0,
        "fit_seconds": 0.0,
        "microseconds_per_image": 0.25,
        "peak_memory_mb": 1.5,
        "state_bytes": 0,
        "precision": "fp32",
        "transform": "cifar10 32x32",
        "tuned_on": "",
        "id_note": "",
        "ood_note": "",
        "warnings": [],
        "weights": "0123456789ab",
    }
    row |= changes
    return {"key": "/".join(str(row[name]) for name in row), **row}


def make_results(
    *,
    methods: Sequence[str] = tuple(SCORES),
    oods: Sequence[str] = tuple(OOD_SHIFTS),
    seeds: Sequence[int | None] = (0,),
    n_id: int = 10_000,
    n_ood: int = 10_000,
    labelled: bool = True,
    score: Callable[[str, Floats], Floats] | None = None,
    **changes: Any,
) -> Results:
    """Rows and scores of every method, set and seed; `score` turns gaps between logits into a method's scores."""
    rows, scores = [], {}
    for seed in seeds:
        rng = np.random.default_rng(seed)
        correct = rng.random(n_id) < 0.92
        for place, method in enumerate(methods):
            gap = np.where(correct, rng.normal(12, 4, n_id), rng.normal(4, 2.5, n_id)) + 0.2 * place
            for ood in oods:
                shift = OOD_SHIFTS.get(ood, 0.7) * (1 + 0.15 * (place % 4))
                gap_ood = rng.normal(9 - 5 * shift, 3.5 - 0.9 * abs(shift), n_ood)
                to_score = (lambda values, method=method: score(method, values)) if score else SCORES[method]
                a, b = to_score(gap), to_score(gap_ood)
                known = {
                    "method": method,
                    "ood": ood,
                    "seed": seed,
                    "parameters": PARAMETERS.get(method, {}),
                    "objective": "learned-confidence" if "confidence" in method else "cross-entropy",
                    "id_accuracy": float(correct.mean()) if labelled else None,
                    "weights": f"{seed}{method[:4]}weights",
                    "microseconds_per_image": 0.05 * 1.5**place,
                    "state_bytes": 1000 * place,
                }
                row = make_row(**known | evaluate(a, b).to_dict() | changes)
                rows.append(row)
                scores[row["key"]] = CellScores(a, b, correct if labelled else None)
    return Results(rows_to_frame(rows), scores.__getitem__)


@pytest.fixture(name="make_row", scope="session")
def fixture_make_row() -> Callable[..., dict[str, Any]]:
    return make_row


@pytest.fixture(name="make_results", scope="session")
def fixture_make_results() -> Callable[..., Results]:
    return make_results


@pytest.fixture(scope="session")
def realistic() -> Results:
    """Four methods on eight sets, two seeds."""
    return make_results(seeds=(0, 1), n_id=2000, n_ood=2000)


@pytest.fixture(scope="session")
def small() -> Results:
    """Two methods on two sets, one seed."""
    return make_results(methods=("msp", "confidence"), oods=("svhn", "gaussian"), n_id=300, n_ood=200)
