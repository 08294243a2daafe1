"""Means and covariances of rows that are read in blocks."""

import numpy as np
import pytest

from bench.errors import BenchError
from bench.fitting import blocks
from bench.fitting.gaussians import mean_and_covariance, require_room


@pytest.mark.parametrize("elements", [2**22, 40, 1])
def test_they_are_numpys(elements: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "BLOCK_ELEMENTS", elements)
    rows = np.random.default_rng(0).normal(1e6, 1, (50, 4))
    asked: list[int] = []

    def read(block: slice) -> np.ndarray:
        asked.extend(range(*block.indices(50)))
        return rows[block]

    mean, covariance = mean_and_covariance(50, 4, read)
    assert mean == pytest.approx(rows.mean(0), rel=1e-14)
    assert covariance == pytest.approx(np.cov(rows.T, bias=True), rel=1e-9, abs=1e-9)
    assert asked == list(range(50))


def test_covariances_that_do_not_fit_into_memory_are_refused() -> None:
    require_room("it", 1, 10**6, "")
    require_room("it", 10, 2048, "")
    with pytest.raises(BenchError, match="it would need 100 covariances of 2048 x 2048 features, 3 GB; think again"):
        require_room("it", 100, 2048, "think again")
