"""Detection errors by counting at every threshold."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.errors import BenchError
from bench.metrics import best_operating_point, detection_error, detection_error_at, detection_error_curve

scores = st.lists(st.integers(-3, 6).map(lambda k: k / 4), min_size=1, max_size=25)


def counted(id_scores: list[float], ood_scores: list[float], threshold: float) -> float:
    missed = sum(score < threshold for score in id_scores) / len(id_scores)
    passed = sum(score >= threshold for score in ood_scores) / len(ood_scores)
    return (missed + passed) / 2


@settings(max_examples=300, deadline=None)
@given(scores, scores)
def test_every_threshold_is_counted(id_scores: list[float], ood_scores: list[float]) -> None:
    thresholds, errors = detection_error_curve(id_scores, ood_scores)
    assert thresholds.tolist() == sorted({*id_scores, *ood_scores})
    expected = [counted(id_scores, ood_scores, threshold) for threshold in thresholds]
    assert errors.tolist() == pytest.approx(expected, abs=1e-12)
    assert [detection_error_at(id_scores, ood_scores, one) for one in thresholds] == pytest.approx(expected, abs=1e-12)
    best = best_operating_point(id_scores, ood_scores)
    assert best.detection_error == pytest.approx(min(expected), abs=1e-12)
    assert min(best.detection_error, 0.5) == pytest.approx(detection_error(id_scores, ood_scores), abs=1e-12)
    least = [one for one, error in zip(thresholds, expected, strict=True) if error <= min(expected) + 1e-12]
    assert best.threshold == least[0]


def test_beyond_all_scores_everything_is_called_alike() -> None:
    assert detection_error_at([1, 2], [0], 9) == 0.5
    assert detection_error_at([1, 2], [0], -9) == 0.5


def test_scores_that_separate_are_separated_without_an_error() -> None:
    best = best_operating_point(np.array([0.7, 0.9, 0.8]), np.array([0.1, 0.6]))
    assert (best.threshold, best.detection_error) == (0.7, 0)


def test_bad_input_is_refused() -> None:
    with pytest.raises(BenchError, match="OOD scores"):
        detection_error_curve([0.1], [])
    with pytest.raises(BenchError, match="ID scores"):
        detection_error_at([], [0.1], 0.0)
