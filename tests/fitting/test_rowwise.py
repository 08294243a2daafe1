"""Numbers per image, in blocks."""

import numpy as np
import pytest

from bench.fitting import blocks
from bench.fitting.rowwise import rowwise


@pytest.mark.parametrize("rows", [0, 1, 7, 8])
def test_every_row_is_computed_once_in_blocks_of_bounded_size(rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "BLOCK_ELEMENTS", 8)
    values, sizes = np.arange(8.0), []

    def compute(block: slice) -> np.ndarray:
        sizes.append(block.stop - block.start)
        return values[block] ** 2

    assert rowwise(rows, 4, compute).tolist() == (values[:rows] ** 2).tolist()
    assert sum(sizes) == rows
    assert all(size <= 2 for size in sizes)
