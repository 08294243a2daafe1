"""Calibration against bins filled by hand, scikit-learn, and worked examples."""

import math
from random import Random
from typing import Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import brier_score_loss

from bench.errors import BenchError
from bench.metrics import accuracy, brier_score, expected_calibration_error, reliability_diagram

images = st.lists(
    st.tuples(st.one_of(st.floats(0, 1), st.integers(0, 10).map(lambda k: k / 10)), st.booleans()),
    min_size=1,
    max_size=50,
)


binnings = st.sampled_from(["equal-width", "adaptive"])


@settings(max_examples=300, deadline=None)
@given(images, st.integers(1, 20))
def test_equal_width_bins_are_filled_as_defined(pairs: list[tuple[float, bool]], n_bins: int) -> None:
    error, held = 0.0, 0
    for k in range(n_bins):
        low, high = (-1 if k == 0 else k / n_bins), (k + 1) / n_bins
        inside = [(score, right) for score, right in pairs if low < score <= high]
        error += abs(sum(right for _, right in inside) - math.fsum(score for score, _ in inside))
        held += len(inside)
    confidence, correct = zip(*pairs, strict=True)
    assert held == len(pairs)
    measured = expected_calibration_error(confidence, correct, n_bins=n_bins)
    assert measured == pytest.approx(error / len(pairs), abs=1e-12)


@settings(max_examples=300, deadline=None)
@given(images, st.integers(1, 20), binnings, st.randoms(use_true_random=False))
def test_a_diagram_holds_every_image_once_in_any_order(
    pairs: list[tuple[float, bool]], n_bins: int, binning: Literal["equal-width", "adaptive"], random: Random
) -> None:
    confidence, correct = map(np.array, zip(*pairs, strict=True))
    diagram = reliability_diagram(confidence, correct, n_bins=n_bins, binning=binning)
    assert len(diagram.count) <= n_bins
    assert (diagram.count > 0).all()
    assert diagram.count.sum() == len(pairs)
    assert diagram.count @ diagram.accuracy == pytest.approx(correct.sum())
    assert diagram.count @ diagram.confidence == pytest.approx(confidence.sum())
    assert (diagram.lower <= diagram.confidence + 1e-12).all()
    assert (diagram.confidence <= diagram.upper + 1e-12).all()
    order = random.sample(range(len(pairs)), len(pairs))
    again = reliability_diagram(confidence[order], correct[order], n_bins=n_bins, binning=binning)
    np.testing.assert_array_equal(again.count, diagram.count)
    np.testing.assert_array_equal(again.accuracy, diagram.accuracy)


def test_adaptive_bins_hold_equal_counts() -> None:
    confidence = np.random.default_rng(0).random(103)
    diagram = reliability_diagram(confidence, confidence > 0.5, n_bins=10, binning="adaptive")
    assert set(diagram.count.tolist()) == {10, 11}
    assert (diagram.lower[1:] > diagram.upper[:-1]).all()


def test_adaptive_bins_keep_equal_confidences_together() -> None:
    diagram = reliability_diagram([0.5] * 6 + [0.9] * 2, [1] * 8, n_bins=4, binning="adaptive")
    assert diagram.count.tolist() == [6, 2]
    assert diagram.lower.tolist() == diagram.upper.tolist() == [0.5, 0.9]


def test_worked_example() -> None:
    diagram = reliability_diagram([0.0, 0.25, 0.75, 1.0], [False, True, True, True], n_bins=2)
    assert (diagram.lower.tolist(), diagram.upper.tolist()) == ([0.0, 0.5], [0.5, 1.0])
    assert diagram.confidence.tolist() == [0.125, 0.875]
    assert diagram.accuracy.tolist() == [0.5, 1.0]
    assert diagram.expected_calibration_error == 0.25  # (2 * 0.375 + 2 * 0.125) / 4


def test_brier_score_agrees_with_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    confidence, correct = rng.random(500), rng.random(500) < 0.6
    assert brier_score(confidence, correct) == pytest.approx(brier_score_loss(correct, confidence), abs=1e-12)


@pytest.mark.parametrize("bad", [-0.01, 1.01, 12.5])
def test_scores_that_are_no_probabilities_are_refused(bad: float) -> None:
    for function in (brier_score, lambda c, r: expected_calibration_error(c, r, n_bins=3)):
        with pytest.raises(BenchError, match=rf"in \[0, 1\], got {bad:g} at index 1"):
            function([0.5, bad], [True, True])


def test_bad_options_are_refused() -> None:
    with pytest.raises(BenchError, match="at least one bin, got n_bins=0"):
        reliability_diagram([0.5], [True], n_bins=0)
    with pytest.raises(BenchError, match="Unknown binning 'even'"):
        reliability_diagram([0.5], [True], n_bins=3, binning="even")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def test_accuracy_is_the_share_of_equal_classes() -> None:
    assert accuracy(np.array([3, 1, 4, 1, 5]), np.array([3, 1, 4, 1, 6])) == 0.8
    with pytest.raises(BenchError, match=r"shapes \(2,\) and \(1,\)"):
        accuracy([1, 2], [1])
    with pytest.raises(BenchError, match="at least one prediction"):
        accuracy([], [])
