from __future__ import annotations

from importlib import import_module

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from matplotlib.figure import Figure
from numpy.typing import NDArray

score_axis = import_module("bench.reports.score_axis")

Floats = NDArray[np.float64]

RNG = np.random.default_rng(0)
GAPS = RNG.normal(12, 4, 4000)
GAPS_OOD = RNG.normal(4, 3, 4000)

SETS = st.one_of(
    arrays(np.float64, st.integers(1, 60), elements=st.floats(0, 1)),
    arrays(np.float64, st.integers(1, 60), elements=st.floats(-1e3, 0)),
    arrays(np.float64, st.integers(1, 60), elements=st.floats(-1e100, 1e100)),
    arrays(np.float64, st.integers(1, 60), elements=st.sampled_from([0.0, 0.5, 1 - 1e-16, 1.0])),
)


@pytest.mark.parametrize(
    ("name", "scores", "label"),
    [
        ("spread", lambda gap: gap, "score;"),
        ("narrow", lambda gap: -np.log1p(9 * np.exp(-gap / 1000)), "score;"),
        ("near 1", lambda gap: 1 / (1 + np.exp(-gap)), "score, log scale towards 1"),
        ("near 0 from below", lambda gap: -np.log1p(9 * np.exp(-gap)), "score, log scale towards 0"),
        ("near 0 from above", np.exp, "score, log scale;"),
        ("both tails heavy", lambda gap: np.sinh(4 * gap - 40), "score, as the share of ID images"),
        ("constant", np.zeros_like, "score;"),
    ],
)
def test_the_axis_suits_the_scores(name: str, scores: object, label: str) -> None:
    assert callable(scores)
    axis = score_axis.score_axis(scores(GAPS), scores(GAPS_OOD))
    assert axis.label.startswith(label), name


@given(SETS, SETS)
@settings(deadline=None)
def test_any_axis_keeps_the_order_and_counts_every_image(id_scores: Floats, ood_scores: Floats) -> None:
    axis = score_axis.score_axis(id_scores, ood_scores)
    both = np.sort(np.concatenate([id_scores, ood_scores]))
    places = axis.place(both)
    assert not np.isnan(places).any()
    assert (places[1:] >= places[:-1]).all()
    assert axis.low < axis.high
    for scores in (id_scores, ood_scores):
        shares = axis.shares(scores)
        assert shares.shape == (60,)
        assert shares.sum() == pytest.approx(1)


def test_no_scores_fill_no_bins() -> None:
    assert score_axis.score_axis(GAPS, GAPS).shares(np.empty(0)).tolist() == [0.0] * 60


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        (
            np.append(np.zeros(99), 1 - 10.0 ** -RNG.uniform(0, 8.5, 5000)),
            {"0": 0.0, "0.99": 0.99, "1−10⁻⁴": 1 - 1e-4, "1−10⁻⁶": 1 - 1e-6, "1−10⁻⁸": 1 - 1e-8},
        ),
        (
            -(10.0 ** -RNG.uniform(-2.5, 6.5, 5000)),
            {"−100": -100.0, "−1": -1.0, "−0.01": -0.01, "−10⁻⁴": -1e-4, "−10⁻⁶": -1e-6},
        ),
        (10.0 ** RNG.uniform(-3.5, 5.5, 5000), {"0.01": 0.01, "1": 1.0, "100": 100.0, "10⁴": 1e4}),
    ],
)
def test_ticks_stand_where_the_scores_they_name_do(scores: Floats, expected: dict[str, float]) -> None:
    axis = score_axis.score_axis(scores, scores)
    ticks = {text: place for place, text in axis.ticks}
    assert set(ticks) == set(expected)
    for text, score in expected.items():
        assert axis.place(np.array([score]))[0] == pytest.approx(ticks[text], abs=1e-6)


def test_wide_ranges_have_few_ticks() -> None:
    scores = -(10.0 ** RNG.uniform(-40, 0, 5000))
    axis = score_axis.score_axis(scores, scores)
    assert 3 <= len(axis.ticks) <= 6


def test_dressed_axes_show_the_range() -> None:
    axes = Figure().subplots()
    axis = score_axis.score_axis(GAPS, GAPS_OOD)
    axis.dress(axes)
    assert axes.get_xlim() == (axis.low, axis.high)
    assert 3 <= sum(axis.low <= tick <= axis.high for tick in axes.get_xticks()) <= 7
