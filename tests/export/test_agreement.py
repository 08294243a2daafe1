"""Where a program's threshold lies: it decides as the suite does, and stays close to the suite's."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.errors import BenchError
from bench.export.agreement import program_threshold


@given(
    st.lists(st.integers(-10_000, 10_000), min_size=2, max_size=40, unique=True),
    st.integers(0, 39),
    st.floats(0, 1e-3),
    st.integers(0, 10),
)
def test_small_differences_change_no_decision(whole: list[int], place: int, error: float, seed: int) -> None:
    suite = np.array(whole, np.float64)
    threshold = suite[place % len(suite)]
    stream = np.random.default_rng(seed)
    here, there = (suite + stream.uniform(-error, error, len(suite)) for _ in range(2))
    found = program_threshold(here, suite >= threshold, suite)
    assert ((here >= found) == (suite >= threshold)).all()
    seen = np.abs(here - suite).max()
    if np.abs(there - here).max() <= 10 * seen:
        assert ((there >= found) == (suite >= threshold)).all(), "differences as large as those seen are allowed for"
    assert threshold - found <= 11 * seen + 1e-6 * np.ptp(here) + 1e-12


def test_the_threshold_stays_in_its_half_of_a_narrow_gap() -> None:
    suite = np.array([0.0, 1.0, 1.0 + 1e-9, 2.0])
    found = program_threshold(suite, suite >= suite[2], suite)
    assert 1.0 < found < 1.0 + 1e-9
    assert found - 1.0 == pytest.approx(5e-10, rel=1e-3)


def test_all_images_may_be_id() -> None:
    suite = np.array([1.0, 2.0])
    found = program_threshold(suite, np.array([True, True]), suite)
    assert 1 - 2e-6 < found < 1


def test_images_that_change_places_are_refused() -> None:
    suite, program = np.array([0.0, 1.0, 1.0 + 1e-9]), np.array([0.0, 1.0 + 1e-9, 1.0])
    with pytest.raises(BenchError, match="ranks them the other way round"):
        program_threshold(program, suite >= suite[2], suite)
