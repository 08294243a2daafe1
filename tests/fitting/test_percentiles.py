"""Percentiles by counting, against sorting."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from torch import Tensor

from bench.extraction.outputs import Outputs
from bench.extraction.probe import Probe, Seen
from bench.fitting import blocks, percentiles
from bench.fitting.data import FitData
from bench.fitting.percentiles import CountedValues, feature_percentiles, percentile, percentiles_of_columns

PERCENTS = (0.0, 0.1, 12.5, 50.0, 90.0, 99.9, 100.0)
FLOATS = st.floats(-(2.0**100), 2.0**100, width=32)
VALUES = arrays.arrays(np.float32, st.tuples(st.integers(1, 8), st.integers(1, 3)), elements=FLOATS)


@dataclass(frozen=True)
class Doubled(Probe):
    def __call__(self, seen: Seen) -> Tensor:
        return 2 * seen.images


@given(VALUES, st.floats(0, 100))
def test_they_are_numpys(values: np.ndarray, percent: float) -> None:
    exact = values.astype(np.float64)
    near = pytest.approx(np.percentile(exact, percent), rel=1e-12, abs=1e-300)
    assert CountedValues(values).percentile(percent) == near
    columns = np.percentile(exact, percent, axis=0)
    assert percentiles_of_columns(values, percent) == pytest.approx(columns, rel=1e-12, abs=1e-300)


@given(VALUES)
def test_order_statistics_are_the_sorted_values(values: np.ndarray) -> None:
    found = CountedValues(values).order_statistics(range(values.size))
    assert np.array_equal(found, np.sort(values.ravel()))


def test_many_equal_values_next_to_different_ones() -> None:
    stream = np.random.default_rng(0)
    values = np.maximum(stream.normal(0, 1, (500, 20)), 0).astype(np.float32)
    values[stream.random(values.shape) < 0.1] = np.nextafter(np.float32(1), np.float32(2))
    counted = CountedValues(values)
    for percent in PERCENTS:
        assert counted.percentile(percent) == pytest.approx(np.percentile(values.astype(np.float64), percent))


def test_blocks_make_no_difference_and_values_may_lie_on_disk(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    values = np.random.default_rng(0).normal(0, 1, (300, 7, 3)).astype(np.float32)
    whole = [CountedValues(values).percentile(percent) for percent in PERCENTS]
    columns = percentiles_of_columns(values.reshape(300, 21), 33.0)
    monkeypatch.setattr(blocks, "BLOCK_ELEMENTS", 64)
    np.save(tmp_path / "values.npy", values)
    mapped = np.load(tmp_path / "values.npy", mmap_mode="r")
    assert [CountedValues(mapped).percentile(percent) for percent in PERCENTS] == whole
    assert np.array_equal(percentiles_of_columns(mapped.reshape(300, 21), 33.0), columns)


def test_each_is_computed_once_for_all_who_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = np.random.default_rng(0).normal(0, 1, (50, 4)).astype(np.float32)
    data = FitData(None, Outputs(rows, rows, None, np.zeros(50, np.int64), {Doubled(): 2 * rows}))
    first = percentile(data, 90.0), percentile(data, 90.0, Doubled()), feature_percentiles(data, 90.0)
    monkeypatch.delattr(percentiles, "CountedValues")
    monkeypatch.delattr(percentiles, "percentiles_of_columns")
    assert (percentile(data, 90.0), percentile(data, 90.0, Doubled())) == first[:2]
    assert feature_percentiles(data, 90.0) is first[2]
    assert first[1] == pytest.approx(2 * first[0])


def test_percentiles_of_one_image_leave_its_features_as_they_are() -> None:
    """Extracted features are mapped read-only from disk."""
    values = np.array([[3.0, 1.0, 2.0]], dtype=np.float32)
    values.flags.writeable = False
    np.testing.assert_array_equal(percentiles_of_columns(values, 60.0), [3.0, 1.0, 2.0])
