"""ROC and precision-recall curves: definitions, areas and thinning."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import auc as area
from sklearn.metrics import roc_curve as sklearn_roc_curve

from bench import metrics
from bench.errors import BenchError

some_scores = st.lists(st.integers(-6, 6).map(float), min_size=1, max_size=20)


@settings(max_examples=200, deadline=None)
@given(some_scores, some_scores)
def test_roc_points_are_the_shares_that_reach_each_threshold(a: list[float], b: list[float]) -> None:
    fpr, tpr, thresholds = metrics.roc_curve(a, b)
    assert thresholds[0] == np.inf
    assert thresholds[1:].tolist() == sorted(set(a + b), reverse=True)
    np.testing.assert_array_equal(tpr, [np.mean(np.array(a) >= t) for t in thresholds])
    np.testing.assert_array_equal(fpr, [np.mean(np.array(b) >= t) for t in thresholds])


@settings(max_examples=200, deadline=None)
@given(some_scores, some_scores)
def test_areas_under_the_curves_are_the_metrics(a: list[float], b: list[float]) -> None:
    fpr, tpr, _ = metrics.roc_curve(a, b)
    assert area(fpr, tpr) == pytest.approx(metrics.auroc(a, b), abs=1e-12)
    precision, recall, _ = metrics.precision_recall_curve(a, b)
    assert np.sum(np.diff(recall, prepend=0) * precision) == pytest.approx(metrics.aupr_in(a, b), abs=1e-12)
    precision, recall, _ = metrics.precision_recall_curve(a, b, positive="ood")
    assert np.sum(np.diff(recall, prepend=0) * precision) == pytest.approx(metrics.aupr_out(a, b), abs=1e-12)


def test_roc_agrees_with_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.normal(1, 1, 300).round(1), rng.normal(0, 1, 200).round(1)
    labels, scores = np.repeat([1, 0], [300, 200]), np.concatenate([a, b])
    for ours, theirs in zip(
        metrics.roc_curve(a, b), sklearn_roc_curve(labels, scores, drop_intermediate=False), strict=True
    ):
        np.testing.assert_allclose(ours, theirs, atol=1e-15)


def test_precision_recall_with_ood_positive_calls_low_scores_positive() -> None:
    precision, recall, thresholds = metrics.precision_recall_curve([2.0, 3.0], [1.0, 2.0], positive="ood")
    assert thresholds.tolist() == [1.0, 2.0, 3.0]
    assert recall.tolist() == [0.5, 1.0, 1.0]
    assert precision.tolist() == [1.0, 2 / 3, 0.5]


@pytest.mark.parametrize("max_points", [2, 3, 50, 1000])
def test_thinning_keeps_the_ends_and_the_shape(max_points: int) -> None:
    rng = np.random.default_rng(1)
    a, b = rng.normal(1, 1, 5000), rng.normal(0, 1, 300)
    fpr, tpr, thresholds = metrics.roc_curve(a, b, max_points=max_points)
    full = set(zip(*(axis.tolist() for axis in metrics.roc_curve(a, b)), strict=True))
    assert len(fpr) <= max_points
    assert (fpr[0], tpr[0], fpr[-1], tpr[-1]) == (0, 0, 1, 1)
    assert set(zip(fpr.tolist(), tpr.tolist(), thresholds.tolist(), strict=True)) <= full
    assert np.diff(fpr + tpr).max() <= 2 / (max_points - 1) + 1 / 300 + 1e-12


def test_thinning_precision_and_recall_keeps_the_ends() -> None:
    rng = np.random.default_rng(1)
    a, b = rng.normal(1, 1, 5000), rng.normal(0, 1, 300)
    full, thin = metrics.precision_recall_curve(a, b), metrics.precision_recall_curve(a, b, max_points=40)
    assert 30 <= len(thin[0]) <= 40
    for whole, part in zip(full, thin, strict=True):
        assert (part[0], part[-1]) == (whole[0], whole[-1])


def test_a_curve_of_less_than_two_points_is_refused() -> None:
    with pytest.raises(BenchError, match="max_points must be at least 2"):
        metrics.roc_curve([1.0], [0.0], max_points=1)
