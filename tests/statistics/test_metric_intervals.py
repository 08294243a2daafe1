"""Intervals of rates and areas: against slow bootstraps and counting, at the edges, and how often they are right."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ndtr

from bench.errors import BenchError
from bench.metrics import evaluate
from bench.statistics import METRICS, auroc_interval, estimate, fpr_interval

tiny = st.lists(st.one_of(st.integers(0, 2).map(float), st.floats(-3, 3)), min_size=1, max_size=5)


@settings(deadline=None, max_examples=60)
@given(tiny, tiny)
def test_every_interval_of_tiny_sets_holds_its_figure(ids: list[float], oods: list[float]) -> None:
    metrics, found = evaluate(ids, oods), estimate(ids, oods, resamples=50).intervals
    assert tuple(found) == METRICS
    for name, interval in found.items():
        figure = getattr(metrics, name)
        if figure is None:
            assert interval is None
        elif name.startswith(("auroc", "fpr")) and interval is not None:
            assert interval.low - 1e-9 <= figure <= interval.high + 1e-9, name
        if interval is not None:
            assert 0 <= interval.low <= interval.high <= 1, name


def test_a_rate_has_the_percentiles_of_a_bootstrap() -> None:
    """Against resampling the images themselves, 4,000 times."""
    rng = np.random.default_rng(0)
    ids, oods = rng.normal(1.8, 1, 150), rng.normal(0, 1, 100)
    rates = []
    for _ in range(4000):
        a, b = rng.choice(ids, 150), rng.choice(oods, 100)
        rates.append(np.mean(b >= np.sort(a)[7]))
    found = fpr_interval(ids, oods)
    assert (found.low, found.high) == pytest.approx(np.quantile(rates, [0.025, 0.975]), abs=0.0151)


def test_thresholds_that_lie_apart_are_both_covered() -> None:
    """The 5 % quantile lies at 0 or at 1, and a third of the OOD scores are 0."""
    ids = np.repeat([0.0, 1.0, 2.0], [86, 200, 1714])
    oods = np.repeat([-1.0, 0.0, 1.0], [800, 700, 500])
    found = fpr_interval(ids, oods)
    assert evaluate(ids, oods).fpr_at_95_tpr == 0.25
    assert found.low < 0.25
    assert found.high > 0.6


def test_a_threshold_that_the_id_scores_speak_against_is_not_covered() -> None:
    """Of 2,000 ID scores 81 are 0, where 100 ± 9.7 are expected below a threshold that is right: 1.9 deviations off."""
    ids = np.repeat([0.0, 1.0, 2.0], [81, 200, 1719])
    oods = np.repeat([-1.0, 0.0, 1.0], [800, 700, 500])
    assert evaluate(ids, oods).fpr_at_95_tpr == 0.25
    assert fpr_interval(ids, oods).high < 0.3


def test_with_ood_positive_roles_are_exchanged() -> None:
    rng = np.random.default_rng(1)
    ids, oods = rng.normal(1.5, 1, 300), rng.normal(0, 1, 300)
    found = estimate(ids, oods, resamples=50).intervals
    assert found["fpr_at_95_tpr_ood"] == fpr_interval(-oods, -ids)
    assert found["fpr_at_95_tpr"] == fpr_interval(ids, oods)
    assert found["auroc"] == auroc_interval(ids, oods)


def test_perfect_figures_are_bounded_on_one_side() -> None:
    ids, oods = np.arange(300.0) + 1000, np.arange(200.0)
    found = estimate(ids, oods, resamples=50).intervals
    assert all(one is not None for one in found.values())
    ends = {name: (one.low, one.high) for name, one in found.items() if one}
    assert ends["auroc"] == pytest.approx((0.05 ** (1 / 200), 1))
    # None of 200 images: a rate above 1.5 % would have shown one in 95 of 100 sets (the rule of three).
    assert ends["fpr_at_95_tpr"] == pytest.approx((0, 1 - 0.05 ** (1 / 200)))
    assert ends["fpr_at_95_tpr_ood"] == pytest.approx((0, 1 - 0.05 ** (1 / 300)))
    assert ends["detection_error"][0] == 0 < ends["detection_error"][1] < 0.02
    for name in ("aupr_in", "aupr_out"):
        assert 0.9 < ends[name][0] < ends[name][1] == 1


def test_bounds_of_perfect_figures_hold_in_simulation() -> None:
    """Sets with a true detection error of 1 % that happen to be separated: they are told to have at most so much."""
    rng = np.random.default_rng(2)
    shift, misses, separated = 2 * 2.326, 0, 0
    for _ in range(600):
        ids, oods = rng.normal(shift, 1, 20), rng.normal(0, 1, 20)
        if ids.min() > oods.max():
            separated += 1
            found = estimate(ids, oods, resamples=1).intervals
            high, low = found["detection_error"], found["auroc"]
            assert high is not None
            assert low is not None
            misses += bool(high.high < 0.01 or low.low > ndtr(shift / 2**0.5))
    assert separated > 100
    assert misses == 0


@pytest.mark.parametrize(("tpr", "confidence"), [(0, 0.95), (1.5, 0.95), (0.95, 1)])
def test_wrong_shares_are_refused(tpr: float, confidence: float) -> None:
    with pytest.raises(BenchError, match="fraction in"):
        fpr_interval([1.0, 2.0], [0.0, 1.0], tpr=tpr, confidence=confidence)


@pytest.mark.parametrize("step", [0.0, 0.25])
def test_intervals_hold_the_truth_as_often_as_they_say(step: float) -> None:
    """A small version of `benchmarks/interval_coverage.py`: of 300 sets 95 % ± 4 standard errors."""
    rng = np.random.default_rng(3)
    shift, sets = 1.8124, 300
    grid = np.arange(-8, 11, step or 0.001)
    above = [1 - ndtr(grid - (step or 0.001) / 2 - mean) for mean in (shift, 0)]
    truth = above[1][np.flatnonzero(above[0] >= 0.95)[-1]]
    hits = 0
    for _ in range(sets):
        ids, oods = rng.normal(shift, 1, 200), rng.normal(0, 1, 200)
        if step:
            ids, oods = np.round(ids / step) * step, np.round(oods / step) * step
        found = fpr_interval(ids, oods)
        hits += bool(found.low <= truth <= found.high)
    assert 0.90 < hits / sets <= 1
