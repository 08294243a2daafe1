from __future__ import annotations

from importlib import import_module

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure

auroc_axis = import_module("bench.reports.auroc_axis")

AUROCS = st.floats(0, 100)


@given(AUROCS, AUROCS)
def test_higher_aurocs_stand_higher(one: float, other: float) -> None:
    low, high = sorted([one, other])
    assert auroc_axis.height(low) <= auroc_axis.height(high)


@given(AUROCS, AUROCS)
@settings(deadline=None)
def test_ticks_name_what_stands_there_and_are_neither_few_nor_many(one: float, other: float) -> None:
    low, high = sorted([one, other])
    axes = Figure().subplots()
    auroc_axis.dress(axes, low, high)
    bottom, top = axes.get_ylim()
    assert bottom < auroc_axis.height(low) <= auroc_axis.height(high) < top
    ticks, texts = axes.get_yticks(), [label.get_text() for label in axes.get_yticklabels()]
    assert all(bottom <= tick <= top for tick in ticks)
    assert all(text.startswith("≥") == (float(text.removeprefix("≥ ")) >= 99.99) for text in texts)
    assert len(ticks) == 1 or np.diff(ticks).min() >= 0.03 * (top - bottom)
    np.testing.assert_allclose([auroc_axis.height(float(text.removeprefix("≥ "))) for text in texts], ticks, atol=1e-3)
    assert len(set(texts)) == len(texts)
    if high < 99.9:
        assert len(ticks) >= 2


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (50.0, 94.0, ["50", "60", "70", "80", "90", "91", "92", "93", "94"]),
        (50.0, 99.98, ["50", "80", "90", "95", "98", "99", "99.5", "99.8", "99.9", "99.95", "99.98"]),
        (71.6, 79.6, ["72", "74", "76", "78", "80"]),
        (99.0, 99.85, ["99", *(f"99.{tenth}" for tenth in range(1, 9))]),
        (97.0, 99.7, ["97", "98", "99", "99.1", "99.2", "99.3", "99.4", "99.5", "99.6", "99.7"]),
    ],
)
def test_ticks_are_round(low: float, high: float, expected: list[str]) -> None:
    axes = Figure().subplots()
    auroc_axis.dress(axes, low, high)
    assert [label.get_text() for label in axes.get_yticklabels()] == expected
