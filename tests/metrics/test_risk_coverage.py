"""The risk-coverage curve against its definition, threshold by threshold."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.errors import BenchError
from bench.metrics import evaluate_misclassification, ideal_risk, risk_coverage_curve

images = st.lists(st.tuples(st.integers(0, 9).map(lambda k: k / 8), st.booleans()), min_size=1, max_size=40)


@settings(max_examples=200, deadline=None)
@given(images)
def test_every_point_equals_its_definition(pairs: list[tuple[float, bool]]) -> None:
    confidence, correct = [score for score, _ in pairs], [right for _, right in pairs]
    coverage, risk, thresholds = risk_coverage_curve(confidence, correct)
    assert thresholds.tolist() == sorted(set(confidence), reverse=True)
    for share, error, threshold in zip(coverage, risk, thresholds, strict=True):
        accepted = [right for score, right in pairs if score >= threshold]
        assert share == pytest.approx(len(accepted) / len(pairs), abs=1e-12)
        assert error == pytest.approx(accepted.count(False) / len(accepted), abs=1e-12)
    assert coverage[-1] == 1


@settings(max_examples=200, deadline=None)
@given(images)
def test_no_curve_is_below_the_ideal_and_its_mean_is_the_aurc(pairs: list[tuple[float, bool]]) -> None:
    confidence, correct = map(np.array, zip(*pairs, strict=True))
    coverage, risk, _ = risk_coverage_curve(confidence, correct)
    assert (risk >= ideal_risk(coverage, correct.mean()) - 1e-12).all()
    assert np.diff(coverage, prepend=0) @ risk == pytest.approx(
        evaluate_misclassification(confidence, correct).aurc, abs=1e-12
    )


def test_the_ideal_is_what_a_perfect_ranking_reaches() -> None:
    correct = np.arange(20) < 14
    coverage, risk, _ = risk_coverage_curve(-np.arange(20), correct)
    np.testing.assert_allclose(risk, ideal_risk(coverage, 0.7), atol=1e-12)


def test_a_thinned_curve_is_a_part_of_the_whole_one() -> None:
    rng = np.random.default_rng(0)
    confidence, correct = rng.random(500), rng.random(500) < 0.8
    whole, few = risk_coverage_curve(confidence, correct), risk_coverage_curve(confidence, correct, max_points=20)
    assert few[0].size == 20
    assert (few[0][0], few[0][-1]) == (whole[0][0], 1)
    places = np.searchsorted(whole[0], few[0])
    for all_points, some in zip(whole, few, strict=True):
        np.testing.assert_array_equal(all_points[places], some)


def test_one_image_and_bad_input() -> None:
    assert [part.tolist() for part in risk_coverage_curve([0.3], [False])] == [[1.0], [1.0], [0.3]]
    with pytest.raises(BenchError, match="one flag for each of 1 scores"):
        risk_coverage_curve([0.1], [True, False])
