from __future__ import annotations

import math
from importlib import import_module

import pytest

summary = import_module("bench.reports.summary")


def test_mean_and_sample_sd_by_hand() -> None:
    # (0.90, 0.92, 0.97): mean 0.93, squared deviations 0.0009 + 0.0001 + 0.0016 = 0.0026, over n - 1 = 2: 0.0013.
    result = summary.summarise([0.90, 0.92, 0.97])
    assert result.mean == pytest.approx(0.93, abs=1e-15)
    assert result.sd == pytest.approx(math.sqrt(0.0013), abs=1e-15)


def test_one_seed_has_no_spread() -> None:
    assert summary.summarise([0.5]) == summary.Summary(0.5, None)


@pytest.mark.parametrize("values", [[None], [0.5, None], []])
def test_undefined_for_one_seed_is_undefined(values: list[float | None]) -> None:
    assert summary.summarise(values) is None


@pytest.mark.parametrize(
    ("means", "higher", "decimals"),
    [
        ([0.91, 0.92], True, 1),
        ([0.9001, 0.9003], True, 2),  # the best would print like the other
        ([0.9001, 0.9003, 0.95], True, 1),  # two others that print alike do no harm
        ([0.9001, 0.9003, 0.95], False, 2),  # unless they are the best
        ([0.9, 0.9], True, 1),  # a true tie stays a tie
        ([0.9996], True, 2),  # would print as a perfect 100.0
        ([0.0004, 0.3], False, 2),  # would print as a perfect 0.0
        ([1.0, 0.5], True, 1),
        ([0.0, 0.5], False, 1),
    ],
)
def test_decimals(means: list[float], higher: bool, decimals: int) -> None:
    assert summary.decimals_for(means, higher_is_better=higher) == decimals
