"""Runs as the store keeps them, made of simulated scores."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.canonical import content_key
from bench.metrics import evaluate
from bench.metrics.inputs import FloatArray
from bench.report import CellScores
from bench.store import Store

TRANSFORM = {"height": 32, "width": 32, "channels": 3, "mean": [0.5] * 3, "std": [0.25] * 3}


def keep_cell(folder: Path, ids: FloatArray, oods: FloatArray, **changes: Any) -> str:
    """Keep a cell with these scores; changes are those of `method`, `seed`, `weights`, `parameters`, … Its key."""
    said: dict[str, Any] = {
        "method": "msp",
        "id": "cifar10",
        "ood": "svhn",
        "network": "resnet20",
        "objective": "cross-entropy",
    }
    said |= {"protocol": "published", "seed": 0, "weights": f"weights-{changes.get('seed', 0)}", "parameters": {}}
    said |= changes
    images = said.pop("images", "the usual")
    version, packages = said.pop("method_version", 1), said.pop("packages", {"numpy": "2.0"})
    cell = {
        **{name: said[name] for name in ("method", "network", "weights", "seed", "protocol", "parameters")},
        "method_version": version,
        "transform": TRANSFORM,
        "id": [said["id"], "identity of ID"],
        "ood": [said["ood"], f"{images}: {said['ood']}"],
        "tune_on": [None, None],
        "precision": "fp32",
        "objective": said["objective"],
    }
    key = content_key(cell)
    row = {**said, **evaluate(ids, oods).to_dict(), "id_accuracy": None, "precision": "fp32", "key": key}
    provenance = {"packages": packages, "python": "3.11", "created": "2026-01-01"}
    Store(folder).put(key, {"cell": cell, "row": row, "provenance": provenance}, CellScores(ids, oods, None))
    return key


@pytest.fixture
def keep() -> Callable[..., str]:
    """How to keep a cell."""
    return keep_cell


@pytest.fixture
def normal() -> Callable[..., tuple[FloatArray, FloatArray]]:
    """ID and OOD scores, apart by `shift`."""

    def make(shift: float = 1.5, seed: int = 0, n: int = 200) -> tuple[FloatArray, FloatArray]:
        rng = np.random.default_rng(seed)
        return rng.normal(shift, 1, n), rng.normal(0, 1, n)

    return make
