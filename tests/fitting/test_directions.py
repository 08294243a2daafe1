"""Features divided by their lengths."""

import numpy as np
import pytest

from bench.fitting import blocks
from bench.fitting.directions import directions, inverse_lengths


def test_directions_have_length_one_and_zeros_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    features = np.random.default_rng(0).normal(0, 1, (20, 3)).astype(np.float32) * np.float32(1e-20)
    features[4] = 0
    for elements in (2**22, 5):
        monkeypatch.setattr(blocks, "BLOCK_ELEMENTS", elements)
        found = directions(features)
        lengths = [float(sum(value**2 for value in row.tolist())) ** 0.5 for row in features]
        assert inverse_lengths(features).tolist() == pytest.approx([1 / length if length else 0 for length in lengths])
        assert found.dtype == np.float64
        assert np.linalg.norm(np.delete(found, 4, 0), axis=1) == pytest.approx(1, rel=1e-15)
        assert found[4].tolist() == [0, 0, 0]
        assert found[0] == pytest.approx(features[0].astype(np.float64) / lengths[0], rel=1e-15)


def test_what_is_no_number_stays_none() -> None:
    assert np.isnan(directions(np.array([[1, np.nan], [3, 4]]))).any(1).tolist() == [True, False]
