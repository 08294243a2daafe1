"""Misclassification metrics against their definitions, image by image, and scikit-learn."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, roc_auc_score

from bench.errors import BenchError, NonFiniteScoresError
from bench.metrics import evaluate_misclassification

images = st.lists(st.tuples(st.integers(0, 9).map(lambda k: k / 8), st.booleans()), min_size=1, max_size=40)


def oracle_aurc(confidence: list[float], correct: list[bool]) -> float:
    risks = []
    for threshold in confidence:
        accepted = [right for score, right in zip(confidence, correct, strict=True) if score >= threshold]
        risks.append(accepted.count(False) / len(accepted))
    return sum(risks) / len(risks)


@settings(max_examples=300, deadline=None)
@given(images)
def test_every_metric_equals_its_definition(pairs: list[tuple[float, bool]]) -> None:
    confidence, correct = [score for score, _ in pairs], [right for _, right in pairs]
    result = evaluate_misclassification(confidence, correct)
    error = correct.count(False) / len(correct)
    assert result.accuracy == pytest.approx(1 - error, abs=1e-12)
    assert (result.n_correct, result.n_wrong) == (correct.count(True), correct.count(False))
    assert result.aurc == pytest.approx(oracle_aurc(confidence, correct), abs=1e-12)
    if 0 < error < 1:
        auroc = roc_auc_score(correct, confidence)
        wrong, doubt = [not right for right in correct], [-score for score in confidence]
        assert result.auroc == pytest.approx(auroc, abs=1e-12)
        assert result.aupr_success == pytest.approx(average_precision_score(correct, confidence), abs=1e-12)
        assert result.aupr_error == pytest.approx(average_precision_score(wrong, doubt), abs=1e-12)
        assert result.augrc == pytest.approx((1 - auroc) * error * (1 - error) + error**2 / 2, abs=1e-12)
        assert result.warnings == ()


def test_worked_example() -> None:
    result = evaluate_misclassification([0.9, 0.8, 0.7, 0.6], [1, 0, 1, 1])
    assert result.auroc == pytest.approx(1 / 3)
    assert result.aupr_success == pytest.approx((1 + 2 / 3 + 3 / 4) / 3)
    assert result.aupr_error == pytest.approx(1 / 3)  # found after the two that are less confident
    assert result.aurc == pytest.approx((0 + 1 / 2 + 1 / 3 + 1 / 4) / 4)
    assert result.augrc == pytest.approx(2 / 3 * 1 / 4 * 3 / 4 + 1 / 32)


@pytest.mark.parametrize(("correct", "risk", "word"), [(True, 0, "right"), (False, 1, "wrong")])
def test_one_outcome_only_is_undefined_with_a_warning(correct: bool, risk: float, word: str) -> None:
    result = evaluate_misclassification([0.1, 0.2, 0.3], [correct] * 3)
    assert (result.auroc, result.aupr_success, result.aupr_error) == (None, None, None)
    assert (result.aurc, result.augrc, result.accuracy) == (risk, risk / 2, 1 - risk)
    assert result.warnings == (f"all predictions are {word}: nothing to detect",)


def test_the_order_of_tied_images_does_not_matter() -> None:
    rng = np.random.default_rng(0)
    confidence, correct = rng.integers(0, 3, 60) / 2, rng.random(60) < 0.7
    order = rng.permutation(60)
    assert evaluate_misclassification(confidence[order], correct[order]) == evaluate_misclassification(
        confidence, correct
    )


def test_bad_input_is_said_plainly() -> None:
    with pytest.raises(BenchError, match=r"one flag for each of 2 scores, got shape \(3,\)"):
        evaluate_misclassification([0.1, 0.2], [True, False, True])
    with pytest.raises(BenchError, match="expected booleans"):
        evaluate_misclassification([0.1, 0.2], [3, 1])
    with pytest.raises(NonFiniteScoresError, match="confidences of msp on cifar10: nan at index 1"):
        evaluate_misclassification([0.1, np.nan], [True, False], context="msp on cifar10")
