"""Results that are made by hand, for what only moves files."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.report import CellScores
from bench.store import Store


@pytest.fixture
def make_cell() -> Callable[..., str]:
    """A function that keeps a cell in a folder, and returns its key, which depends on its method and OOD set."""

    def make(folder: Path, method: str, ood: str = "glyphs", auroc: float = 0.5, seed: int = 0, **row: Any) -> str:
        key = f"{sum(map(ord, method)):016x}{sum(map(ord, ood)):016x}"
        stream = np.random.default_rng(seed)
        record = {
            "cell": {"method": method, "id": ["digits", "i"], "ood": [ood, "o"], "network": "none", "seed": None},
            "row": {"method": method, "id": "digits", "ood": ood, "auroc": auroc, **row},
            "cost": {"fit_seconds": float(np.random.default_rng().random())},
        }
        Store(folder).put(key, record, CellScores(stream.random(9), stream.random(7), None))
        return key

    return make
