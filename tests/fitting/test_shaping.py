"""What shaped features share."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy.special import logsumexp

from bench.errors import BenchError
from bench.fitting import blocks
from bench.fitting.data import Head
from bench.fitting.shaping import (
    HIGHEST,
    LARGEST_RATIO,
    bounded_ratio,
    checked_percentile,
    shaped_energy,
    sum_ratio,
    survivors,
    top_mask,
)

PERCENTS = st.floats(0, HIGHEST)
ROWS = arrays.arrays(
    np.float64, st.tuples(st.integers(1, 8), st.integers(1, 12)), elements=st.sampled_from([0.0, 0.5, 1.0, 2.0, 3.0])
)


@given(ROWS, PERCENTS)
def test_the_survivors_are_the_largest_and_the_first_of_equal_ones(rows: np.ndarray, percent: float) -> None:
    mask = top_mask(rows, percent)
    count = survivors(rows.shape[1], percent)
    for row, kept in zip(rows, mask, strict=True):
        expected = sorted(range(len(row)), key=lambda place: (-row[place], place))[:count]
        assert sorted(expected) == np.flatnonzero(kept).tolist()


@given(ROWS, PERCENTS)
def test_the_ratio_is_that_of_the_sums(rows: np.ndarray, percent: float) -> None:
    mask = top_mask(rows, percent)
    for row, kept, ratio in zip(rows, mask, sum_ratio(rows, percent), strict=True):
        assert ratio == pytest.approx(row.sum() / row[kept].sum() if row.any() else 1)


@given(st.integers(1, 5000), PERCENTS)
def test_features_that_are_not_negative_never_reach_the_bound(width: int, percent: float) -> None:
    assert 1 <= survivors(width, percent) <= width
    assert width / survivors(width, percent) < LARGEST_RATIO


def test_the_number_of_survivors_is_rounded_as_in_the_papers_code() -> None:
    for width, percent in [(64, 90), (2048, 65), (10, 75), (10, 85), (16, 95), (512, 97)]:
        assert survivors(width, percent) == width - int(np.round(width * percent / 100.0))


def test_ratios_stay_finite_and_nan_stays_nan() -> None:
    total, part = np.array([0.0, 1, -1, 5, np.nan, -7]), np.array([0.0, 0, 0, 1e-9, 1, 2])
    found = bounded_ratio(total, part)
    assert found[[0, 1, 2, 3, 5]].tolist() == [1, LARGEST_RATIO, -LARGEST_RATIO, LARGEST_RATIO, -3.5]
    assert np.isnan(found[4])


def test_nan_survives_pruning() -> None:
    rows = np.array([[3.0, np.nan, 2, 1], [np.nan] * 4, [4, 3, 2, 1]])
    for percent in (25.0, 50.0, 75.0):
        assert np.isnan(np.where(top_mask(rows, percent), rows, 0)).any(axis=1).tolist() == [True, True, False]


def test_the_energy_is_that_of_the_shaped_logits(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = np.random.default_rng(0)
    head = Head(stream.normal(0, 1, (4, 6)), stream.normal(0, 1, 4))
    features = stream.normal(0, 1, (30, 6)).astype(np.float32)
    found = shaped_energy(head, features, lambda rows: rows**2)
    expected = logsumexp(features.astype(np.float64) ** 2 @ head.weight.T + head.bias, axis=1)
    assert found == pytest.approx(expected, rel=1e-12)
    monkeypatch.setattr(blocks, "BLOCK_ELEMENTS", 20)
    assert shaped_energy(head, features, lambda rows: rows**2) == pytest.approx(found, rel=1e-14)
    assert shaped_energy(head, features[:0], lambda rows: rows).shape == (0,)


@pytest.mark.parametrize("value", [-1.0, 99.6, float("nan")])
def test_percentiles_outside_their_range_are_refused(value: float) -> None:
    with pytest.raises(BenchError, match=r"ash: percentile must be between 0 and 99\.5, got"):
        checked_percentile("ash", value, HIGHEST)
