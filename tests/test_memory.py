"""The peak of memory is that of the block."""

import sys

import numpy as np
import pytest

from bench.memory import watched_peak


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets a process begin a new peak")
def test_a_temporary_array_is_seen_and_what_was_before_is_not() -> None:
    before = np.ones(2**25)
    with watched_peak() as small:
        assert before.sum() == 2**25
    with watched_peak() as large:
        assert np.ones(2**24).sum() == 2**24
    assert small.megabytes is not None
    assert large.megabytes is not None
    assert small.megabytes < 32
    assert 120 < large.megabytes < 180
